import * as native from "native";
import { check, ENOENT, InitError } from "../system/errors.ts";
import { O_CREAT, O_TRUNC, O_WRONLY, readText, writeAll } from "../system/files.ts";

/**
 * Writes our pid, as circus does; returns what removes the file. One that names a living process is respected, save our own pid:
 * in a container that starts again PID 1 is the same. Throws InitError.
 */
export function claimPidfile(path: string | undefined): () => void {
  if (path === undefined) return () => {};
  const own = native.pid();
  const found = native.stat(path) === -ENOENT ? "" : readText(path).trim();
  const other = /^\d+$/.test(found) ? Number(found) : own;
  if (other !== own && other > 0 && native.kill(other, 0) === 0)
    throw new InitError("already-running", `already running on pid ${other} (${path})`);
  const fd = check(native.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644), () => `open ${path}`);
  writeAll(fd, new TextEncoder().encode(`${own}\n`), path);
  native.close(fd);
  return () => native.unlink(path);
}
