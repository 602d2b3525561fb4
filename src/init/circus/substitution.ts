/** `$(circus.NAME)` and `((circus.NAME))`, in any case; NAME may have dots and dashes. */
const form = /\$\(circus\.([\w.-]+)\)|\(\(circus\.([\w.-]+)\)\)/gi;

/** What stands for the forms, by the lower-case name behind `circus.`: `wid`, `env.home`, `sockets.web`. */
export type Substitutions = ReadonlyMap<string, string>;

/** circus's replace_gnu_args: an unknown form stays as it is. */
export function substitute(text: string, values: Substitutions): string {
  return text.replace(form, (whole, dollar: string | undefined, brackets: string | undefined) => {
    const name = (dollar ?? brackets ?? "").toLowerCase();
    return values.get(name.startsWith("circus.") ? name.slice("circus.".length) : name) ?? whole;
  });
}

/** The forms in a text that have no value, as they are written. */
export function findUnknownForms(text: string, isKnown: (name: string) => boolean): readonly string[] {
  return [...text.matchAll(form)]
    .filter((match) => !isKnown((match[1] ?? match[2])!.toLowerCase()))
    .map(([all]) => all);
}

/** An environment as `env.NAME`; of names that differ only in case the later wins, as with circus. */
export function environmentSubstitutions(environment: Iterable<readonly [string, string]>): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of environment) values.set(`env.${name.toLowerCase()}`, value);
  return values;
}

/**
 * circus's parse_env_dict, for values of `[env]` sections: `$NAME` in capitals comes from the daemon's own environment, empty
 * where that lacks it; nothing else is special, not even `${NAME}`.
 */
export function expandVariables(value: string, environment: Readonly<Record<string, string>>): string {
  return value.replace(/\$([A-Z]+[A-Z0-9_]*)/g, (_, name: string) => environment[name] ?? "").trim();
}
