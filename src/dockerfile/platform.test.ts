import { describe, expect, test } from "vitest";
import { formatPlatform, matchesPlatform, normalizePlatform, parsePlatform } from "./platform.ts";

const local = { os: "linux", architecture: "amd64", variant: undefined };
const parse = (text: string) => parsePlatform(text, local)!;

test.each([
  ["linux/arm64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["arm64", "linux/arm64"],
  ["aarch64", "linux/arm64"],
  ["linux/arm/v7", "linux/arm/v7"],
  ["linux/arm/6", "linux/arm/v6"],
  ["armhf", "linux/arm"],
  ["LINUX/X86_64", "linux/amd64"],
  ["windows", "windows/amd64"],
])("%s is %s", (text, expected) => {
  expect(formatPlatform(parse(text))).toBe(expected);
});

test.each(["", "linux/", "a/b/c/d", "amd46", "linux/arm 64"])("%j is no platform", (text) => {
  expect(parsePlatform(text, local)).toBeUndefined();
});

test("32-bit ARM is built for as v7 where nothing else is said", () => {
  expect(formatPlatform(normalizePlatform(parse("linux/arm")))).toBe("linux/arm/v7");
  expect(formatPlatform(normalizePlatform(parse("linux/arm/v6")))).toBe("linux/arm/v6");
  expect(formatPlatform(normalizePlatform(parse("linux/arm64")))).toBe("linux/arm64");
});

describe("an image", () => {
  test.each([
    ["linux/amd64", "linux/amd64"],
    ["linux/386", "linux/amd64"],
    ["linux/amd64", "linux/amd64/v2"],
    ["linux/arm/v6", "linux/arm/v7"],
    ["linux/arm/v7", "linux/arm64"],
    ["linux/arm64", "linux/arm64/v9"],
  ])("for %s serves %s", (image, wanted) => {
    expect(matchesPlatform(parse(image), parse(wanted))).toBe(true);
  });

  test.each([
    ["linux/arm64", "linux/amd64"],
    ["linux/amd64", "linux/386"],
    ["linux/amd64/v3", "linux/amd64"],
    ["linux/arm/v7", "linux/arm/v6"],
    ["linux/arm64", "linux/arm/v7"],
    ["windows/amd64", "linux/amd64"],
  ])("for %s does not serve %s", (image, wanted) => {
    expect(matchesPlatform(parse(image), parse(wanted))).toBe(false);
  });

  test("that names no variant, or writes the usual one out, serves all that it may", () => {
    expect(matchesPlatform({ ...parse("linux/arm"), variant: undefined }, parse("linux/arm/v6"))).toBe(true);
    expect(matchesPlatform({ ...parse("linux/arm64"), variant: "v8" }, parse("linux/arm64"))).toBe(true);
  });
});
