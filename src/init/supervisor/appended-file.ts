import * as native from "native";
import { O_CREAT, O_WRONLY } from "../system/files.ts";

const O_APPEND = 0o2000;

/** Appends text to a file that is opened for it alone: somebody may have moved the one before away. A negative errno is a failure. */
export function appendToFile(path: string, text: string): number {
  const fd = native.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644);
  if (fd < 0) return fd;
  const bytes = native.encode(text);
  const written = native.write(fd, bytes, 0, bytes.byteLength);
  native.close(fd);
  return written;
}
