import * as native from "native";
import { check, ENOENT, InitError } from "../system/errors.ts";
import { isDirectory, makeFolders, removeTree } from "../system/files.ts";
import type { Change } from "./change.ts";
import { copyTree } from "./copy-tree.ts";
import type { Fill } from "./launch-file.ts";

/** While it is copied, and when it is complete and being moved up. Both are inside, since the folder may be a mount. */
const COPYING = ".slipway-filling";
const COPIED = ".slipway-filled";

/** Undefined when the folder has something in it, or the image has nothing for it. */
export function planFill({ from, to }: Fill, interrupt: () => void): Change | undefined {
  if (!isDirectory(native.stat(from))) throw new InitError("no-folder", `fill: ${from} is no folder`);
  const names = namesIn(to);
  const goesOn = names.includes(COPIED);
  if (!goesOn && names.some((name) => name !== "lost+found" && name !== COPYING)) return undefined;
  const brings = namesIn(from);
  if (!goesOn && brings.length === 0) return undefined;
  return {
    summary: `fill ${to} from ${from}`,
    diff: () => `${to}: filled from ${from}: ${brings.sort().join(" ")}`,
    apply: () => fill(from, to, names, interrupt),
  };
}

/** None where there is no such folder. */
function namesIn(folder: string): string[] {
  const names = native.readdir(folder);
  return names === -ENOENT ? [] : check<string[]>(names, () => `read ${folder}`);
}

function fill(from: string, to: string, names: readonly string[], interrupt: () => void): void {
  makeFolders(to, 0o755);
  if (!names.includes(COPIED)) {
    if (names.includes(COPYING)) removeTree(`${to}/${COPYING}`);
    copyTree(from, `${to}/${COPYING}`, interrupt);
    rename(`${to}/${COPYING}`, `${to}/${COPIED}`);
  }
  check(native.chmod(`${to}/${COPIED}`, 0o700), () => `chmod ${to}/${COPIED}`);
  for (const name of namesIn(`${to}/${COPIED}`)) rename(`${to}/${COPIED}/${name}`, `${to}/${name}`);
  check(native.rmdir(`${to}/${COPIED}`), () => `remove ${to}/${COPIED}`);
  copyAttributesOf(from, to);
}

function rename(from: string, to: string): void {
  check(native.rename(from, to), () => `rename ${from} to ${to}`);
}

/** An empty volume takes the folder's owner and mode too, as engines do it. */
function copyAttributesOf(from: string, to: string): void {
  const wanted = check(native.stat(from), () => `stat ${from}`) as native.Stat;
  const found = check(native.stat(to), () => `stat ${to}`) as native.Stat;
  if (native.uid() === 0 && (wanted.uid !== found.uid || wanted.gid !== found.gid))
    check(native.lchown(to, wanted.uid, wanted.gid), () => `chown ${to}`);
  // The mount may belong to another; what is in it is what counts.
  if (native.uid() === 0 || found.uid === native.uid())
    check(native.chmod(to, wanted.mode & 0o7777), () => `chmod ${to}`);
}
