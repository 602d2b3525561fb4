import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { excludePaths } from "../../build/context/path-filter.ts";
import { SlipwayError } from "../../errors.ts";
import { createCopyMeter } from "./copy-meter.ts";
import { openDestination } from "./destination.ts";
import { copyDialects } from "./dialect.ts";
import { findSources } from "./find-sources.ts";
import { createFolderTree } from "./folder-tree.ts";
import { unpackSource } from "./unpack.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-unpack-"));
  await mkdir(join(root, "folder"));
  await writeFile(join(root, "folder/file"), "content");
});
afterEach(() => rm(root, { recursive: true }));

/** The names that come of an archive of these words, unpacked into /to. */
async function unpack(...words: readonly string[]): Promise<readonly string[]> {
  await execa("tar", ["-C", root, "-cf", join(root, "archive.tar"), ...words]);
  const tree = createFolderTree(root, excludePaths([]));
  const missing = (path: string) => new SlipwayError("COPY_SOURCE_MISSING", path);
  const [source] = await findSources(tree, "archive.tar", { parents: false, excludes: [] }, missing);
  const names: string[] = [];
  const placing = {
    destination: openDestination({ stat: async (paths) => paths.map(() => undefined) }),
    owner: undefined,
    chmod: undefined,
    dialect: copyDialects.current,
    meter: createCopyMeter(undefined),
    now: 0n,
  };
  for await (const { entry } of unpackSource(placing, source!, "/to")) names.push(entry.name);
  return names;
}

test("what an archive holds goes below the destination", async () => {
  expect(await unpack("folder")).toEqual(["/to", "/to/folder", "/to/folder/file"]);
});

test("a file that an archive holds twice, the second time as a link to itself, is refused as Docker does", async () => {
  await expect(unpack("folder", "folder/file")).rejects.toMatchObject({
    code: "ARCHIVE_INVALID",
    message: "link /to/folder/file /to/folder/file: no such file or directory",
  });
});
