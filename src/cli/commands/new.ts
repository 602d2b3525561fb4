import { basename, relative, resolve } from "node:path";
import { Command } from "commander";
import type { CliContext } from "../context.ts";

export function newCommand(context: CliContext): Command {
  return new Command("new")
    .description(
      "Make a project that builds and runs at once: an image FROM slipway/base with nginx as its application, a launch file, a deployment " +
        "folder, a compose file and an editor policy. Never overwrites anything.",
    )
    .argument("<name>", "its name, or the path of its folder: it is named after the last part")
    .addHelpText(
      "after",
      `
Exit codes: 0 made, 1 the folder holds something already, 2 the name can't be used.

Examples:
  slipway new shop
  slipway new ~/src/shop && cd ~/src/shop && slipway build -t shop .`,
    )
    .action(async (given: string) => {
      const [{ scaffoldProject }, { findInstalled }] = await Promise.all([
        import("../../project/scaffold.ts"),
        import("../../build/base/installed-files.ts"),
      ]);
      const folder = resolve(context.cwd, given);
      const files = await scaffoldProject(await findInstalled("images/project"), folder);
      const name = basename(folder);
      const place = relative(context.cwd, folder) || ".";
      context.stdout.write(`${files.map((file) => `  ${file}\n`).join("")}
${name} is made. Next:

  slipway base slipway/base     # once on each engine
  slipway build -t ${name} ${place}
  docker run --rm -p 8080:80 ${name}
`);
    });
}
