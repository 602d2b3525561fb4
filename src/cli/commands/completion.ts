import { Argument, Command } from "commander";
import { shells } from "../completion/scripts.ts";
import { describeCommands } from "../completion/words.ts";
import type { CliContext } from "../context.ts";
import { buildTree } from "../program.ts";

export function completionCommand(context: CliContext): Command {
  return new Command("completion")
    .description("Print a completion script for a shell, made from the commands and options of this very version.")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(shells)))
    .addHelpText(
      "after",
      `
Examples:
  source <(slipway completion bash)                                  this bash only
  slipway completion bash > ~/.local/share/bash-completion/completions/slipway
  slipway completion zsh > "\${fpath[1]}/_slipway"
  slipway completion fish > ~/.config/fish/completions/slipway.fish`,
    )
    .action(async (shell: keyof typeof shells) => {
      const tree = await buildTree(context, "", () => true);
      context.stdout.write(shells[shell](describeCommands(tree)));
    });
}
