import { lstat, readdir } from "native";
import { compilePattern, isPattern } from "./shell-pattern.ts";

/** Absolute paths that match an absolute shell pattern, in alphabetical order; `*` doesn't match a slash. */
export function glob(pattern: string): string[] {
  let found = [""];
  for (const part of pattern.split("/").filter((word) => word !== ""))
    found = found.flatMap((folder) => matchPart(folder, part).map((name) => `${folder}/${name}`));
  return found.filter((path) => typeof lstat(path) !== "number");
}

function matchPart(folder: string, part: string): string[] {
  if (!isPattern(part)) return [part];
  const names = readdir(`${folder}/`);
  if (typeof names === "number") return [];
  const matcher = compilePattern(part);
  return names.filter((name) => matcher.test(name)).sort();
}
