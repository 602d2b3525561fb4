import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { followPaths } from "./follow-paths.ts";

const root = mkdtempSync(join(tmpdir(), "slipway-follow-"));
afterAll(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, "real/deep"), { recursive: true });
writeFileSync(join(root, "real/deep/file"), "");
symlinkSync("real", join(root, "link"));
symlinkSync("../../link/deep/file", join(root, "real/deep/again"));
symlinkSync("/real", join(root, "absolute"));
symlinkSync("../../../outside", join(root, "climbing"));
symlinkSync("loop", join(root, "loop"));

test.each([
  [["real/deep"], ["real/deep"]],
  [["link/deep/file"], ["link", "real/deep/file"]],
  [["absolute"], ["absolute", "real"]],
  [["real/deep/again"], ["link", "real/deep/again", "real/deep/file"]],
  [["climbing"], ["climbing", "outside"]],
  [["loop"], ["loop"]],
  [["../../real"], ["real"]],
  [["missing/x"], ["missing/x"]],
  [["l*k"], ["l*k", "real"]],
  [["."], ["."]],
])("%j", async (paths, expected) => {
  expect(await followPaths(root, paths)).toEqual(expected);
});
