import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setInterval as every } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyDialects } from "../../src/session/copy/dialect.ts";
import { type CopyBench, openCopyBench } from "./copy-fixture.ts";
import { testEngine } from "./fixture.ts";

let bench: CopyBench;

beforeAll(async () => {
  const host = process.env.DOCKER_HOST!;
  bench = await openCopyBench([], { engine: testEngine(), host, address: "127.0.0.1", dialect: copyDialects.current });
});
afterAll(() => bench?.[Symbol.asyncDispose]());

test.each([
  ["COPY a.txt gone /new/", "COPY_SOURCE_MISSING", 'Dockerfile:3: "/gone": not found'],
  ["COPY c.secret /new/", "COPY_SOURCE_MISSING", 'Dockerfile:3: "/c.secret": not found'],
  ["COPY gone/* /new/", "COPY_SOURCE_MISSING", 'Dockerfile:3: "/gone": not found'],
  ["COPY links/bad /new/", "COPY_SOURCE_MISSING", 'Dockerfile:3: "/links/bad": not found'],
  ["COPY --from=source /gone /new/", "COPY_SOURCE_MISSING", 'Dockerfile:3: "/gone": not found'],
  ["COPY dir /old", "COPY_NOT_A_FOLDER", "cannot copy to non-directory: /old"],
  ["COPY a.txt /old/", "COPY_NOT_A_FOLDER", "mkdir /old: not a directory"],
  ["COPY a.txt b.txt /full/", "COPY_ONTO_FOLDER", "cannot replace to directory /full/b.txt with file"],
  ["COPY a.txt /loop-1/", "COPY_LINK_LOOP", "too many levels of symbolic links"],
  ["COPY --chmod=u+q a.txt /new/", "COPY_CHMOD", "invalid chmod parameter: 'u+q'"],
  ["COPY [ /new/", "COPY_PATTERN", "the pattern [ is malformed"],
  ["ADD URL/nothing /new/", "URL_STATUS", "/nothing: invalid response status 404 Not Found"],
  [`ADD --checksum=sha256:${"0".repeat(64)} URL/file.bin /new/`, "CHECKSUM_MISMATCH", "digest mismatch for http"],
  ["COPY a.txt /etc/hosts", "COPY_NEEDS_BUILDER", "/etc/hosts is the engine's own in a running container"],
])("%s: %s", async (line, code, message) => {
  await expect(bench.copy(line)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test("the hint tells of the ignore file", async () => {
  await expect(bench.copy("COPY c.secret /new/")).rejects.toMatchObject({
    hint: ".dockerignore leaves it out of the build context",
  });
});

test("a large file streams", async () => {
  const size = 600 * 1024 * 1024;
  const path = join(bench.context, "large");
  await writeFile(path, "");
  await truncate(path, size);
  const before = process.memoryUsage().rss;
  let most = before;
  const watching = new AbortController();
  const watched = (async () => {
    for await (const _ of every(50, undefined, { signal: watching.signal }))
      most = Math.max(most, process.memoryUsage().rss);
  })().catch(() => undefined);
  const { result } = await bench.copy("COPY large /new/");
  watching.abort();
  await watched;
  await rm(path);
  expect(result).toMatchObject({ bytes: size, files: 1 });
  expect(most - before).toBeLessThan(size / 3);
});

test("an aborted copy ends with the reason", async () => {
  const path = join(bench.context, "slow");
  await writeFile(path, "");
  await truncate(path, 300 * 1024 * 1024);
  const stop = new AbortController();
  const copying = bench.copy("COPY slow /new/", { onProgress: () => stop.abort(new Error("enough")) }, stop.signal);
  await expect(copying).rejects.toThrow("enough");
});
