import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { excludePaths } from "../../build/context/path-filter.ts";
import { SlipwayError } from "../../errors.ts";
import type { FileStat } from "../../protocol/messages.ts";
import { createCopyMeter } from "./copy-meter.ts";
import { openDestination } from "./destination.ts";
import { copyDialects } from "./dialect.ts";
import { findSources } from "./find-sources.ts";
import { createFolderTree } from "./folder-tree.ts";
import { parseChmod } from "./mode.ts";
import { type Placing, placeSource } from "./place.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-place-"));
});
afterEach(() => rm(root, { recursive: true }));

/** Files of a context: `PATH/` is a folder, `PATH -> TARGET` a link. */
async function make(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const [path, target] = name.split(" -> ") as [string, string?];
    await mkdir(join(root, path.endsWith("/") ? path : dirname(path)), { recursive: true });
    if (target !== undefined) await symlink(target, join(root, path));
    else if (!path.endsWith("/")) await writeFile(join(root, path), path);
  }
}

interface Copy {
  readonly sources: readonly string[];
  readonly to: string;
  /** What the container has: as for `make`. */
  readonly there?: readonly string[];
  readonly parents?: boolean;
  readonly excludes?: readonly string[];
  readonly ignored?: readonly string[];
  readonly placing?: Partial<Placing>;
}

/** What is sent, in order: `PATH MODE UID` each. */
async function place({ sources, to, there = [], parents = false, excludes = [], ignored = [], placing }: Copy) {
  const stats = new Map(there.map((name) => [name.split(" -> ")[0]!.replace(/\/$/, ""), statOf(name)]));
  const whole: Placing = {
    destination: openDestination({ stat: async (paths) => paths.map((path) => stats.get(path)) }),
    owner: undefined,
    chmod: undefined,
    dialect: copyDialects.current,
    meter: createCopyMeter(undefined),
    now: 0n,
    ...placing,
  };
  const tree = createFolderTree(root, excludePaths(ignored));
  const missing = (path: string) => new SlipwayError("COPY_SOURCE_MISSING", `"${path}": not found`);
  const placed: string[] = [];
  for (const word of sources) {
    for (const source of await findSources(tree, word, { parents, excludes }, missing)) {
      for await (const { entry } of placeSource(whole, source, to)) {
        placed.push(`${entry.name} ${entry.mode.toString(8)} ${entry.uid}`);
      }
    }
  }
  return placed;
}

function statOf(name: string): FileStat {
  const [path, target] = name.split(" -> ") as [string, string?];
  const type = target !== undefined ? "symlink" : path.endsWith("/") ? "directory" : "file";
  return { path, type, mode: 0o711, uid: 9, gid: 9, size: 0, mtime: 0, target };
}

test("a file gets the destination's name, or its own in a folder that is there or asked for", async () => {
  await make("a");
  expect(await place({ sources: ["a"], to: "/x/y" })).toEqual(["/x 755 0", "/x/y 644 0"]);
  expect(await place({ sources: ["a"], to: "/x/" })).toEqual(["/x 755 0", "/x/a 644 0"]);
  expect(await place({ sources: ["a"], to: "/x", there: ["/x/"] })).toEqual(["/x/a 644 0"]);
  expect(await place({ sources: ["a"], to: "/l", there: ["/l -> d", "/d/"] })).toEqual(["/d/a 644 0"]);
  expect(await place({ sources: ["a"], to: "/l", there: ["/l -> ../../e/f"] })).toEqual(["/e 755 0", "/e/f 644 0"]);
});

test("a folder gives its contents; one that is there keeps its attributes, those below it do not", async () => {
  await make("d/f", "d/s/g");
  await chmod(join(root, "d"), 0o700);
  await chmod(join(root, "d/s"), 0o750);
  expect(await place({ sources: ["d"], to: "/x" })).toEqual(["/x 755 0", "/x/f 644 0", "/x/s 750 0", "/x/s/g 644 0"]);
  expect(await place({ sources: ["d"], to: "/x", there: ["/x/", "/x/s/"] })).toEqual([
    "/x/f 644 0",
    "/x/s 750 0",
    "/x/s/g 644 0",
  ]);
});

