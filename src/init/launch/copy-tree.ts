import * as native from "native";
import { check, InitError } from "../system/errors.ts";
import { isDirectory, O_CREAT, O_EXCL, O_WRONLY, statFile, writeAll } from "../system/files.ts";

const chunk = new Uint8Array(256 * 1024);

/**
 * Copies a tree with owners, modes, hard and symbolic links and modification times; `to` must not be there. As another user
 * than root, the copy belongs to that user. `interrupt` is called between pieces and may throw.
 */
export function copyTree(from: string, to: string, interrupt: () => void): void {
  copy(from, to, new Map(), interrupt);
}

/** `copies`: where a file that may have other names was copied to. */
function copy(from: string, to: string, copies: Map<string, string>, interrupt: () => void): void {
  interrupt();
  const stat = check(native.lstat(from), () => `stat ${from}`) as native.Stat;
  const id = `${stat.dev}:${stat.ino}`;
  const copied = copies.get(id);
  if (copied !== undefined) {
    check(native.link(copied, to), () => `link ${to}`);
    return;
  }
  if (!isDirectory(stat)) copies.set(id, to);
  const { type, target } = statFile(from, false)!;
  if (type === "directory") {
    // Writable for us until all is in it.
    check(native.mkdir(to, 0o700), () => `mkdir ${to}`);
    for (const name of check(native.readdir(from), () => `read ${from}`) as string[])
      copy(`${from}/${name}`, `${to}/${name}`, copies, interrupt);
  } else if (type === "file") copyContent(from, to, interrupt);
  else if (type === "symlink") check(native.symlink(target!, to), () => `symlink ${to}`);
  else if (type === "fifo" || type === "socket") check(native.mknod(to, stat.mode, 0, 0), () => `mknod ${to}`);
  else throw new InitError("a-device", `${from} is a device, which is not copied`);
  copyAttributes(stat, to, type === "symlink");
}

function copyContent(from: string, to: string, interrupt: () => void): void {
  const source = check(native.open(from, 0, 0), () => `open ${from}`);
  try {
    const target = check(native.open(to, O_WRONLY | O_CREAT | O_EXCL, 0o600), () => `write ${to}`);
    try {
      for (;;) {
        interrupt();
        const count = check(native.read(source, chunk.buffer, 0, chunk.length), () => `read ${from}`);
        if (count === 0) return;
        writeAll(target, chunk.subarray(0, count), to);
      }
    } finally {
      native.close(target);
    }
  } finally {
    native.close(source);
  }
}

function copyAttributes(stat: native.Stat, to: string, isLink: boolean): void {
  if (native.uid() === 0) check(native.lchown(to, stat.uid, stat.gid), () => `chown ${to}`);
  if (!isLink) check(native.chmod(to, stat.mode & 0o7777), () => `chmod ${to}`);
  check(native.utimens(to, stat.mtime, stat.nanoseconds), () => `set the times of ${to}`);
}
