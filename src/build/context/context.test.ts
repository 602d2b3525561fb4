import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packContext } from "./pack-context.ts";
import { bothFilters, excludePaths, includePaths } from "./path-filter.ts";
import { CHUNK_LENGTH, readContextFile } from "./read-file.ts";
import { type ContextEntry, type WalkOptions, walkContext } from "./walk-context.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-context-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content = path): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
  utimesSync(join(root, path), 1_700_000_000.5, 1_700_000_000.5);
}

async function list(options?: WalkOptions): Promise<ContextEntry[]> {
  return await Readable.from(walkContext(root, options)).toArray();
}

const paths = async (options?: WalkOptions) => (await list(options)).map(({ path }) => path);

test("names come in the order of their bytes, folders before what they hold", async () => {
  for (const path of ["b", "a/z", "a-b", "a/é", "ａ", "😀"]) write(path);
  expect(await paths()).toEqual(["a", "a/z", "a/é", "a-b", "b", "ａ", "😀"]);
});

test("an ignored folder comes along only when something in it does", async () => {
  for (const path of ["out/deep/file", "out/deep/kept/file", "out/other", "in/file"]) write(path);
  const filter = excludePaths(["out", "!out/deep/kept"]);
  expect(await paths({ filter })).toEqual(["in", "in/file", "out", "out/deep", "out/deep/kept", "out/deep/kept/file"]);
});

test("only what is asked for, and not what is ignored", async () => {
  for (const path of ["src/a.c", "src/a.o", "doc/x", "Makefile"]) write(path);
  const filter = bothFilters(includePaths(["src", "Make*"]), excludePaths(["**/*.o"]));
  expect(await paths({ filter })).toEqual(["Makefile", "src", "src/a.c"]);
});

test("links, modes and times are told, sockets are named and left out", async () => {
  write("file", "12345");
  chmodSync(join(root, "file"), 0o4711);
  linkSync(join(root, "file"), join(root, "hard"));
  symlinkSync("nowhere", join(root, "soft"));
  const server = createServer().listen(join(root, "socket"));
  const skipped: string[] = [];
  try {
    await new Promise((resolve) => server.once("listening", resolve));
    const [file, hard, soft, ...rest] = await list({ onSkipped: (path) => skipped.push(path) });
    expect(file).toMatchObject({
      type: "file",
      mode: 0o4711,
      size: 5,
      modified: 1_700_000_000_500_000_000n,
      hardLink: undefined,
    });
    expect(hard).toMatchObject({ path: "hard", type: "file", hardLink: "file" });
    expect(soft).toMatchObject({ path: "soft", type: "symlink", target: "nowhere", mode: 0o777 });
    expect(rest).toEqual([]);
    expect(skipped).toEqual(["socket"]);
  } finally {
    server.close();
  }
});

test("a context that is not there", async () => {
  root = join(root, "missing");
  await expect(list()).rejects.toMatchObject({ code: "CONTEXT_UNREADABLE", message: expect.stringContaining(root) });
});

test.each([
  ["vanished", (path: string) => unlinkSync(path)],
  ["grew", (path: string) => appendFileSync(path, "more")],
  ["shrank", (path: string) => truncateSync(path, 2)],
  [
    "was replaced",
    (path: string) => {
      unlinkSync(path);
      symlinkSync("/etc/passwd", path);
    },
  ],
])("a file that %s since it was listed", async (what, change) => {
  for (const size of [5, 5 * CHUNK_LENGTH]) {
    write("file", "x".repeat(size));
    const [entry] = await list();
    change(join(root, "file"));
    await expect(Readable.from(readContextFile(root, entry!)).toArray()).rejects.toMatchObject({
      code: "CONTEXT_CHANGED",
      message: expect.stringContaining(`file ${what}`),
    });
    rmSync(join(root, "file"), { force: true });
  }
});

test("a pipe in the place of a file that was listed is not waited for", async () => {
  write("file", "12345");
  const [entry] = await list();
  unlinkSync(join(root, "file"));
  execFileSync("mkfifo", [join(root, "file")]);
  await expect(Readable.from(readContextFile(root, entry!)).toArray()).rejects.toMatchObject({
    code: "CONTEXT_CHANGED",
  });
});

test.each([0, 1, 65_536, 65_537, CHUNK_LENGTH, CHUNK_LENGTH + 1])(
  "a file of %i bytes, read into one buffer",
  async (size) => {
    const content = randomBytes(size);
    writeFileSync(join(root, "file"), content);
    const [entry] = await list();
    const into = Buffer.alloc(CHUNK_LENGTH);
    const parts: Buffer[] = [];
    for await (const chunk of readContextFile(root, entry!, into)) {
      expect(chunk.buffer).toBe(into.buffer);
      parts.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  },
);

test("the same files give the same archive, owned by root", async () => {
  for (const path of ["folder/file", "Dockerfile", "replaced"]) write(path);
  chmodSync(join(root, "Dockerfile"), 0o600);
  symlinkSync("file", join(root, "folder/link"));
  linkSync(join(root, "folder/file"), join(root, "zzz"));
  const extra = [{ path: "replaced", content: "by this" }];
  const archive = await buffer(packContext(root, {}, extra));
  expect((await buffer(packContext(root, {}, extra))).equals(archive)).toBe(true);
  const entries: string[] = [];
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const { name, type, mode, uid, gid, linkname } = entry.header;
    entries.push([name, type, mode!.toString(8), uid, gid, linkname ?? (await buffer(entry)).toString()].join(" "));
    entry.resume();
  }
  expect(entries).toEqual([
    "Dockerfile file 600 0 0 Dockerfile",
    expect.stringMatching(/^folder\/? directory 7\d\d 0 0 $/),
    "folder/file file 644 0 0 folder/file",
    "folder/link symlink 777 0 0 file",
    "zzz link 644 0 0 folder/file",
    "replaced file 644 0 0 by this",
  ]);
});

test("an archive whose files change under it breaks off with the reason", async () => {
  write("a", "x".repeat(1_000_000));
  const archive = packContext(root, {});
  let first = true;
  const reading = (async () => {
    for await (const _ of archive) {
      if (first) truncateSync(join(root, "a"), 10);
      first = false;
    }
  })();
  await expect(reading).rejects.toMatchObject({
    code: "CONTEXT_CHANGED",
    message: expect.stringContaining("a shrank"),
  });
});
