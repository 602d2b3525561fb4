import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { privateEnginePlaces } from "./places.ts";

test("everything follows from the folder: XDG's, or the one that was named", () => {
  expect(privateEnginePlaces({}, "/home/me").folder).toBe("/home/me/.local/share/slipway/engine");
  expect(privateEnginePlaces({ XDG_DATA_HOME: "/data" }, "/home/me").socket).toBe("/data/slipway/engine/docker.sock");
  const one = privateEnginePlaces({ SLIPWAY_ENGINE_DIR: "/tmp/one" }, "/home/me");
  const two = privateEnginePlaces({ SLIPWAY_ENGINE_DIR: "/tmp/two" }, "/home/me");
  for (const place of ["socket", "data", "exec", "bridge", "namespace"] as const)
    expect(one[place]).not.toBe(two[place]);
  expect(one.bridge.length).toBeLessThanOrEqual(15);
});

test("a folder too deep for a socket's path has its socket in /run", () => {
  const deep = `/tmp/${"x".repeat(100)}`;
  expect(privateEnginePlaces({ SLIPWAY_ENGINE_DIR: deep }, "/root").socket).toMatch(
    /^\/run\/slipway-engine-[0-9a-f]{8}\.sock$/,
  );
});

test("a relative folder is refused", () => {
  expect(() => privateEnginePlaces({ SLIPWAY_ENGINE_DIR: "engine" }, "/root")).toThrow(
    expect.objectContaining({ code: "ENGINE_DIR_INVALID" }),
  );
});

test.runIf(userInfo().uid === 0)("with sudo it is in the home of who called it", () => {
  expect(privateEnginePlaces({ SUDO_UID: "1" }, "/root").folder).toBe("/usr/sbin/.local/share/slipway/engine");
  expect(privateEnginePlaces({ SUDO_UID: "0" }, "/root").owner).toBeUndefined();
});