test("what is in the way is an error", async () => {
  await make("d/f", "d/s/g");
  await expect(place({ sources: ["d"], to: "/x", there: ["/x"] })).rejects.toThrow("cannot copy to non-directory: /x");
  await expect(place({ sources: ["d"], to: "/x", there: ["/x/", "/x/s -> y"] })).rejects.toThrow(
    "cannot copy to non-directory: /x/s",
  );
  await expect(place({ sources: ["d"], to: "/x", there: ["/x/", "/x/f/"] })).rejects.toThrow(
    "cannot replace to directory /x/f with file",
  );
  await expect(place({ sources: ["d"], to: "/x/y", there: ["/x"] })).rejects.toThrow("mkdir /x: not a directory");
  await expect(place({ sources: ["d"], to: "/l/", there: ["/l -> l"] })).rejects.toThrow("too many levels");
  await expect(place({ sources: ["d"], to: "/dev/x" })).rejects.toMatchObject({ code: "COPY_NEEDS_BUILDER" });
});

test("owner and mode of flags hold for everything, also for the folders on the way", async () => {
  await make("d/f", "l -> d/f");
  const placing = { owner: { uid: 7, gid: 8 }, chmod: parseChmod("2700") };
  expect(await place({ sources: ["d"], to: "/x/y", placing })).toEqual(["/x 700 7", "/x/y 700 7", "/x/y/f 2700 7"]);
  const older = { ...placing, dialect: copyDialects["0.10"] };
  expect(await place({ sources: ["l"], to: "/x/", placing: older })).toEqual(["/x 755 7", "/x/l 2700 7"]);
});

test("--parents keeps paths from the pivot on, and attributes of the folders on the way", async () => {
  await make("a/b/c/f", "a/b/g", "a/h", "z/c/f");
  await chmod(join(root, "a/b"), 0o750);
  const paths = async (...sources: string[]) => place({ sources, to: "/x/", parents: true });
  expect(await paths("a/b/c")).toEqual([
    "/x 755 0",
    "/x/a 755 0",
    "/x/a/b 750 0",
    "/x/a/b/c 755 0",
    "/x/a/b/c/f 644 0",
  ]);
  expect(await paths("a/./b/g")).toEqual(["/x 755 0", "/x/b 750 0", "/x/b/g 644 0"]);
  expect(await paths("*/c/f")).toEqual(["/x 755 0", "/x/z 755 0", "/x/z/c 755 0", "/x/z/c/f 644 0"]);
  expect(await paths("**/f")).toContain("/x/a/b/c/f 644 0");
  expect(await paths("a/no*")).toEqual(["/x 755 0"]);
  await expect(paths("a/no")).rejects.toThrow('"/a/no": not found');
  expect(await place({ sources: ["a/b/g"], to: "/x/", parents: true, there: ["/x/", "/x/a/", "/x/a/b/"] })).toEqual([
    "/x/a 755 9",
    "/x/a/b 750 9",
    "/x/a/b/g 644 0",
  ]);
});

test("--exclude leaves out what is in a folder, not a source itself", async () => {
  await make("d/a.md", "d/b", "d/s/c.md", "e.md");
  const to = "/x/";
  expect(await place({ sources: ["d"], to, excludes: ["*.md"] })).toEqual([
    "/x 755 0",
    "/x/b 644 0",
    "/x/s 755 0",
    "/x/s/c.md 644 0",
  ]);
  expect(await place({ sources: ["d"], to, excludes: ["**/*.md"] })).toEqual(["/x 755 0", "/x/b 644 0", "/x/s 755 0"]);
  expect(await place({ sources: ["*.md"], to, excludes: ["*.md"] })).toEqual(["/x 755 0", "/x/e.md 644 0"]);
  expect(await place({ sources: ["d"], to, excludes: ["*", "!s/c.md"] })).toEqual([
    "/x 755 0",
    "/x/s 755 0",
    "/x/s/c.md 644 0",
  ]);
});

test("what the ignore file leaves out is not there, and links do not leave the context", async () => {
  await make("a", "secret/key", "secret/open", "up -> ../../../../../a", "to-key -> secret/key");
  const ignored = ["secret", "!secret/open"];
  const to = "/x/";
  expect(await place({ sources: ["secret"], to, ignored })).toEqual(["/x 755 0", "/x/open 644 0"]);
  expect(await place({ sources: ["up"], to, ignored })).toEqual(["/x 755 0", "/x/up 644 0"]);
  await expect(place({ sources: ["to-key"], to, ignored })).rejects.toThrow('"/to-key": not found');
  await expect(place({ sources: ["secret"], to, ignored: ["secret"] })).rejects.toThrow('"/secret": not found');
});
