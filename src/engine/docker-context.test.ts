import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readContext, readEnvironmentTls } from "./docker-context.ts";
import { namedCandidate } from "./find-engine.ts";

const home = mkdtempSync(join(tmpdir(), "slipway-contexts-"));
const configDir = join(home, ".docker");
afterAll(() => rmSync(home, { recursive: true }));

/** As `docker context create` of client 28 writes them. */
function addContext(name: string, docker: object, tls: Record<string, string> = {}): void {
  const folder = createHash("sha256").update(name).digest("hex");
  const meta = join(configDir, "contexts/meta", folder);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }));
  const tlsFolder = join(configDir, "contexts/tls", folder, "docker");
  mkdirSync(tlsFolder, { recursive: true });
  for (const [file, content] of Object.entries(tls)) writeFileSync(join(tlsFolder, file), content);
}

addContext("remote", { Host: "ssh://me@box", SkipTLSVerify: false });
addContext("secure", { Host: "tcp://box:2376" }, { "ca.pem": "CA", "cert.pem": "CERT", "key.pem": "KEY" });
addContext("lax", { Host: "tcp://box:2376", SkipTLSVerify: true });
addContext("empty", {});

test("contexts give their endpoint and their TLS files", async () => {
  expect(await readContext(configDir, "remote")).toMatchObject({ kind: "ssh", host: "box", user: "me" });
  expect(await readContext(configDir, "secure")).toMatchObject({
    kind: "tcp",
    tls: { ca: "CA", cert: "CERT", key: "KEY", verify: true },
  });
  expect(await readContext(configDir, "lax")).toMatchObject({ tls: { ca: undefined, verify: false } });
});

test("unknown and broken contexts are named", async () => {
  await expect(readContext(configDir, "nope")).rejects.toMatchObject({
    code: "CONTEXT_UNKNOWN",
    hint: expect.stringContaining("default, empty, lax, remote, secure"),
  });
  await expect(readContext(configDir, "empty")).rejects.toMatchObject({ code: "CONTEXT_INVALID" });
});

test("who names the engine: an option, DOCKER_HOST, DOCKER_CONTEXT, the current context, in this order", async () => {
  const env = { DOCKER_HOST: "tcp://from-env:1", DOCKER_CONTEXT: "lax" };
  const sourceOf = async (options: object) => (await namedCandidate({ env: {}, home, ...options }))?.source;
  expect(await sourceOf({})).toBeUndefined();
  expect(await sourceOf({ env, host: "tcp://option:1" })).toBe("--host");
  expect(await sourceOf({ env, context: "remote" })).toBe("--context remote");
  expect(await sourceOf({ env })).toBe("DOCKER_HOST");
  expect(await sourceOf({ env, context: "default" })).toBe("DOCKER_HOST");
  expect(await sourceOf({ env: { DOCKER_CONTEXT: "lax" } })).toBe("DOCKER_CONTEXT lax");
  writeFileSync(join(configDir, "config.json"), JSON.stringify({ currentContext: "remote" }));
  expect(await sourceOf({})).toBe(`context remote (${join(configDir, "config.json")})`);
  expect(await sourceOf({ env: { DOCKER_CONTEXT: "default" } })).toBeUndefined();
  expect(await sourceOf({ context: "default" })).toBeUndefined();
  await expect(sourceOf({ host: "tcp://x:1", context: "lax" })).rejects.toMatchObject({
    code: "ENGINE_OPTIONS_CONFLICT",
  });
});

test("TLS from the environment needs its files", async () => {
  expect(await readEnvironmentTls({}, configDir)).toBeUndefined();
  expect(await readEnvironmentTls({ DOCKER_TLS: "1" }, configDir)).toMatchObject({ verify: false });
  await expect(readEnvironmentTls({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: home }, configDir)).rejects.toMatchObject(
    {
      code: "TLS_MATERIAL_MISSING",
      message: `ca.pem missing in ${home}`,
    },
  );
  writeFileSync(join(home, "ca.pem"), "CA");
  writeFileSync(join(home, "cert.pem"), "CERT");
  await expect(readEnvironmentTls({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: home }, configDir)).rejects.toMatchObject(
    {
      message: `key.pem missing in ${home}`,
    },
  );
});
