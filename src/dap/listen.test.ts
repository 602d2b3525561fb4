import { expect, test } from "vitest";
import { parseListenAddress } from "./listen.ts";
import { findUser } from "./peer.ts";

test.each([
  ["127.0.0.1:4711", { kind: "tcp", host: "127.0.0.1", port: 4711 }],
  ["localhost:0", { kind: "tcp", host: "localhost", port: 0 }],
  ["[::1]:4711", { kind: "tcp", host: "::1", port: 4711 }],
  ["./dap.sock", { kind: "socket", path: "/work/dap.sock" }],
  ["/run/user/1000/dap", { kind: "socket", path: "/run/user/1000/dap" }],
])("%j", (text, expected) => expect(parseListenAddress(text, "/work")).toEqual(expected));

test.each(["0.0.0.0:4711", "192.168.1.2:4711", "[::]:4711", "example.org:80", "127.0.0.1:99999", "4711", ""])(
  "refuses %j",
  (text) =>
    expect(() => parseListenAddress(text, "/work")).toThrow(expect.objectContaining({ code: "LISTEN_ADDRESS" })),
);

test("a connection's user is that of its other end", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1267 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0000000000000000 100 0
   1: 0100007F:A1F4 0100007F:1267 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0000000000000000 20 4
   2: 0100007F:1267 0100007F:A1F4 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0000000000000000 20 4
`;
  expect(findUser(table, 0xa1f4, 0x1267)).toBe(1001);
  expect(findUser(table, 0xa1f5, 0x1267)).toBeUndefined();
});
