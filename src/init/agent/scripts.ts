import * as native from "native";
import type { RunRequest } from "../../protocol/messages.ts";
import { check } from "../system/errors.ts";
import { makeFolders, O_CREAT, O_TRUNC, O_WRONLY, parentOf, writeAll } from "../system/files.ts";

/** Writes files that exist while a command runs only. Returns what removes them, and the folders that were made for them. */
export function writeScripts(scripts: RunRequest["scripts"]): () => void {
  const folders: string[] = [];
  const files: string[] = [];
  const remove = () => {
    // What the command itself removed or filled is not ours to complain about.
    for (const file of files) native.unlink(file);
    for (const folder of folders.reverse()) native.rmdir(folder);
  };
  try {
    for (const { path, content, mode } of scripts) {
      folders.push(...makeFolders(parentOf(path), 0o755));
      const fd = check(native.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode), () => `open ${path}`);
      files.push(path);
      writeAll(fd, new TextEncoder().encode(content), path);
      native.fchmod(fd, mode);
      native.close(fd);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}
