import { environment, readlink } from "native";
import { check } from "../system/errors.ts";
import { readText } from "../system/files.ts";
import { glob } from "../system/glob.ts";
import type { ConfigurationSource } from "./configuration.ts";

/** The files and the environment of this process. */
export function openFileSource(): ConfigurationSource {
  return {
    readText,
    glob: findPaths,
    environment: Object.fromEntries(
      environment().map((entry) => {
        const end = entry.indexOf("=", 1);
        return [entry.slice(0, end), entry.slice(end + 1)];
      }),
    ),
  };
}

/** Relative paths of a relative pattern, for messages. */
function findPaths(pattern: string): readonly string[] {
  if (pattern.startsWith("/")) return glob(pattern);
  const folder = `${check(readlink("/proc/self/cwd"), () => "read /proc/self/cwd")}/`.replace(/^\/\/$/, "/");
  return glob(folder.replace(/[*?[\\]/g, "\\$&") + pattern).map((path) => path.slice(folder.length));
}
