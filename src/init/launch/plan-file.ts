import * as native from "native";
import { check, InitError } from "../system/errors.ts";
import {
  makeFolders,
  O_CREAT,
  O_EXCL,
  O_TRUNC,
  O_WRONLY,
  parentOf,
  readFile,
  statFile,
  writeAll,
} from "../system/files.ts";
import type { Accounts, Ownership } from "./accounts.ts";
import type { Change } from "./change.ts";
import { formatDiff } from "./masked-diff.ts";
import { within } from "./paths.ts";

export interface WantedFile extends Ownership {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  /** See masked-diff.ts. */
  masked(): string | undefined;
  readonly secrets: readonly string[];
}

const MOST_LINKS = 40;

/** Undefined when the file is as wanted already. Symbolic links are followed. */
export function planFile(wanted: WantedFile, accounts: Accounts): Change | undefined {
  const path = followLinks(wanted.path);
  const found = statFile(path, false);
  if (found !== undefined && found.type !== "file") throw new InitError("not-a-file", `${path} is no regular file`);
  const before = found && new TextDecoder().decode(readFile(path));
  const writes = before !== wanted.text;
  const isOwned = found?.uid === wanted.uid && found.gid === wanted.gid;
  const hasMode = found?.mode === wanted.mode;
  if (!writes && isOwned && hasMode) return undefined;

  return {
    summary: `${writes ? "write" : "set owner and mode of"} ${path}`,
    diff: () => {
      const lines: string[] = [];
      const after = `${accounts.describe(wanted)} ${formatMode(wanted.mode)}`;
      if (found === undefined) lines.push(`${path}: new, ${after}`);
      else if (!isOwned || !hasMode)
        lines.push(`${path}: ${accounts.describe(found)} ${formatMode(found.mode)} -> ${after}`);
      const versions = { path, before, after: wanted.text, masked: wanted.masked(), secrets: wanted.secrets };
      if (writes) lines.push(formatDiff(versions));
      return lines.join("\n");
    },
    apply: () => (writes ? write(path, wanted) : setAttributes(path, wanted, found!)),
  };
}

function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function followLinks(path: string): string {
  let at = path;
  for (let count = 0; count < MOST_LINKS; count++) {
    const target = native.readlink(at);
    if (typeof target === "number") return at;
    at = within(parentOf(at), target);
  }
  throw new InitError("eloop", `${path}: too many symbolic links`);
}

/** In a new file that takes the old one's place; in place where that can't be: a file that is mounted, a folder without write permission. */
function write(path: string, wanted: WantedFile): void {
  const folder = parentOf(path);
  makeFolders(folder, 0o755);
  const temporary = `${folder}/.${path.slice(path.lastIndexOf("/") + 1)}.slipway-${native.pid()}`;
  const isReplaced = replaceBy(temporary, path, wanted);
  if (!isReplaced) writeInPlace(path, wanted);
}

/** False where the folder or the file lets nothing take its place. */
function replaceBy(temporary: string, path: string, wanted: WantedFile): boolean {
  // A launch that was killed had the same process number, where it is always 1.
  if (statFile(temporary, false) !== undefined) check(native.unlink(temporary), () => `remove ${temporary}`);
  const fd = native.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  if (fd < 0 && statFile(path, false) !== undefined) return false;
  check(fd, () => `write ${path}`);
  let isReplaced = false;
  try {
    fill(fd, temporary, wanted);
    isReplaced = native.rename(temporary, path) === 0;
    return isReplaced;
  } finally {
    if (!isReplaced) native.unlink(temporary);
  }
}

function writeInPlace(path: string, wanted: WantedFile): void {
  fill(
    check(native.open(path, O_WRONLY | O_TRUNC, 0), () => `write ${path}`),
    path,
    wanted,
  );
}

function fill(fd: number, path: string, { text, uid, gid, mode }: WantedFile): void {
  try {
    writeAll(fd, new TextEncoder().encode(text), path);
    const stat = check(native.stat(path), () => `stat ${path}`);
    // Before the mode: it takes set-id bits away.
    if (stat.uid !== uid || stat.gid !== gid)
      check(native.fchown(fd, uid, gid), () => `chown ${path} to ${uid}:${gid}`);
    check(native.fchmod(fd, mode), () => `chmod ${path}`);
  } finally {
    native.close(fd);
  }
}

function setAttributes(path: string, wanted: WantedFile, found: Ownership): void {
  if (found.uid !== wanted.uid || found.gid !== wanted.gid)
    check(native.lchown(path, wanted.uid, wanted.gid), () => `chown ${path} to ${wanted.uid}:${wanted.gid}`);
  check(native.chmod(path, wanted.mode), () => `chmod ${path}`);
}
