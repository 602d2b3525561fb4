import { expect, test } from "vitest";
import { EngineError } from "./engine-error.ts";

test.each([
  [400, "bad-request", 1],
  [401, "unauthorized", 125],
  [403, "unauthorized", 125],
  [404, "not-found", 1],
  [409, "conflict", 1],
  [500, "server", 1],
  [501, "not-implemented", 1],
  [0, "protocol", 125],
])("status %i is %s", (status, kind, exitCode) => {
  const error = new EngineError({ method: "GET", path: "/x", status, message: "it said" });
  expect(error).toMatchObject({ kind, exitCode, engineMessage: "it said" });
  expect(error.code).toBe(`ENGINE_${kind.toUpperCase().replace("-", "_")}`);
});

test.each([
  ["write /var/lib/docker/tmp/x: no space left on device", "make room"],
  ["driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", "another port"],
  ["crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied", "default_ulimits"],
  ["error setting rlimits for ready process: error setting rlimit type 7: invalid argument", "default_ulimits"],
  ["crun: cgroups in hybrid mode not supported, drop all controllers from cgroupv2", "runc"],
  ["pull access denied for team/app, repository does not exist or may require 'docker login'", "docker login"],
  ['Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host', "name server"],
])("%s", (message, hint) => {
  expect(new EngineError({ method: "POST", path: "/x", status: 500, message }).hint).toContain(hint);
});
