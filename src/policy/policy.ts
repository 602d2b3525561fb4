import { compilePattern, type Pattern } from "./pattern.ts";

/** The gid that hosts and images share; a group's name may differ, files carry only the number. */
export const EDITOR_GID = 65753;

/** Where a project keeps its policy, below its folder. */
export const POLICY_FILE = ".slipway/editor";

/**
 * What a part of a project is for:
 * - `read-write`: members of the editor group can do what the owner can; everybody else as it is
 * - `served`: so can members; everybody else reads and never writes, as a web server's processes shall
 * - `read-only`: only the owner writes; members and everybody else read
 * - `secret`: for its owner alone
 * - `exclude`: left as it is, with all that is in it
 */
export type Access = (typeof accesses)[number];
export const accesses = ["read-write", "served", "read-only", "secret", "exclude"] as const;

export interface Rule extends Pattern {
  readonly access: Access;
}

/** The later rule wins; what no rule names is `read-write`. */
export interface Policy {
  readonly rules: readonly Rule[];
}

export interface PolicyMistake {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export const defaultPolicy: Policy = { rules: [] };

/** Reads a policy: a line is a word of `accesses`, blanks, and a pattern; `#` begins a line that is a comment. */
export function parsePolicy(text: string): { readonly policy: Policy; readonly mistakes: readonly PolicyMistake[] } {
  const rules: Rule[] = [];
  const mistakes: PolicyMistake[] = [];
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    const access = accesses.find((each) => each === word);
    const pattern = rest === "" ? undefined : compilePattern(rest);
    const mistake = (message: string) => mistakes.push({ line: index + 1, message });
    if (access === undefined) mistake(`${JSON.stringify(word)} is none of ${accesses.join(", ")}`);
    else if (rest === "") mistake(`${word} wants a pattern, such as / or /public/`);
    else if (pattern === undefined) mistake(`${JSON.stringify(rest)} is no pattern of paths below the project`);
    else rules.push({ access, ...pattern });
  });
  return { policy: { rules }, mistakes };
}
