import type { CopyOperation } from "../../dockerfile/plan-types.ts";
import type { CopyDialect } from "./dialect.ts";

/** The instruction that means an operation, for a builder; `from`: the name of the stage, image or context to take. */
export function printCopy(operation: CopyOperation, from: string | undefined, dialect: CopyDialect): string {
  const flag = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`--${name}=${escapeWord(value)}`];
  const flags = [
    ...flag("from", from),
    ...flag("chown", operation.chown),
    ...flag("chmod", operation.chmod),
    ...flag("checksum", operation.checksum),
    ...(operation.link && dialect.linksLayers ? ["--link"] : []),
    ...(operation.parents ? ["--parents"] : []),
    ...(operation.keepGitDir ? ["--keep-git-dir"] : []),
    ...(operation.unpack === undefined ? [] : [`--unpack=${operation.unpack}`]),
    // The only one that is not expanded.
    ...operation.excludes.map((pattern) => `--exclude=${pattern}`),
  ];
  const keyword = [operation.kind.toUpperCase(), ...flags].join(" ");
  const words = [...operation.sources, operation.destination].map(escapeWord);
  if (operation.inlineFiles.length === 0) return `${keyword} ${JSON.stringify(words)}\n`;
  const heredocs = operation.inlineFiles.map(({ name }) => `<<"${name}"`);
  const bodies = operation.inlineFiles.map(({ name, content }) => `${content}${name}\n`);
  return `${[keyword, ...words.slice(0, -1), ...heredocs, words.at(-1)].join(" ")}\n${bodies.join("")}`;
}

/** Words of COPY are expanded once more. */
function escapeWord(word: string): string {
  return word.replace(/[\\$'"]/g, "\\$&");
}
