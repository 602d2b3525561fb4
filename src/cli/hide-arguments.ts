import { isSecretArg } from "../dockerfile/secret-names.ts";

/** The command line with the values of build arguments that look like secrets masked; undefined where it has none. */
export function hideArguments(words: readonly string[]): string | undefined {
  let found = false;
  const shown = words.map((word, index) => {
    const prefix = /^--build-arg=/.exec(word)?.[0] ?? "";
    if (prefix === "" && words[index - 1] !== "--build-arg") return word;
    const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(word.slice(prefix.length)) ?? [];
    if (name === undefined || value === undefined || !isSecretArg(name, value)) return word;
    found = true;
    return `${prefix}${name}=***`;
  });
  return found ? ["slipway", ...shown].join(" ") : undefined;
}
