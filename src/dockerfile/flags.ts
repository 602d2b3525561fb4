import { type InstructionContext, rangeIn, report } from "./report.ts";
import { suggestWord } from "./suggest.ts";
import type { Flag, Keyword } from "./types.ts";
import type { Word } from "./words.ts";

type FlagKind = "boolean" | "string" | "strings";

/** The flags of each instruction, as of BuildKit's current release. */
export const knownFlags: Partial<Readonly<Record<Keyword, Readonly<Record<string, FlagKind>>>>> = {
  FROM: { platform: "string" },
  RUN: { mount: "strings", network: "string", security: "string", device: "strings" },
  COPY: {
    from: "string",
    chown: "string",
    chmod: "string",
    link: "boolean",
    parents: "boolean",
    exclude: "strings",
  },
  ADD: {
    chown: "string",
    chmod: "string",
    link: "boolean",
    "keep-git-dir": "boolean",
    checksum: "string",
    unpack: "boolean",
    exclude: "strings",
  },
  HEALTHCHECK: {
    interval: "string",
    timeout: "string",
    "start-period": "string",
    "start-interval": "string",
    retries: "string",
  },
};

/** The valid flags of an instruction, by name. */
export interface FlagValues {
  readonly all: readonly Flag[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  truth(name: string): boolean | undefined;
  /** Where a flag was written, for problems with its value. */
  word(name: string, index?: number): Word;
}

/** Reads a node's flags by the table of its keyword; each unknown, repeated or ill-valued one is a problem. */
export function readFlagValues(context: InstructionContext, keyword: Keyword): FlagValues {
  const known = knownFlags[keyword] ?? {};
  const used = new Map<string, { value: string; word: Word }[]>();
  for (const word of context.node.flags) {
    const { name, value } = splitFlag(word);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    const failure = kind
      ? checkFlag(name, value, kind, used.has(name))
      : unknownFlag(name, keyword, Object.keys(known));
    if (failure) {
      report(context, failure.rule, failure.message, { place: word, hint: failure.hint });
      continue;
    }
    const values = used.get(name) ?? [];
    used.set(name, [...values, { value: kind === "boolean" ? (value ?? "true").toLowerCase() : value!, word }]);
  }
  return {
    all: allFlags(context),
    text: (name) => used.get(name)?.[0]?.value,
    texts: (name) => used.get(name)?.map(({ value }) => value) ?? [],
    truth: (name) => (used.has(name) ? used.get(name)![0]!.value === "true" : undefined),
    word: (name, index = 0) => used.get(name)![index]!.word,
  };
}

/** Every flag as written, known or not. */
export function allFlags(context: InstructionContext): Flag[] {
  return context.node.flags.map((word) => ({ ...splitFlag(word), range: rangeIn(context, word) }));
}

function splitFlag(word: Word): { name: string; value: string | undefined } {
  const equals = word.text.indexOf("=");
  if (equals === -1) return { name: word.text.slice(2), value: undefined };
  return { name: word.text.slice(2, equals), value: word.text.slice(equals + 1) };
}

interface FlagFailure {
  readonly rule: string;
  readonly message: string;
  readonly hint: string | undefined;
}

function unknownFlag(name: string, keyword: Keyword, known: readonly string[]): FlagFailure {
  const nearest = suggestWord(name, known);
  const list = known.map((flag) => `--${flag}`).join(", ");
  return {
    rule: "flag-unknown",
    message: `unknown flag: --${name}`,
    hint: nearest ? `did you mean --${nearest}?` : list ? `${keyword} knows ${list}` : `${keyword} takes no flags`,
  };
}

function checkFlag(name: string, value: string | undefined, kind: FlagKind, isUsed: boolean): FlagFailure | undefined {
  if (isUsed && kind !== "strings") {
    return { rule: "flag-repeated", message: `duplicate flag specified: --${name}`, hint: "give it once" };
  }
  if (kind === "boolean" ? value === "" : value === undefined) {
    const hint = kind === "boolean" ? `write --${name}, --${name}=true or --${name}=false` : `write --${name}=VALUE`;
    return { rule: "flag-value", message: `missing a value on flag: --${name}`, hint };
  }
  if (kind === "boolean" && !["true", "false"].includes((value ?? "true").toLowerCase())) {
    return {
      rule: "flag-value",
      message: `expecting boolean value for flag --${name}, not: ${value}`,
      hint: `write --${name}=true or --${name}=false`,
    };
  }
  return undefined;
}
