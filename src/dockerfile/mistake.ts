import { SlipwayError } from "../errors.ts";
import type { Range } from "./types.ts";

/** An instruction that is well written and yet means nothing here. */
export function mistake(where: { readonly range: Range }, rule: string, message: string, hint?: string): SlipwayError {
  return new SlipwayError("DOCKERFILE_INVALID", `line ${where.range.start.line}: ${message} (${rule})`, { hint });
}
