import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("the demo goes all the way", { timeout: 1_800_000 }, async () => {
  const { exitCode, all } = await execa("node", ["scripts/demo.mjs", "--fast"], {
    cwd: root,
    all: true,
    reject: false,
  });
  expect(exitCode, all).toBe(0);
  expect(all).toContain("Built by hand, proved from scratch.");
});
