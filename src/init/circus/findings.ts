import { suggestWord } from "../../dockerfile/suggest.ts";
import type { Finding, Origin } from "./configuration.ts";

const FEW_NAMES = 16;

/** All that was found so far, in the order of reading. */
export type Findings = Finding[];

export function addError(findings: Findings, origin: Origin, message: string, hint?: string): void {
  findings.push({ severity: "error", message, hint, origin });
}

export function addWarning(findings: Findings, origin: Origin, message: string, hint?: string): void {
  findings.push({ severity: "warning", message, hint, origin });
}

/** The known name that was probably meant, in its own case; a third of the letters may differ. */
export function findNearestName(name: string, known: readonly string[]): string | undefined {
  const find = (word: string | undefined) =>
    known.find((one) => one !== "" && one.toLowerCase() === word?.toLowerCase());
  return find(name) ?? find(suggestWord(name, known, Math.max(2, Math.floor(name.length / 3))));
}

/** A hint at the name that was probably meant, or at all of them if there are few. */
export function suggestName(name: string, known: Iterable<string>): string | undefined {
  const names = [...known].filter((one) => one !== "");
  const nearest = findNearestName(name, names);
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return names.length > 0 && names.length <= FEW_NAMES ? `known are ${names.join(", ")}` : undefined;
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "error");
}

const LONGEST_MESSAGE = 400;

/** What files say stands in messages: it may neither begin new lines, nor speak to a terminal, nor go on for ever. */
function tidy(text: string): string {
  const line = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ");
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}

/** One line each, as compilers print them, with the hint below: `FILE:LINE: error: MESSAGE`. Ends with a newline. */
export function renderFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ severity, message, hint, origin }) => {
      const line = `${origin.file}:${origin.line}: ${severity}: ${tidy(message)}\n`;
      return hint === undefined ? line : `${line}  hint: ${tidy(hint)}\n`;
    })
    .join("");
}
