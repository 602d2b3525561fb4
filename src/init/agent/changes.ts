import { scan } from "native";
import type { FileChange } from "../../protocol/messages.ts";
import { InitError } from "../system/errors.ts";
import { readText } from "../system/files.ts";

/** Mounted in every container; named for where /proc, and so the list of mounts, is not. */
const alwaysMounted = ["/dev", "/proc", "/sys"];

/** Octal escapes of blanks and backslashes, as the kernel writes them. */
function unescapePath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Volumes, and files that the engine mounts, like /etc/hosts, among them. */
function listMounts(): string[] {
  try {
    const lines = readText("/proc/self/mountinfo").trim().split("\n");
    return lines
      .map((line) => unescapePath(line.split(" ")[4] ?? ""))
      .filter((path) => path.startsWith("/") && path !== "/");
  } catch (error) {
    if (error instanceof InitError) return [];
    throw error;
  }
}

/** What changed since the call before; the first one only remembers what is there. */
export function scanChanges(): readonly FileChange[] {
  return scan([...alwaysMounted, ...listMounts()]) ?? [];
}
