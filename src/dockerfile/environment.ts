/** Lists of `KEY=value`. */
export type Environment = readonly string[];

export function splitPair(pair: string): readonly [key: string, value: string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

export function lookup(environment: Environment, key: string): string | undefined {
  const pair = environment.find((candidate) => splitPair(candidate)[0] === key);
  return pair === undefined ? undefined : splitPair(pair)[1];
}

/** Keeps the place of a key that is there already: the order of an image's configuration. */
export function replaceInPlace(environment: Environment, key: string, value: string): Environment {
  const at = environment.findIndex((candidate) => splitPair(candidate)[0] === key);
  return at < 0 ? [...environment, `${key}=${value}`] : environment.with(at, `${key}=${value}`);
}

/** Moves a key that is there already to the end: the order of a RUN's environment. */
export function moveToEnd(environment: Environment, key: string, value: string): Environment {
  return [...environment.filter((candidate) => splitPair(candidate)[0] !== key), `${key}=${value}`];
}
