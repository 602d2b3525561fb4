import { defaultPolicy, POLICY_FILE, type Policy, parsePolicy } from "../../policy/policy.ts";
import { InitError } from "../system/errors.ts";
import { readText, statFile } from "../system/files.ts";

/** A folder under a policy. */
export interface PolicyFolder {
  readonly folder: string;
  /** Undefined: `.slipway/editor` in it, where there is one. */
  readonly policyFile: string | undefined;
}

/** Throws InitError `bad-policy` with every mistake, or what reading failed with. */
export function readPolicy({ folder, policyFile }: PolicyFolder): Policy {
  const file = policyFile ?? `${folder}/${POLICY_FILE}`;
  if (policyFile === undefined && statFile(file, true)?.type !== "file") return defaultPolicy;
  const { policy, mistakes } = parsePolicy(readText(file));
  if (mistakes.length === 0) return policy;
  throw new InitError("bad-policy", mistakes.map(({ line, message }) => `${file}:${line}: ${message}`).join("\n"));
}
