import type { Origin } from "./configuration.ts";
import { addError, addWarning, type Findings } from "./findings.ts";

/** An option as it is written, continuation lines joined by newlines. */
export interface IniOption {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
  /** It stands in [DEFAULT]. */
  readonly inherited?: boolean;
}

export interface IniSection {
  readonly name: string;
  readonly origin: Origin;
  readonly options: Map<string, IniOption>;
}

/** Sections by name, in the order of their first header. */
export type Ini = Map<string, IniSection>;

/** Its options stand in every section that lacks them. */
export const DEFAULT_SECTION = "DEFAULT";

interface Entry {
  readonly name: string;
  readonly lines: string[];
  readonly origin: Origin;
  /** The section has this option already: circus keeps the first. */
  readonly ignored: boolean;
}

/** `name = value` or `name: value`, the first delimiter counts; undefined: it has none. */
function splitOption(line: string): readonly [name: string, value: string] | undefined {
  const end = line.search(/[=:]/);
  return end === -1 ? undefined : [line.slice(0, end).trimEnd(), line.slice(end + 1)];
}

/** `;` begins a comment where it is the first one of the value and stands behind white space. `""` is the empty value. */
function cleanValue(written: string): string {
  const value = written.trimStart();
  const comment = value.indexOf(";");
  const before = comment === 0 ? value.at(-1)! : (value[comment - 1] ?? "");
  const cleaned = (comment !== -1 && /\s/.test(before) ? value.slice(0, comment) : value).trim();
  return cleaned === '""' ? "" : cleaned;
}

/**
 * Adds what an ini file says to what other files said before, by the rules of circus's StrictConfigParser: names keep their
 * case, sections may come again, the first of two equal options wins, `#`, `;` and `rem` begin comments at the start of a
 * line only, and every line that begins with white space continues the option before it, even one that looks like a comment.
 */
export function readIni(text: string, file: string, ini: Ini, findings: Findings): void {
  let section: IniSection | undefined;
  let entry: Entry | undefined;
  let withoutHeader = false;

  const endEntry = () => {
    if (section && entry && !entry.ignored)
      section.options.set(entry.name, { name: entry.name, value: entry.lines.join("\n"), origin: entry.origin });
    entry = undefined;
  };

  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  for (const [index, line] of lines.entries()) {
    const origin = { file, line: index + 1 };
    const words = line.trim();
    if (words === "" || /^[#;]/.test(line) || /^rem(\s|$)/i.test(line)) continue;

    if (/^\s/.test(line) && entry && entry.name !== "") {
      tellContinuation(words, entry, origin, findings);
      entry.lines.push(words);
      continue;
    }
    // Greedy, as Python's own expression: the last bracket of the line ends the name.
    const header = /^\[(.+)\]/.exec(line)?.[1];
    if (header !== undefined) {
      endEntry();
      section = ini.get(header) ?? { name: header, origin, options: new Map() };
      ini.set(header, section);
      continue;
    }
    if (!section) {
      if (!withoutHeader) addError(findings, origin, "an option before the first [section]");
      withoutHeader = true;
      continue;
    }
    const option = splitOption(line);
    if (!option) {
      addError(findings, origin, `neither [section] nor "name = value": ${words}`);
      continue;
    }
    endEntry();
    const [name, value] = option;
    const first = section.options.get(name);
    entry = { name, lines: [cleanValue(value)], origin, ignored: first !== undefined };
    // An included file that says it too is how the including one overrides it.
    if (first?.origin.file === file)
      addWarning(findings, origin, `${name} is set again: the first one, in line ${first.origin.line}, counts`);
    if (/\s#/.test(value))
      addWarning(
        findings,
        origin,
        `# does not begin a comment here: it is part of ${name}`,
        "within a line only ; behind a space does",
      );
  }
  endEntry();
}

/** Tells what people often take for something else. */
function tellContinuation(words: string, entry: Entry, origin: Origin, findings: Findings): void {
  if (/^[#;]/.test(words))
    addWarning(
      findings,
      origin,
      `an indented comment is part of ${entry.name}`,
      "comments begin at the start of the line",
    );
  else if (/^[a-z_]+(\.\w+)?\s*=/.test(words))
    addWarning(
      findings,
      origin,
      `an indented line is part of ${entry.name}, not an option of its own`,
      "options begin at the start of the line",
    );
}
