import { structuredPatch } from "diff";
import { isSecretKey, MASK } from "./secrets.ts";

export interface FileVersions {
  readonly path: string;
  /** Undefined: there is no such file. */
  readonly before: string | undefined;
  readonly after: string;
  /** `after` as it is with every secret masked; undefined where that could not be made. */
  readonly masked: string | undefined;
  /** Values that must not be shown. */
  readonly secrets: readonly string[];
}

/** The time grows with the square of it. */
const MOST_EDITS = 1000;

/** A unified diff in which no secret shows, neither one of the new text nor one that stood in its place before. */
export function formatDiff(versions: FileVersions): string {
  const { path, before, after } = versions;
  const lines = [`--- ${before === undefined ? "/dev/null" : path}`, `+++ ${path}`];
  const options = { context: 3, maxEditLength: MOST_EDITS };
  const patch = structuredPatch(path, path, before ?? "", after, undefined, undefined, options);
  if (patch === undefined) return [...lines, `more than ${MOST_EDITS} lines differ`].join("\n");
  const hide = hider(versions);
  for (const hunk of patch.hunks) {
    lines.push(`@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`);
    let at = hunk.newStart - 1;
    for (const line of hunk.lines) {
      const sign = line[0]!;
      if (sign === "\\") lines.push(line);
      else if (sign === "-") lines.push(`-${hide.old(line.slice(1))}`);
      else lines.push(`${sign}${hide.new(line.slice(1), at++)}`);
    }
  }
  return lines.join("\n");
}

/** As diff(1) has it: of nothing, the line before. */
function range(start: number, count: number): string {
  if (count === 0) return `${start - 1},0`;
  return count === 1 ? `${start}` : `${start},${count}`;
}

function hider({ after, masked, secrets }: FileVersions) {
  const lines = after.split("\n");
  const maskedLines = masked?.split("\n");
  const isAligned = maskedLines?.length === lines.length;
  const hideNew = (line: string, index: number) =>
    hideByName(isAligned ? maskedLines[index]! : hideValues(line, secrets));
  const known = new Map(lines.map((line, index) => [line, hideNew(line, index)]));
  // What stands around a secret tells where one stood in the old text.
  const shapes = [...known.values()].filter((line) => line.includes(MASK)).map(shapeOf);
  const hideOld = (line: string) =>
    known.get(line) ?? shapes.find(({ matches }) => matches(line))?.line ?? hideByName(hideValues(line, secrets));
  return { old: hideOld, new: hideNew };
}

function shapeOf(line: string) {
  const parts = line.split(MASK);
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  const hasShape = first.trim() !== "" || last.trim() !== "";
  return { line, matches: (old: string) => hasShape && old.startsWith(first) && old.endsWith(last) };
}

/** Short ones stand everywhere. */
const SHORTEST_SECRET = 4;

function hideValues(line: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((left, right) => right.length - left.length)
    .reduce((text, secret) => text.replaceAll(secret, MASK), line);
}

/** `password = x`, `"token": "x"`, `secret_key: x`, `api_key x;`. */
function hideByName(line: string): string {
  const [, before, key, separator, value] = /^(\s*["']?)([\w.-]+)(["']?\s*[:=]\s*|\s+)(\S.*)$/.exec(line) ?? [];
  if (key === undefined || !key.split(".").some(isSecretKey)) return line;
  return `${before}${key}${separator}${value!.replace(/[^"',;]+/, MASK)}`;
}
