import { stat } from "native";
import { readText } from "../system/files.ts";
import type { IdentityFiles } from "./identity.ts";

/** Empty where an image has none. */
export function readIdentityFiles(): IdentityFiles {
  const read = (path: string) => (typeof stat(path) === "number" ? "" : readText(path));
  return { passwd: read("/etc/passwd"), group: read("/etc/group") };
}
