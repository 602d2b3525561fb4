import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { type Place, placeAt } from "../../policy/place.ts";
import { defaultPolicy, POLICY_FILE, type Policy, parsePolicy } from "../../policy/policy.ts";

export interface FoundPolicy {
  readonly policy: Policy;
  /** The project's folder: where the policy's patterns begin. */
  readonly root: string;
  /** Undefined: there is none, and all is read-write. */
  readonly file: string | undefined;
}

/** The policy of the nearest folder at or above `path` that has one. Throws SlipwayError POLICY with every mistake in it. */
export function findPolicy(path: string): FoundPolicy {
  for (let root = path; ; root = dirname(root)) {
    const file = join(root, POLICY_FILE);
    const text = readIfPresent(file);
    if (text !== undefined) return { policy: requireValid(file, text), root, file };
    if (root === dirname(root)) return { policy: defaultPolicy, root: path, file: undefined };
  }
}

/** Where `path`, a folder, stands in its project. */
export function placeOfFolder({ policy, root }: FoundPolicy, path: string): Place {
  return placeAt(policy, Buffer.from(relative(root, path)).toString("latin1"), true);
}

function readIfPresent(file: string): string | undefined {
  try {
    // As bytes, as the walk has names.
    return readFileSync(file, "latin1");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw new SlipwayError("POLICY", `${file} can't be read: ${code}`, { cause: error });
  }
}

function requireValid(file: string, text: string): Policy {
  const { policy, mistakes } = parsePolicy(text);
  if (mistakes.length === 0) return policy;
  const lines = mistakes.map(({ line, message }) => `${file}:${line}: ${Buffer.from(message, "latin1")}`);
  throw new SlipwayError("POLICY", lines.join("\n"), { exitCode: ExitCode.usage });
}
