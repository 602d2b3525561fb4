import { expect, test } from "vitest";
import { takenPaths } from "./taken-paths.ts";

test.each([
  ["app/", "app", true],
  ["app", "app/deep/file", true],
  ["./app/.", "app/file", true],
  ["app", "apple", false],
  [".", "anything/at/all", true],
  ["*.conf", "a.conf", true],
  ["*.conf", "README", false],
  ["*.d", "conf.d/inside", true],
  ["src/*/package.json", "src/a/package.json", true],
  ["src/*/package.json", "src/a/b/package.json", false],
  ["src/*/package.json", "src/a/index.js", false],
  ["a[b]c", "abc", true],
  ["a[[]b]c", "a[b]c", true],
])("%s and %s: %j", (source, path, taken) => {
  expect(takenPaths([source], false).includes(path, false)).toBe(taken);
});

test.each([
  ["src/*/package.json", "src", true],
  ["src/*/package.json", "src/a", true],
  ["src/*/package.json", "docs", false],
  ["*.conf", "folder", false],
  ["app", "app/deep", true],
])("%s may be in the folder %s: %j", (source, folder, may) => {
  expect(takenPaths([source], false).mayContainIncluded(folder)).toBe(may);
});

test("--parents has patterns of its own", () => {
  const { includes } = takenPaths(["src/**/*.js"], true);
  expect(includes("src/a/b/c.js", false)).toBe(true);
  expect(includes("docs/c.js", false)).toBe(false);
});
