import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { declareSessionOptions } from "../session-options.ts";

export function dapCommand(context: CliContext): Command {
  const command = new Command("dap")
    .description(
      "Debug a Dockerfile from an editor: a session behind the Debug Adapter Protocol, on standard input and output or on a socket.",
    )
    .argument("[dir]", "build context where the editor names none", ".");
  return declareSessionOptions(command)
    .option("--listen <address>", "wait for editors on 127.0.0.1:PORT (0: any port) or on the path of a socket")
    .addHelpText(
      "after",
      `
The editor's launch configuration says what is debugged (docs/dap.md has all of it, for VS Code and Neovim);
the options here hold where it says nothing. Only programs of the same user can connect.
Exit codes: 0 the editor hung up, 2 wrong usage, 130 interrupted.

Examples:
  slipway dap                               an editor starts it and talks to its input and output
  slipway dap --listen 127.0.0.1:4711       an editor connects to the port
  slipway dap --listen ./dap.sock --build-arg VERSION=2`,
    )
    .action(async (folder: string) => {
      const { debug } = await import("../debug/debug.ts");
      await debug(context, command, folder);
    });
}
