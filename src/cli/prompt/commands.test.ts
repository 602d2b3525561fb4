import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commands } from "../commands.ts";
import { promptCommands } from "./commands.ts";

const page = readFileSync(new URL("../../../docs/hack.md", import.meta.url), "utf8");

test.each(promptCommands.map((command) => [command.name, command] as const))("docs/hack.md has %s", (name, command) => {
  const entry = page.split("\n").find((line) => line.startsWith(`- \`${name}`));
  expect(entry).toBeDefined();
  for (const alias of command.aliases) expect(entry).toContain(`\`${alias}\``);
});

test("docs/cli.md has every command of the program", () => {
  const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  expect(commands.filter(({ name }) => !new RegExp(`^\\| \\[?\`${name}\``, "m").test(page))).toEqual([]);
});
