import { environment, readlink } from "native";
import { check } from "../system/errors.ts";
import { readText } from "../system/files.ts";
import { glob } from "../system/glob.ts";
import type { ConfigurationSource } from "./configuration.ts";

/** The files and the environment of this process. */
export function openFileSource(): ConfigurationSource {
  return {
    readText,
    glob: (pattern) => glob(absolutePath(pattern)),
    environment: Object.fromEntries(
      environment().map((entry) => {
        const end = entry.indexOf("=", 1);
        return [entry.slice(0, end), entry.slice(end + 1)];
      }),
    ),
  };
}

function absolutePath(path: string): string {
  return path.startsWith("/") ? path : `${check(readlink("/proc/self/cwd"), () => "read /proc/self/cwd")}/${path}`;
}
