import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchUrl, nameOfUrl } from "./fetch-url.ts";

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-fetch-"));
  server = createServer((request, response) => {
    if (request.url === "/dated")
      response.writeHead(200, { "last-modified": "Fri, 13 Feb 2009 23:31:30 GMT" }).end("dated");
    else if (request.url === "/packed")
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("unpacked"));
    else if (request.url === "/login") response.writeHead(200).end(request.headers.authorization);
    else if (request.url === "/moved") response.writeHead(301, { location: "/dated" }).end();
    else if (request.url === "/broken")
      response.writeHead(200, { "content-length": "10" }).write("ten", () => response.destroy());
    else response.writeHead(410).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function fetched(path: string, checksum?: string) {
  const { tree, name } = await fetchUrl(`${url}${path}`, { checksum, folder, signal: undefined });
  const entry = (await tree.entryAt(`/${name}`))!;
  for await (const file of tree.walk("/")) return { ...entry, text: await text(Readable.from(file.content())) };
  throw new Error("no file");
}

test("the file has mode 0600 and the time of Last-Modified, or 1970", async () => {
  expect(await fetched("/dated")).toMatchObject({ mode: 0o600, text: "dated", modified: 1_234_567_890_000_000_000n });
  expect(await fetched("/packed")).toMatchObject({ text: "unpacked", modified: 0n });
  expect(await fetched("/moved")).toMatchObject({ path: "/moved", text: "dated" });
});

test("a name and password in the URL are sent", async () => {
  const login = url.replace("//", "//me:s%40crt@");
  const { tree } = await fetchUrl(`${login}/login`, { checksum: undefined, folder, signal: undefined });
  for await (const file of tree.walk("/")) {
    expect(await text(Readable.from(file.content()))).toBe(`Basic ${Buffer.from("me:s@crt").toString("base64")}`);
  }
});

test("its name is the last one of the path", () => {
  expect(nameOfUrl("http://x/a/b.txt?c=d#e")).toBe("b.txt");
  expect(nameOfUrl("http://x/a%20b")).toBe("a b");
  expect(nameOfUrl("http://x/a/")).toBe("a");
  expect(nameOfUrl("http://x")).toBe("__unnamed__");
  expect(nameOfUrl("http://x/a%2fb")).toBe("b");
});

test("a checksum is compared", async () => {
  const wrong = `sha256:${"0".repeat(64)}`;
  await expect(fetched("/dated", wrong)).rejects.toMatchObject({
    code: "CHECKSUM_MISMATCH",
    message: expect.stringMatching(/^digest mismatch for http.*: sha256:[0-9a-f]{64} \(expected: sha256:0{64}\)$/),
  });
  await expect(fetched("/dated", "md5:abc")).rejects.toMatchObject({ code: "CHECKSUM_INVALID" });
});

test("errors name the URL", async () => {
  await expect(fetched("/gone")).rejects.toMatchObject({
    code: "URL_STATUS",
    message: `${url}/gone: invalid response status 410 Gone`,
  });
  await expect(fetched("/broken")).rejects.toMatchObject({ code: "URL_UNREACHABLE" });
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const nobody = fetchUrl(`http://me:secret@127.0.0.1:${port}/x`, { checksum: undefined, folder, signal: undefined });
  await expect(nobody).rejects.toMatchObject({
    code: "URL_UNREACHABLE",
    message: expect.stringContaining(`http://127.0.0.1:${port}/x can't be fetched: connect ECONNREFUSED`),
  });
});
