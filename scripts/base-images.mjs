// Base images for tests, benchmarks and the demo: made by `slipway base` once, kept as archives in .cache/.
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { callEngine, hasImage, readText } from "./engine-api.mjs";
import { withLock } from "./lock.mjs";
import { root, slipway } from "./program.mjs";
import { say } from "./say.mjs";

const cache = `${root}.cache/`;
/** Debian's own updates should reach the tests; milliseconds. */
const maxAge = 7 * 24 * 3600 * 1000;

/** Sees to it that the engine at `host` (a DOCKER_HOST value) has `image`, such as debian:bookworm. */
export async function provideBaseImage(host, image) {
  if (await hasImage(host, image)) return;
  const archive = `${cache}${image.replace(/[:/]/g, "-")}.tar`;
  await withLock(async () => {
    if (existsSync(archive) && Date.now() - statSync(archive).mtimeMs < maxAge) {
      await readText(await callEngine(host, "POST", "/images/load?quiet=1", createReadStream(archive)));
      return;
    }
    say(`making ${image}`);
    await slipway(["--host", host, "base", "--quiet", image]);
    await keepArchive(host, image, archive);
  });
}

async function keepArchive(host, image, archive) {
  mkdirSync(cache, { recursive: true });
  const unfinished = `${archive}.${process.pid}`;
  try {
    await pipeline(await callEngine(host, "GET", `/images/${image}/get`), createWriteStream(unfinished));
    renameSync(unfinished, archive);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
