import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, describe, expect, test } from "vitest";
import { formatPlatform } from "../../dockerfile/platform.ts";
import { filterArchive } from "./filter-archive.ts";
import { readPackages } from "./packages.ts";
import { keepsPath } from "./root-files.ts";
import { findSourceDate } from "./source-date.ts";
import { defaultTag, parseBaseSpec, sourceLines } from "./suite.ts";
import { describeToolLine } from "./tool-lines.ts";

const nothing = { variant: undefined, include: [], mirror: undefined, platform: undefined };

describe("the name of a base", () => {
  test.each([
    ["debian:bookworm", "bookworm", "minbase", "debian:bookworm"],
    ["trixie", "trixie", "minbase", "debian:trixie"],
    ["debian:trixie-slim", "trixie", "slim", "debian:trixie-slim"],
  ])("%s", (name, suite, variant, tag) => {
    const spec = parseBaseSpec(name, nothing);
    expect(spec).toMatchObject({ suite, variant });
    expect(defaultTag(spec)).toBe(tag);
  });

  test.each([
    ["linux/arm/v7", "armhf", "linux/arm/v7"],
    ["linux/arm/v5", "armel", "linux/arm/v5"],
    ["386", "i386", "linux/386"],
    ["riscv64", "riscv64", "linux/riscv64"],
  ])("for %s it is Debian's %s, with a tag of its own", (text, debian, platform) => {
    const spec = parseBaseSpec("debian:bookworm", { ...nothing, platform: text });
    expect(spec.platform).toMatchObject({ debian });
    expect(formatPlatform(spec.platform!)).toBe(platform);
    expect(defaultTag(spec)).toBe(`debian:bookworm-${debian}`);
  });

  test.each(["linux/mips", "windows/amd64", "nonsense", "linux/arm/v9"])("for %s there is none", (platform) => {
    expect(() => parseBaseSpec("debian:bookworm", { ...nothing, platform })).toThrow("Debian has no port to it");
  });

  test("packages are sorted, each once", () => {
    const spec = parseBaseSpec("debian:sid", {
      ...nothing,
      include: ["curl,bzip2", "curl"],
      mirror: "http://mirror/debian/",
    });
    expect(spec.include).toEqual(["bzip2", "curl"]);
    expect(sourceLines(spec)).toEqual(["deb http://mirror/debian sid main"]);
  });

  test("a stable suite has updates and security updates", () => {
    expect(sourceLines(parseBaseSpec("debian:bookworm", nothing))).toEqual([
      "deb http://deb.debian.org/debian bookworm main",
      "deb http://deb.debian.org/debian bookworm-updates main",
      "deb http://deb.debian.org/debian-security bookworm-security main",
    ]);
  });
});

test("SOURCE_DATE_EPOCH is taken, or refused with its reason", async () => {
  const spec = parseBaseSpec("debian:bookworm", nothing);
  expect(await findSourceDate(spec, { SOURCE_DATE_EPOCH: "1700000000" }, undefined)).toBe(1_700_000_000);
  await expect(findSourceDate(spec, { SOURCE_DATE_EPOCH: "today" }, undefined)).rejects.toMatchObject({
    code: "SOURCE_DATE_UNKNOWN",
    message: 'SOURCE_DATE_EPOCH must be seconds since 1970, not "today"',
  });
});

test.each([
  ["usr/bin/bash", true, true],
  ["usr/share/doc/bash/copyright", true, true],
  ["usr/share/doc/bash", true, true],
  ["usr/share/doc/bash/README.gz", true, false],
  ["usr/share/man/man1", true, true],
  ["usr/share/man/man1/bash.1.gz", true, false],
  ["usr/share/man/de/man1/bash.1.gz", true, false],
  ["usr/share/locale/locale.alias", true, true],
  ["usr/share/locale/de/LC_MESSAGES/bash.mo", true, false],
  ["var/log/dpkg.log", false, false],
  ["var/log/apt", true, true],
  ["var/log/apt/term.log", false, false],
  ["var/lib/apt/lists/partial", true, true],
  ["var/lib/apt/lists/lock", false, false],
  ["var/cache/apt/archives/lock", false, false],
  ["etc/machine-id", false, false],
  ["etc/shadow-", false, false],
  ["etc/shadow", true, true],
  ["dev", true, true],
  ["dev/null", false, false],
  ["run/lock", true, true],
])("%s: minbase %s, slim %s", (path, minbase, slim) => {
  expect([keepsPath(path, "minbase"), keepsPath(path, "slim")]).toEqual([minbase, slim]);
});

