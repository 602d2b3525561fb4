// Base images for tests, benchmarks and the demo: made by `slipway base` once, kept as archives in .cache/.
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { slipway } from "./program.mjs";
import { say } from "./say.mjs";

const cache = fileURLToPath(new URL("../.cache/", import.meta.url));
/** Debian's own updates should reach the tests; milliseconds. */
const maxAge = 7 * 24 * 3600 * 1000;

/** Sees to it that the engine at `host` (a DOCKER_HOST value) has `image`, such as debian:bookworm. */
export async function provideBaseImage(host, image) {
  if (await hasImage(host, image)) return;
  const archive = `${cache}${image.replace(/[:/]/g, "-")}.tar`;
  await withLock(async () => {
    if (existsSync(archive) && Date.now() - statSync(archive).mtimeMs < maxAge) {
      await call(host, "POST", "/images/load?quiet=1", createReadStream(archive));
      return;
    }
    say(`making ${image}`);
    await slipway(["--host", host, "base", image]);
    mkdirSync(cache, { recursive: true });
    const unfinished = `${archive}.${process.pid}`;
    try {
      await pipeline(await call(host, "GET", `/images/${image}/get`), createWriteStream(unfinished));
      renameSync(unfinished, archive);
    } finally {
      rmSync(unfinished, { force: true });
    }
  });
}

export async function hasImage(host, image) {
  const response = await send(host, "GET", `/images/${image}/json`);
  response.resume();
  return response.statusCode === 200;
}

/** The body of a successful answer; its stream is read to the end already unless the method is GET. */
async function call(host, method, path, body) {
  const response = await send(host, method, path, body);
  if (response.statusCode < 400 && method === "GET") return response;
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  if (response.statusCode >= 400) throw new Error(`${method} ${path} at ${host}: ${response.statusCode} ${text}`);
  return response;
}

function send(host, method, path, body) {
  const { protocol, hostname, port, pathname } = new URL(host);
  const address =
    protocol === "unix:" ? { socketPath: pathname } : { host: hostname, port: Number(port), protocol: "http:" };
  if (protocol !== "unix:" && protocol !== "tcp:")
    throw new Error(`${host}: only unix:// and tcp:// engines serve here`);
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/x-tar" };
    const outgoing = request({ ...address, method, path, headers }, resolve).on("error", reject);
    if (body === undefined) outgoing.end();
    else pipeline(body, outgoing).catch(reject);
  });
}
