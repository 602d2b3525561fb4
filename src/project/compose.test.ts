import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readComposeService } from "./compose.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-compose-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string, service?: string) {
  const path = join(folder, "compose.yaml");
  await writeFile(path, text);
  return await readComposeService(path, service, { cwd: "/", home: "/home/me", env: { TAG: "7", TOKEN: "t" } });
}

test("a service's surroundings", async () => {
  await writeFile(join(folder, "app.env"), "FROM_FILE=1\nBOTH=file\n");
  const settings = await read(
    `
name: shop
x-common: &common
  extra_hosts: ["db:10.0.0.3"]
services:
  web:
    <<: *common
    image: app:$TAG
    build: .
    env_file: [app.env, {path: none.env, required: false}]
    environment: {BOTH: own, TAG: "\${TAG}", TOKEN: , UNSET: , DEBUG: true}
    volumes:
      - ./data:/data:ro
      - cache:/cache
      - {type: volume, source: kept, target: /kept, read_only: true}
      - {type: bind, source: ../x, target: /x}
    ports: ["8080:80", 443, {target: 53, published: 5353, protocol: udp, host_ip: 127.0.0.1}]
    network_mode: host
  other: {image: x}
volumes:
  cache:
  kept: {external: true}
`,
    "web",
  );
  expect(settings).toEqual({
    volumes: [
      { type: "bind", source: join(folder, "data"), target: "/data", readOnly: true },
      { type: "volume", source: "shop_cache", target: "/cache", readOnly: false },
      { type: "volume", source: "kept", target: "/kept", readOnly: true },
      { type: "bind", source: join(folder, "../x"), target: "/x", readOnly: false },
    ],
    ports: [
      { container: "80/tcp", hostIp: undefined, host: "8080" },
      { container: "443/tcp", hostIp: undefined, host: undefined },
      { container: "53/udp", hostIp: "127.0.0.1", host: "5353" },
    ],
    env: ["FROM_FILE=1", "BOTH=own", "TAG=7", "TOKEN=t", "DEBUG=true"],
    extraHosts: ["db:10.0.0.3"],
    network: "host",
  });
});

test("the only service needs no name", async () => {
  expect(await read("services: {app: {environment: [A=b, TOKEN]}}")).toMatchObject({ env: ["A=b", "TOKEN=t"] });
});

test.each([
  ["services: {a: {}, b: {}}", undefined, "has 2 services", "choose with --service: a, b"],
  ["services: {a: {}}", "web", 'has no service "web"', "choose with --service: a"],
  ["services:\n  a: [", undefined, "compose.yaml:2: ", undefined],
  ["services: {a: {ports: {x: 1}}}", undefined, "compose.yaml: services.a.ports: ", undefined],
  ["version: 3", undefined, "compose.yaml: services: ", undefined],
  ["services: {a: {environment: {A: '${B?}'}}}", undefined, "compose.yaml: B is not set", undefined],
  [
    "services: {a: {volumes: [{type: tmpfs, target: /t}]}}",
    undefined,
    "a volume for /t of type tmpfs is not understood",
    undefined,
  ],
])("%j is refused", async (text, service, message, hint) => {
  const refused = expect(read(text, service)).rejects;
  await refused.toMatchObject({ message: expect.stringContaining(message), exitCode: 2, ...(hint ? { hint } : {}) });
});

test("a missing file is named", async () => {
  const read = readComposeService("/nowhere/compose.yaml", undefined, { cwd: "/", home: "/", env: {} });
  await expect(read).rejects.toMatchObject({
    code: "COMPOSE_INVALID",
    message: expect.stringContaining("/nowhere/compose.yaml"),
  });
});
