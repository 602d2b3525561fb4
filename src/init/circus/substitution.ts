/** `$(circus.NAME)` and `((circus.NAME))`, in any case; NAME may have dots and dashes. */
const form = /\$\(circus\.([\w.-]+)\)|\(\(circus\.([\w.-]+)\)\)/gi;

/** What stands for a form, by its lower-case name behind `circus.`: `wid`, `env.home`, `sockets.web`. */
export type Substitutions = (name: string) => string | undefined;

export type Environment = ReadonlyMap<string, string>;

/** circus's replace_gnu_args: an unknown form stays as it is. */
export function substitute(text: string, values: Substitutions): string {
  return text.replace(
    form,
    (whole, dollar: string | undefined, brackets: string | undefined) => values(nameOf(dollar ?? brackets!)) ?? whole,
  );
}

/** The forms in a text that have no value, as they are written. */
export function findUnknownForms(text: string, values: Substitutions): readonly string[] {
  return [...text.matchAll(form)]
    .filter((match) => values(nameOf(match[1] ?? match[2]!)) === undefined)
    .map(([all]) => all);
}

function nameOf(written: string): string {
  const name = written.toLowerCase();
  return name.startsWith("circus.") ? name.slice("circus.".length) : name;
}

/**
 * `env.NAME` in environments that override each other, the least special first. Of names that differ in case only the one that
 * comes last counts, as in circus, which puts one dictionary together and then its lower-case names. Nothing is built for it:
 * most commands have no form.
 */
export function environmentForms(...layers: readonly Environment[]): Substitutions {
  return (name) => {
    if (!name.startsWith("env.")) return undefined;
    const wanted = name.slice("env.".length);
    let found: string | undefined;
    for (const [index, layer] of layers.entries())
      for (const key of layer.keys())
        if (key.toLowerCase() === wanted && !layers.slice(0, index).some((before) => before.has(key))) found = key;
    return found === undefined ? undefined : layers.findLast((layer) => layer.has(found))?.get(found);
  };
}

/**
 * circus's parse_env_dict, for values of `[env]` sections: `$NAME` in capitals comes from the daemon's own environment, empty
 * where that lacks it; nothing else is special, not even `${NAME}`.
 */
export function expandVariables(value: string, environment: Environment): string {
  return value.replace(/\$([A-Z]+[A-Z0-9_]*)/g, (_, name: string) => environment.get(name) ?? "").trim();
}
