import { expect, test } from "vitest";
import { parseEndpoint, type TlsMaterial } from "./endpoint.ts";

const tls: TlsMaterial = { ca: "CA", cert: undefined, key: undefined, verify: true };

test.each([
  ["unix:///run/user/1000/docker.sock", { kind: "unix", path: "/run/user/1000/docker.sock" }],
  ["tcp://box:2375", { kind: "tcp", host: "box", port: 2375, tls: undefined }],
  ["tcp://box", { kind: "tcp", host: "box", port: 2375 }],
  ["tcp://box:80", { kind: "tcp", host: "box", port: 80 }],
  ["box:1234", { kind: "tcp", host: "box", port: 1234, url: "tcp://box:1234" }],
  ["tcp://[::1]:2375", { kind: "tcp", host: "::1", port: 2375, url: "tcp://[::1]:2375" }],
  ["https://box:2376", { kind: "tcp", tls: { verify: true } }],
  ["ssh://box", { kind: "ssh", host: "box", user: undefined, port: undefined, socket: undefined }],
  [
    "ssh://me@box:2222/run/docker.sock",
    { kind: "ssh", host: "box", user: "me", port: 2222, socket: "/run/docker.sock" },
  ],
])("%s is understood", (address, endpoint) => {
  expect(parseEndpoint(address, undefined)).toMatchObject(endpoint);
});

test("TLS changes the default port", () => {
  expect(parseEndpoint("tcp://box", tls)).toMatchObject({ port: 2376, tls });
});

test.each([
  ["unix://relative.sock", "absolute"],
  ["ftp://box", "unsupported scheme ftp://"],
  ["fd://", "for a daemon"],
  ["tcp://", "names no host"],
  ["tcp://box:99999", "wrong port"],
  ["tcp://box/path", "a host and a port only"],
  ["ssh://me:secret@box", "password"],
  ["ssh://-oProxyCommand=evil", "no hyphen"],
  ["", "names no host"],
])("%j is refused: %s", (address, reason) => {
  expect(() => parseEndpoint(address, undefined)).toThrow(
    expect.objectContaining({ code: "ENGINE_ADDRESS_INVALID", exitCode: 2, message: expect.stringContaining(reason) }),
  );
});
