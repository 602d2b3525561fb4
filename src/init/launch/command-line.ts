import { InitError } from "../system/errors.ts";
import { didYouMean } from "./fields.ts";

/** Ends the program with 2. */
export class UsageError extends InitError {
  readonly hint: string | undefined;

  constructor(message: string, hint: string | undefined) {
    super("usage", message);
    this.hint = hint;
  }
}

export interface OptionNames {
  /** `--list` */
  readonly flags: readonly string[];
  /** `--file FILE` */
  readonly values: readonly string[];
}

export interface CommandLine {
  readonly flags: ReadonlySet<string>;
  /** In the order in which they were given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
  /** What stands behind `--`; undefined without one. */
  readonly command: readonly string[] | undefined;
}

/** GNU's way: `--file F`, `--file=F`, `--`. */
export function readCommandLine(args: readonly string[], names: OptionNames): CommandLine {
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const words: string[] = [];
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  for (let at = 0; at < own.length; at++) {
    const word = own[at]!;
    if (!word.startsWith("-")) {
      words.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    if (names.values.includes(name)) {
      const value = equals < 0 ? own[++at] : word.slice(equals + 1);
      if (value === undefined) throw new UsageError(`${name} needs a value`, undefined);
      values.set(name, [...(values.get(name) ?? []), value]);
    } else if (names.flags.includes(word)) flags.add(word);
    else throw new UsageError(`unknown option ${word}`, didYouMean(name, [...names.flags, ...names.values]));
  }
  return { flags, values, words, command: end < 0 ? undefined : args.slice(end + 1) };
}
