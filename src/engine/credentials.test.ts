import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { allRegistryCredentials, registryCredentials } from "./credentials.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-credentials-"));
const options = { configDir: folder, env: { PATH: `${folder}:${process.env.PATH}` } };
afterAll(() => rmSync(folder, { recursive: true }));

function configure(config: object): void {
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
}

function installHelper(name: string, script: string): void {
  writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function decode(header: string | undefined): unknown {
  return header === undefined ? undefined : JSON.parse(Buffer.from(header, "base64url").toString());
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("what docker login wrote is found by registry, Docker Hub under its old name", async () => {
  configure({
    auths: {
      "https://index.docker.io/v1/": { auth: base64("me:pass:word") },
      "quay.io": { auth: base64("robot:x"), identitytoken: "token" },
      "https://old.example.org/v1/": { auth: base64("old:y\0\0") },
      "empty.example.org": {},
    },
  });
  expect(decode(await registryCredentials("debian", options))).toEqual({
    username: "me",
    password: "pass:word",
    serveraddress: "https://index.docker.io/v1/",
  });
  expect(decode(await registryCredentials("quay.io/a/b", options))).toEqual({
    username: "robot",
    identitytoken: "token",
    serveraddress: "quay.io",
  });
  expect(decode(await registryCredentials("old.example.org/x", options))).toMatchObject({
    username: "old",
    password: "y",
  });
  expect(await registryCredentials("empty.example.org/x", options)).toBeUndefined();
  expect(await registryCredentials("ghcr.io/x", options)).toBeUndefined();
});

test("without a configuration there are none", async () => {
  expect(await registryCredentials("debian", { configDir: join(folder, "nowhere") })).toBeUndefined();
  expect(await allRegistryCredentials({ configDir: join(folder, "nowhere") })).toBeUndefined();
});

test("helpers are asked: the registry's own before the common one", async () => {
  installHelper("common", 'read key; echo "{\\"Username\\":\\"common\\",\\"Secret\\":\\"$key\\"}"');
  installHelper("own", 'read key; echo \'{"Username":"<token>","Secret":"id"}\'');
  configure({ credsStore: "common", credHelpers: { "ghcr.io": "own" } });
  expect(decode(await registryCredentials("quay.io/x", options))).toEqual({
    username: "common",
    password: "quay.io",
    serveraddress: "quay.io",
  });
  expect(decode(await registryCredentials("ghcr.io/x", options))).toEqual({
    identitytoken: "id",
    serveraddress: "ghcr.io",
  });
});

test("a helper that has nothing is no error; the file is looked at then", async () => {
  installHelper("nothing", "echo credentials not found in native keychain; exit 1");
  configure({ credsStore: "nothing", auths: { "quay.io": { auth: base64("file:z") } } });
  expect(decode(await registryCredentials("quay.io/x", options))).toMatchObject({ username: "file" });
  expect(await registryCredentials("ghcr.io/x", options)).toBeUndefined();
});

test("a helper that fails, is missing, or answers nonsense is named; its answer is not shown", async () => {
  installHelper("broken", "echo locked >&2; exit 1");
  installHelper("nonsense", "echo TOPSECRET");
  for (const [helper, reason] of [
    ["broken", "locked"],
    ["missing", "not found in PATH"],
    ["nonsense", "no JSON"],
  ]) {
    configure({ credsStore: helper });
    const error = await registryCredentials("debian", options).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "CREDENTIAL_HELPER_FAILED" });
    expect(error.message).toContain(`docker-credential-${helper}`);
    expect(error.message).toContain(reason);
    expect(`${error.message}${error.cause}`).not.toContain("TOPSECRET");
  }
});

test("a build gets all of them", async () => {
  installHelper(
    "all",
    'if [ $1 = list ]; then echo \'{"ghcr.io":"me"}\'; else echo \'{"Username":"me","Secret":"s"}\'; fi',
  );
  configure({ credHelpers: { "ghcr.io": "all" }, auths: { "quay.io": { auth: base64("file:z") } } });
  expect(decode(await allRegistryCredentials(options))).toEqual({
    "ghcr.io": { username: "me", password: "s", serveraddress: "ghcr.io" },
    "quay.io": { username: "file", password: "z", serveraddress: "quay.io" },
  });
});

test("a configuration file that cannot be understood is named", async () => {
  writeFileSync(join(folder, "config.json"), "{");
  await expect(registryCredentials("debian", options)).rejects.toMatchObject({
    code: "DOCKER_CONFIG_INVALID",
    message: expect.stringContaining(join(folder, "config.json")),
  });
});
