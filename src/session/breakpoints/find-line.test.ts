import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { findLine } from "./find-line.ts";

const output = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk, "latin1")));

test.each([
  [["fine\nwarn", "ing: x\nwarning: y\n"], /^warning/, "warning: x"],
  [["a\r\nb\r\n"], /^b$/, "b"],
  [["no end"], /end/, "no end"],
  [["gr\xc3", "\xbc\xc3\x9f\n"], /ü/, "grüß"],
  [["\n\n"], /^$/, ""],
  [["nothing\n"], /x/, undefined],
])("%j, %s: %j", async (chunks, pattern, line) => expect(await findLine(output(...chunks), pattern)).toBe(line));

test("a line without an end is looked at in pieces, and reading stops at the first match", async () => {
  const endless = Readable.from(
    (function* () {
      while (true) yield Buffer.alloc(40_000, "x");
    })(),
  );
  expect(await findLine(endless, /^x{65536}$/)).toHaveLength(65_536);
  expect(endless.destroyed).toBe(true);
});
