import { expect, test } from "vitest";
import { freeSubnet, parseSubnet } from "./network.ts";

test("an engine gets the same subnet again, and another one where that is taken", () => {
  const first = freeSubnet("slipway1234", []);
  expect(first).toMatch(/^10\.2[12]\d\.\d+\.1\/20$/);
  expect(freeSubnet("slipway1234", [])).toBe(first);
  const second = freeSubnet("slipway1234", [parseSubnet(first)]);
  expect(second).not.toBe(first);
  expect(freeSubnet("slipway1234", [parseSubnet(first), parseSubnet("192.168.0.0/16")])).toBe(second);
});

test("a route over all of the pool leaves none", () => {
  expect(() => freeSubnet("slipway1234", [parseSubnet("10.0.0.0/8")])).toThrow(
    expect.objectContaining({ code: "ENGINE_NETWORK_FULL" }),
  );
});
