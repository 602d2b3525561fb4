import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, link, mkdir, mkdtemp, open, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TarEntry } from "./tar-format.ts";
import { readTar } from "./tar-reader.ts";
import { type TarMember, writeTar } from "./tar-writer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-tar-"));
});
afterEach(() => rm(folder, { recursive: true }));

const plain: TarEntry = {
  name: "file",
  type: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  modified: 0n,
  target: undefined,
  hardLink: undefined,
  device: undefined,
  xattrs: new Map(),
};

async function* members(entries: readonly (Partial<TarEntry> & { text?: string })[]): AsyncGenerator<TarMember> {
  for (const { text, ...entry } of entries) {
    const size = Buffer.byteLength(text ?? "");
    yield {
      entry: { ...plain, size, ...entry },
      content: text === undefined ? undefined : () => Readable.from([Buffer.from(text)]),
    };
  }
}

async function read(source: AsyncIterable<Uint8Array>): Promise<(TarEntry & { text: string })[]> {
  const found = [];
  for await (const { content, ...entry } of readTar(source))
    found.push({ ...entry, text: String(await buffer(content())) });
  return found;
}

test("what is written is read again: long and strange names, large ids, fractions of a second, binary attributes", async () => {
  const capability = Buffer.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0xff, 0xfe, 10, 61]);
  const long = `${"folder/".repeat(30)}é`;
  const entries = [
    { name: "folder/", type: "directory", mode: 0o1777, uid: 3_000_000_000, gid: 12 },
    { name: long, text: "hello", mode: 0o6755, modified: 1_700_000_000_123_456_789n },
    {
      name: "a",
      text: "",
      xattrs: new Map([
        ["security.capability", capability],
        ["user.x", Buffer.from("y")],
      ]),
    },
    { name: "old", text: "x".repeat(1024), modified: -1_500_000_000n },
    { name: "link", type: "symlink", target: "t".repeat(150) },
    { name: "hard", hardLink: long },
    { name: "null", type: "character", device: { major: 1, minor: 3 } },
    { name: "pipe", type: "fifo" },
  ] as const;
  const found = await read(writeTar(members(entries)));
  expect(found).toEqual(
    entries.map((entry) => ({
      text: "",
      ...plain,
      ...entry,
      size: "text" in entry ? Buffer.byteLength(entry.text) : 0,
    })),
  );
});

test("GNU tar understands it", async () => {
  const archive = join(folder, "a.tar");
  const long = `${"d".repeat(90)}/${"é".repeat(60)}`;
  await writeFile(archive, writeTar(members([{ name: long, text: "hello", mode: 0o600 }])));
  const { stdout } = await execa("tar", ["-xOf", archive, long]);
  expect(stdout).toBe("hello");
});

test.each(["gnu", "pax", "ustar", "v7"])("reads GNU tar's format %s", async (format) => {
  const tree = join(folder, "tree");
  const deep = join(tree, format === "v7" ? "sub" : "x".repeat(90), "y".repeat(format === "v7" ? 9 : 60));
  await mkdir(deep, { recursive: true });
  await writeFile(join(deep, "file"), "content");
  await chmod(join(deep, "file"), 0o4711);
  await utimes(join(deep, "file"), 0, 1_000_000_000);
  await writeFile(join(tree, "hard-1"), "same");
  await link(join(tree, "hard-1"), join(tree, "hard-2"));
  await symlink("/somewhere", join(tree, "link"));
  const { stdout } = await execa("tar", ["-c", `--format=${format}`, "--sort=name", "-C", folder, "tree"], {
    encoding: "buffer",
  });
  const found = await read(Readable.from([stdout]));
  const entry = (name: string) => found.find((candidate) => candidate.name.replace(/\/$/, "") === name);
  const inside = deep.slice(folder.length + 1);
  expect(found.map(({ type }) => type).toSorted()).toEqual([
    "directory",
    "directory",
    "directory",
    "file",
    "file",
    "file",
    "symlink",
  ]);
  expect(entry(`${inside}/file`)).toMatchObject({
    type: "file",
    mode: 0o4711,
    text: "content",
    modified: 1_000_000_000_000_000_000n,
  });
  expect(entry("tree/hard-2")).toMatchObject({ hardLink: "tree/hard-1", size: 0 });
  expect(entry("tree/link")).toMatchObject({ type: "symlink", target: "/somewhere" });
  expect(entry("tree")).toMatchObject({ type: "directory" });
});

test.each([
  ["pax", "0.1"],
  ["pax", "1.0"],
  ["gnu", undefined],
])("reads sparse files of format %s %s, except GNU's own", async (format, version) => {
  const path = join(folder, "sparse");
  const file = await open(path, "w");
  for (let piece = 0; piece < 40; piece++) await file.write(`piece ${piece}`, piece * 100_000);
  await file.truncate(5_000_000);
  await file.close();
  const versionFlag = version === undefined ? [] : [`--sparse-version=${version}`];
  const { stdout } = await execa("tar", ["-cS", `--format=${format}`, ...versionFlag, "-C", folder, "sparse"], {
    encoding: "buffer",
  });
  expect(stdout.length).toBeLessThan(1_000_000);
  if (format === "gnu") {
    await expect(read(Readable.from([stdout]))).rejects.toThrow("unhandled tar header type 83");
    return;
  }
  let count = 0;
  for await (const member of readTar(Readable.from([stdout]))) {
    expect(member).toMatchObject({ name: "sparse", size: 5_000_000 });
    expect((await buffer(member.content())).equals(await readFile(path))).toBe(true);
    count++;
  }
  expect(count).toBe(1);
});

test("content that nobody reads is skipped", async () => {
  const archive = writeTar(
    members([
      { name: "a", text: "1".repeat(5000) },
      { name: "b", text: "2" },
    ]),
  );
  const names = [];
  for await (const { name } of readTar(archive)) names.push(name);
  expect(names).toEqual(["a", "b"]);
});

test("contents longer than a chunk come whole, through one buffer", async () => {
  const contents = [300_000, 1, 700_000].map((size) => randomBytes(size));
  async function* filled(content: Buffer, into: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < content.length; at += into.length) {
      yield into.subarray(0, content.copy(into, 0, at, at + into.length));
    }
  }
  async function* large(): AsyncGenerator<TarMember> {
    for (const [index, content] of contents.entries()) {
      const entry = { ...plain, name: `large-${index}`, size: content.length };
      yield { entry, content: (into) => filled(content, into) };
    }
  }
  const archive = join(folder, "large.tar");
  await writeFile(archive, writeTar(large()));
  // On disk: of a program's short output, nothing at all was read once in a while.
  await execa("tar", ["-xf", archive, "-C", folder]);
  for (const [index, content] of contents.entries()) {
    expect(content.equals(await readFile(join(folder, `large-${index}`)))).toBe(true);
  }
});

test("a damaged or cut archive is refused", async () => {
  await expect(read(Readable.from([Buffer.alloc(512, "x")]))).rejects.toThrow("a header is damaged");
  const whole = await buffer(Readable.from(writeTar(members([{ name: "a", text: "1".repeat(5000) }]))));
  await expect(read(Readable.from([whole.subarray(0, 1024)]))).rejects.toThrow("it ends within a file");
  await writeFile(join(folder, "not.tar"), "hello");
  await expect(read(createReadStream(join(folder, "not.tar")))).rejects.toThrow("a header is damaged");
});
