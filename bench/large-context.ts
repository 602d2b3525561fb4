import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface ContextSize {
  readonly files: number;
  /** Sum of all sizes. */
  readonly bytes: number;
}

/**
 * Fills `folder` with a tree like that of a project with its dependencies: packages of some twenty files, three to six folders deep.
 * Most files are small, some empty, a few hold most of the bytes: these are sparse on disk, and go over the wire whole. The same size
 * gives the same tree.
 */
export function writeLargeContext(folder: string, { files, bytes }: ContextSize): void {
  let left = bytes;
  for (let index = 0; index < files; index++) {
    const place = join(folder, folderOf(index));
    if (index % PER_FOLDER === 0) mkdirSync(place, { recursive: true });
    const size = index === files - 1 ? left : Math.min(sizeOf(index), left);
    left -= size;
    writeFile(join(place, `file-${index}.${["js", "json", "d.ts", "map"][index % 4]}`), size, index);
  }
}

const PER_FOLDER = 20;

function folderOf(index: number): string {
  const number = Math.floor(index / PER_FOLDER);
  const deeper = ["", "src", "src/internal", "lib/compiled/modules"][number % 4]!;
  return join("vendor", `scope-${number % 50}`, `package-${Math.floor(number / 4)}`, deeper);
}

/** Bytes: 0 to 16 KiB for most, and megabytes for every five hundredth. */
function sizeOf(index: number): number {
  if (index % 500 === 499) return (1 + (index % 40)) * 1024 * 1024;
  if (index % 40 === 0) return 0;
  return (index * 7919) % 16_384;
}

function writeFile(path: string, size: number, index: number): void {
  const file = openSync(path, "w");
  try {
    if (size > 0) writeSync(file, `${index}\n`.slice(0, size));
    ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}
