import { matchDirective } from "./directives.ts";
import type { Dockerfile } from "./types.ts";
import { parseBoolean } from "./values.ts";

/** What `# check=` says: `skip=all`, `skip=RULE,RULE`, `experimental=…`, `error=BOOL`, joined by `;`. */
export interface LintOptions {
  readonly skip: readonly string[];
  readonly experimental: readonly string[];
  readonly error: boolean;
}

const none: LintOptions = { skip: [], experimental: [], error: false };

/** Undefined for text that is no list of options. */
function parseLintOptions(text: string): LintOptions | undefined {
  if (text.trim() === "") return none;
  let options = none;
  for (const part of text.split(";")) {
    const equals = part.indexOf("=");
    const key = part.slice(0, Math.max(equals, 0)).trim();
    const value = part.slice(equals + 1).trim();
    if (key === "skip" || key === "experimental") {
      options = { ...options, [key]: value.split(",").map((rule) => rule.trim()) };
    } else {
      const error = key === "error" ? parseBoolean(value) : undefined;
      if (error === undefined) return undefined;
      options = { ...options, error };
    }
  }
  return options;
}

/** The options of the whole file; undefined when they can't be read. A space ends them. */
export function fileLintOptions({ directives }: Dockerfile): LintOptions | undefined {
  return parseLintOptions(directives.check?.split(" ")[0] ?? "");
}

/** Whether a rule counts for an instruction with these comments: the first `# check=` among them adds to the file's. */
export function isRuleOn(
  rule: string,
  isExperimental: boolean,
  file: LintOptions,
  comments: readonly string[],
): boolean {
  const own = comments.map((comment) => matchDirective(comment)).find((directive) => directive?.name === "check");
  const added = own && parseLintOptions(own.value.split(" ")[0]!);
  const has = (list: "skip" | "experimental") =>
    [...file[list], ...(added?.[list] ?? [])].some((name) => name === rule || name === "all");
  return isExperimental ? has("experimental") : !has("skip");
}
