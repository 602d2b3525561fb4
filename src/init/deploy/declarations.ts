import { type Fields, fields, list, optional, text } from "../launch/fields.ts";
import { type FilePlace, placeFields } from "../launch/launch-file.ts";
import { readYaml } from "../launch/located.ts";
import { type Mistake, MistakesError } from "../launch/mistakes.ts";

/** What a step says of itself. */
export interface Declarations {
  /** Shell patterns, in the project folder. */
  readonly inputs: readonly string[];
  /** Keys of the configuration that it depends on; undefined: all of it. */
  readonly configuration: readonly string[] | undefined;
}

/** How many lines of an executable are looked at. */
const HEAD_LINES = 20;

const comment = /^\s*(?:#+|\/\/)\s*(inputs|configuration):(.*)$/;

/** `# inputs: a b` and `# configuration: a.b` at the beginning of an executable; several lines add up. */
export function readComments(content: string): Declarations {
  const found: { inputs: string[]; configuration: string[] | undefined } = { inputs: [], configuration: undefined };
  // A compiled program has none.
  if (content.slice(0, 1024).includes("\0")) return found;
  for (const line of content.split("\n", HEAD_LINES)) {
    const [, key, rest = ""] = comment.exec(line) ?? [];
    const words = rest.split(/[\s,]+/).filter((word) => word !== "");
    if (key === "inputs") found.inputs.push(...words);
    if (key === "configuration") found.configuration = [...(found.configuration ?? []), ...words];
  }
  return found;
}

const sidecar: Fields<Declarations> = {
  inputs: { read: list(text), fallback: [] },
  configuration: optional(list(text)),
};

/** The YAML file beside an executable. Throws MistakesError. */
export function readSidecar(yaml: string, file: string): Declarations {
  return readFields(yaml, file, sidecar);
}

/** The first comment of a template: where it goes. Throws MistakesError. */
export function readPlace(template: string, file: string): FilePlace {
  const inside = /^\{#-?(.*?)-?#\}/s.exec(template)?.[1];
  if (inside === undefined)
    throw new MistakesError([
      { file, line: 1, message: "no comment that says where to", hint: "begin with {# target: PATH #}" },
    ]);
  return readFields(inside, file, placeFields);
}

function readFields<T>(yaml: string, file: string, known: Fields<T>): T {
  const { value, mistakes } = readYaml(yaml, file);
  if (value === undefined) throw new MistakesError(mistakes);
  const reading = { file, mistakes: [] as Mistake[] };
  const read = fields(known)(value, "", reading);
  if (read === undefined) throw new MistakesError(reading.mistakes);
  return read;
}
