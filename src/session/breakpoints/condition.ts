import { compilePattern } from "../../dockerfile/ignore-pattern.ts";
import { suggestWord } from "../../dockerfile/suggest.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { parseDuration, parseSize } from "./quantities.ts";

/** Where and when a break point stops: `RUN apt if-larger 50MB` is a place and an effect, each may stand alone. */
export interface BreakCondition {
  /** Undefined: at every step. */
  readonly place: BreakPlace | undefined;
  /** What the step must have done; the break point stops after it then. Undefined: it stops before the step. */
  readonly effect: BreakEffect | undefined;
}

export type BreakPlace =
  | { readonly kind: "step"; readonly number: number }
  | { readonly kind: "line"; readonly line: number }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "pattern"; readonly pattern: RegExp };

export type BreakEffect =
  /** A change of a file whose path matches, or with `below` of one in a folder whose path does. */
  | {
      readonly kind: "files";
      readonly change: "added" | "removed" | "any";
      readonly path: string;
      readonly below: boolean;
      readonly matches: (path: string) => boolean;
    }
  | { readonly kind: "larger"; readonly bytes: number }
  | { readonly kind: "slower"; readonly milliseconds: number }
  | { readonly kind: "prints"; readonly pattern: RegExp };

/** The words of effects, as they are typed, with what follows each. */
export const effectWords = {
  "if-changed": "PATH",
  "if-exists": "PATH",
  "if-removed": "PATH",
  "if-larger": "SIZE",
  "if-slower": "TIME",
  "if-prints": "/REGEX/",
} as const;

type EffectWord = keyof typeof effectWords;

/**
 * Reads `7`, `:12`, `RUN pip`, `/pip3? install/i`, `if-changed /etc/nginx`, and a place with an effect behind it.
 * @throws SlipwayError BREAKPOINT_INVALID
 */
export function parseBreakCondition(text: string): BreakCondition {
  const trimmed = text.trim();
  const match = /^(?:(.*\S)\s+)?(if-[a-z]+)(?:\s+(.*))?$/s.exec(trimmed);
  const [, place, word = "", argument = ""] = match ?? [];
  if (word in effectWords) {
    return {
      place: place === undefined ? undefined : parsePlace(place),
      effect: parseEffect(word as EffectWord, argument.trim()),
    };
  }
  // In a text it may be the instruction's own word, as in `RUN if-up eth0`.
  if (match !== null && (place === undefined || parsePlace(place).kind !== "text")) throw unknownEffect(word);
  return { place: parsePlace(trimmed), effect: undefined };
}

function parsePlace(text: string): BreakPlace {
  if (/^\d+$/.test(text)) return { kind: "step", number: Number(text) };
  if (/^:\d+$/.test(text)) return { kind: "line", line: Number(text.slice(1)) };
  const pattern = readPattern(text);
  if (pattern !== undefined) return { kind: "pattern", pattern };
  if (text === "") throw invalid("a break point needs a place or a condition", "`help break` lists them");
  return { kind: "text", text: text.replace(/\s+/g, " ") };
}

function parseEffect(word: EffectWord, argument: string): BreakEffect {
  if (argument === "")
    throw invalid(`${word} needs a ${effectWords[word]}`, `usage: break ${word} ${effectWords[word]}`);
  switch (word) {
    case "if-changed":
      return fileEffect("any", argument);
    case "if-exists":
      return fileEffect("added", argument);
    case "if-removed":
      return fileEffect("removed", argument);
    case "if-larger": {
      const bytes = parseSize(argument);
      if (bytes === undefined)
        throw invalid(`${argument} is no size`, "expected a number and a unit: 500kB, 50MB, 1.5GiB");
      return { kind: "larger", bytes };
    }
    case "if-slower": {
      const milliseconds = parseDuration(argument);
      if (milliseconds === undefined) {
        throw invalid(`${argument} is no time`, "expected numbers with units: 500ms, 5s, 1m30s");
      }
      return { kind: "slower", milliseconds };
    }
    case "if-prints": {
      const pattern = readPattern(argument);
      if (pattern === undefined)
        throw invalid(`${argument} is no regular expression`, "write it as /warning/ or /warning/i");
      return { kind: "prints", pattern };
    }
  }
}

function fileEffect(change: "added" | "removed" | "any", argument: string): BreakEffect {
  const path = argument.length > 1 ? argument.replace(/\/+$/, "") : argument;
  if (!path.startsWith("/")) {
    throw invalid(`${argument} is no absolute path`, "files are named as in the image: /etc/nginx, /usr/lib/**/*.so");
  }
  const matches = compilePattern(path);
  if (matches === undefined) throw invalid(`the pattern ${argument} is malformed`, "close each [ with ]");
  return { kind: "files", change, path, below: change === "any", matches };
}

/** `/regex/flags`; a path like /etc/nginx has no flags at its end and is none. */
function readPattern(text: string): RegExp | undefined {
  const match = /^\/(.+)\/([imsu]*)$/s.exec(text);
  if (match === null) return undefined;
  try {
    return new RegExp(match[1]!, match[2]);
  } catch (cause) {
    throw invalid((cause as SyntaxError).message, "it is read as JavaScript's regular expressions are");
  }
}

function unknownEffect(word: string): SlipwayError {
  if (word === "if-failed") {
    return invalid("a failing step always stops the session, no break point is needed", "just `continue`");
  }
  const known = Object.keys(effectWords);
  const nearest = suggestWord(word, known);
  return invalid(
    `break does not know ${word}`,
    nearest === undefined ? `known are: ${known.join(", ")}` : `did you mean ${nearest}?`,
  );
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError("BREAKPOINT_INVALID", message, { hint, exitCode: ExitCode.usage });
}
