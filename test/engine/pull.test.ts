import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registryCredentials } from "../../src/engine/credentials.ts";
import { pullImage } from "../../src/engine/images.ts";
import { testEngine } from "./fixture.ts";

const engine = testEngine();
// dockerd speaks plain HTTP with registries of its own machine only.
const isLocal = engine.endpoint.kind === "unix";
const folder = mkdtempSync(join(tmpdir(), "slipway-pull-"));
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

describe.runIf(isLocal)("pulling", () => {
  /** A registry that lets one user in, and has nothing. */
  let registry: Server;
  let host: string;
  const seen: (string | undefined)[] = [];

  beforeAll(async () => {
    const expected = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    registry = createServer(({ url, headers }, response) => {
      seen.push(headers.authorization);
      if (headers.authorization !== expected) {
        response.writeHead(401, { "WWW-Authenticate": 'Basic realm="test"' }).end();
      } else if (url === "/v2/") response.end("{}");
      else response.writeHead(404, { "Content-Type": "application/json" }).end(JSON.stringify(notThere));
    });
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", () => resolve()));
    host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  });
  afterAll(() => registry.close());

  const notThere = { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] };

  test("without credentials it is refused, and the hint says how to log in", async () => {
    await expect(pullImage(engine, `${host}/team/app:1`)).rejects.toMatchObject({
      hint: expect.stringContaining("docker login"),
    });
    expect(seen).toEqual(seen.map(() => undefined));
  });

  test("the docker client's credentials reach the registry; what it does not have is not found", async () => {
    const auth = Buffer.from("me:secret").toString("base64");
    writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
    const credentials = await registryCredentials(`${host}/team/app:1`, { configDir: folder });
    await expect(pullImage(engine, `${host}/team/app:1`, { credentials })).rejects.toMatchObject({ kind: "not-found" });
    expect(seen.at(-1)).toMatch(/^Basic /);
  });

  test("a registry that is not there", async () => {
    await expect(pullImage(engine, "127.0.0.1:1/app:1")).rejects.toMatchObject({
      message: expect.stringContaining("connection refused"),
      hint: expect.stringContaining("cannot reach the registry"),
    });
  });

  test("a reference that is none is refused before the engine is asked", async () => {
    await expect(pullImage(engine, "No Such")).rejects.toMatchObject({ code: "REFERENCE_INVALID" });
  });
});
