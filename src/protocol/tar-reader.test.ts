import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { type Header, pack } from "tar-stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { type TarEntry, TarReader } from "./tar-reader.ts";
import { TarError } from "./tar-records.ts";

interface Read extends TarEntry {
  content: string;
  ended: boolean;
}

function read(archive: Uint8Array, pieceLength = archive.length): Read[] {
  const entries: Read[] = [];
  const reader = new TarReader({
    onEntry: (entry) => entries.push({ ...entry, content: "", ended: false }),
    onData: (part) => {
      entries.at(-1)!.content += Buffer.from(part).toString("latin1");
    },
    onEntryEnd: () => {
      entries.at(-1)!.ended = true;
    },
  });
  for (let at = 0; at < archive.length; at += pieceLength) reader.push(archive.subarray(at, at + pieceLength));
  reader.finish();
  return entries;
}

async function archiveOf(entries: readonly { header: Partial<Header> & { name: string }; content?: string }[]) {
  const tar = pack();
  for (const { header, content } of entries) tar.entry(header, content ?? "");
  tar.finalize();
  return buffer(tar);
}

function gnuTar(format: string, make: (folder: string) => void, ...options: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "tar-reader-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  make(folder);
  return execFileSync("tar", ["-C", folder, `--format=${format}`, ...options, "-c", "."]);
}

describe("what tar-stream writes", () => {
  test("is read alike, however it is cut", async () => {
    const name = fc.string({ minLength: 1, maxLength: 300 }).filter((text) => /^[^/\0]+$/.test(text));
    const entry = fc.record({
      name: name.map((text) => `a/${text}`),
      // tar-stream takes no mode for its default.
      mode: fc.integer({ min: 1, max: 0o7777 }),
      // What it has digits for: it writes greater ones wrong.
      uid: fc.nat(0o777777),
      gid: fc.nat(0o777777),
      mtime: fc.nat(0x7fffffff),
      content: fc.string({ unit: fc.constantFrom("a", "\n", "z"), maxLength: 2000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry), fc.integer({ min: 1, max: 700 }), async (entries, pieceLength) => {
        const archive = await archiveOf(
          entries.map(({ content, mtime, ...header }) => ({
            header: { ...header, mtime: new Date(mtime * 1000) },
            content,
          })),
        );
        expect(read(archive, pieceLength)).toMatchObject(entries.map((one) => ({ ...one, type: "file", ended: true })));
      }),
      { numRuns: 50 },
    );
  });

  test("keeps types, link names and device numbers", async () => {
    const archive = await archiveOf([
      { header: { name: "dir/", type: "directory", mode: 0o1777 } },
      { header: { name: "link", type: "link", linkname: "dir/file" } },
      { header: { name: "symlink", type: "symlink", linkname: "x".repeat(150) } },
      { header: { name: "null", type: "character-device", devmajor: 1, devminor: 3 } },
      { header: { name: "disk", type: "block-device", devmajor: 8, devminor: 1 } },
      { header: { name: "pipe", type: "fifo" } },
    ]);
    expect(read(archive)).toMatchObject([
      { name: "dir", type: "directory", mode: 0o1777 },
      { name: "link", type: "link", linkName: "dir/file" },
      { name: "symlink", type: "symlink", linkName: "x".repeat(150) },
      { name: "null", type: "character", major: 1, minor: 3 },
      { name: "disk", type: "block", major: 8, minor: 1 },
      { name: "pipe", type: "fifo" },
    ]);
  });

  test("keeps extended attributes, bytes that are no text among them", async () => {
    const pax = { "SCHILY.xattr.user.note": "a=b\nc", comment: "x" };
    const [entry] = read(await archiveOf([{ header: { name: "f", pax }, content: "text" }]));
    expect([...entry!.xattrs]).toEqual([["user.note", new Uint8Array(Buffer.from("a=b\nc"))]]);
    expect(entry).toMatchObject({ name: "f", content: "text" });
  });
});

describe.each(["gnu", "pax", "ustar"])("what GNU tar writes as %s", (format) => {
  test("keeps long names and times", () => {
    const long = format === "ustar" ? `${"d".repeat(90)}/${"f".repeat(90)}` : `${"d".repeat(150)}/${"f".repeat(180)}`;
    const archive = gnuTar(
      format,
      (folder) => {
        mkdirSync(join(folder, long.split("/")[0]!));
        writeFileSync(join(folder, long), "content");
        symlinkSync("t".repeat(99), join(folder, "symlink"));
      },
      "--mtime=@1234567890.5",
      "--sort=name",
    );
    const nanoseconds = format === "pax" ? 500_000_000 : 0;
    expect(read(archive)).toMatchObject([
      { name: ".", type: "directory" },
      { type: "directory" },
      { name: `./${long}`, content: "content", mtime: 1234567890, nanoseconds },
      { name: "./symlink", type: "symlink", linkName: "t".repeat(99) },
    ]);
  });
});

describe("numbers", () => {
  test("beyond octal digits, and before 1970", () => {
    const archive = gnuTar(
      "gnu",
      (folder) => writeFileSync(join(folder, "f"), ""),
      "--owner=:3000000000",
      "--mtime=@-86400",
    );
    expect(read(archive)).toMatchObject([{}, { uid: 3000000000, mtime: -86400 }]);
  });

  test("of PAX times before 1970 round down", () => {
    const archive = gnuTar("pax", (folder) => writeFileSync(join(folder, "f"), ""), "--mtime=@-1.25");
    expect(read(archive)).toMatchObject([{}, { mtime: -2, nanoseconds: 750_000_000 }]);
  });
});

describe("an archive that is none", () => {
  test("is refused when it is something else", () => {
    expect(() => read(Buffer.alloc(1024, "some text "))).toThrow(TarError);
  });

  test("is refused when it was cut off in an entry", async () => {
    const archive = await archiveOf([{ header: { name: "f" }, content: "x".repeat(2000) }]);
    expect(() => read(archive.subarray(0, 1500))).toThrow("the archive ends in the middle of f");
  });

  test("is refused when its extended header is damaged", async () => {
    const archive = await archiveOf([{ header: { name: "f", pax: { "SCHILY.xattr.user.a": "b" } } }]);
    archive.write("999", 512);
    expect(() => read(archive)).toThrow("a damaged extended header");
  });

  test("is refused when it has sparse files", () => {
    const archive = gnuTar(
      "pax",
      (folder) => {
        execFileSync("truncate", ["-s", "10M", join(folder, "f")]);
      },
      "--sparse",
    );
    expect(() => read(archive)).toThrow("not supported");
  });
});