test("installed packages are counted, and digested whatever their order", () => {
  const paragraph = (name: string, status: string) =>
    `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: 1.0-1\nDescription: x\n y\n`;
  const packages = [
    paragraph("a", "install ok installed"),
    paragraph("b", "deinstall ok config-files"),
    paragraph("c", "install ok installed"),
  ];
  const read = readPackages(packages.join("\n"));
  expect(read.count).toBe(2);
  expect(readPackages(packages.reverse().join("\n"))).toEqual(read);
  expect(readPackages(packages.join("\n").replace("1.0-1", "1.0-2")).digest).not.toBe(read.digest);
});

test.each([
  [
    "Get:12 http://deb.debian.org/debian bookworm/main amd64 libacl1 amd64 2.3.1-3 [29.3 kB]",
    "fetching libacl1 2.3.1-3",
  ],
  ["Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]", "fetching bookworm InRelease"],
  ["Unpacking libbz2-1.0:amd64 (1.0.8-5+b1) ...", "unpacking libbz2-1.0"],
  ["Setting up libmount1:amd64 (2.38.1-5+deb12u3) ...", "setting up libmount1"],
  ["I: Retrieving libacl1 2.3.1-3", "retrieving libacl1"],
  ["I: Unpacking libacl1:amd64...", "unpacking libacl1:amd64"],
  ["I: cleaning package lists and apt cache...", "cleaning package lists and apt cache"],
  ["dpkg: warning: ignoring pre-dependency problem!", undefined],
])("%s", (line, text) => {
  expect(describeToolLine(line)).toBe(text);
});

describe("an archive of GNU tar", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-archive-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const long = `${"deep/".repeat(40)}file-with-a-long-name`;
  mkdirSync(join(folder, long, ".."), { recursive: true });
  writeFileSync(join(folder, long), "long\n".repeat(1000));
  writeFileSync(join(folder, "kept"), "kept");
  writeFileSync(join(folder, "dropped"), "x".repeat(100_000));
  linkSync(join(folder, "kept"), join(folder, "link"));
  symlinkSync("kept", join(folder, "soft"));
  chmodSync(join(folder, "kept"), 0o4755);
  const pack = (format: string, ...words: string[]) =>
    execFileSync("tar", ["-C", folder, `--format=${format}`, "--sort=name", ...words, "-c", "."], {
      maxBuffer: 1 << 26,
    });
  const read = async (archive: Buffer, keeps: (path: string) => boolean, chunk = 1000) => {
    const captured = new Map<string, string>();
    const pieces: Buffer[] = [];
    for (let start = 0; start < archive.length; start += chunk) pieces.push(archive.subarray(start, start + chunk));
    const filter = {
      keeps,
      captures: new Set(["kept"]),
      onCaptured: (path: string, content: string) => captured.set(path, content),
    };
    const kept = await buffer(Readable.from(filterArchive(Readable.from(pieces), filter)));
    return { kept, captured };
  };

  test.each(["gnu", "posix"])("in the %s format loses what is dropped, and nothing else", async (format) => {
    const { kept, captured } = await read(pack(format), (path) => path !== "dropped");
    const expected = pack(format, "--exclude=./dropped");
    expect(kept.equals(expected.subarray(0, kept.length))).toBe(true);
    expect(expected.subarray(kept.length).every((byte) => byte === 0)).toBe(true);
    expect(captured.get("kept")).toBe("kept");
  });

  test("tells the whole path of every entry", async () => {
    const seen: string[] = [];
    await read(pack("posix"), (path) => seen.push(path) > 0);
    expect(seen).toContain(long);
  });

  test("must not keep a link without what it links to", async () => {
    await expect(read(pack("gnu"), (path) => path !== "kept")).rejects.toThrow(
      "link is a hard link to kept, which is left out",
    );
  });

  test("must be whole", async () => {
    await expect(read(pack("gnu").subarray(0, 100_000), () => true)).rejects.toThrow("ends within an entry");
  });
});
