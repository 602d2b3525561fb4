import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { declareSessionOptions, type RawSessionOptions } from "../session-options.ts";

export interface HackOptions extends RawSessionOptions {
  readonly to?: string;
  readonly script?: string;
  readonly keepGoing?: boolean;
  readonly json?: boolean;
  readonly resume?: string | true;
  readonly readOnly?: boolean;
  readonly rm?: boolean;
  readonly watch?: boolean;
  readonly launch?: boolean;
}

export function hackCommand(context: CliContext): Command {
  const command = new Command("hack")
    .description(
      "Replay a Dockerfile as a live session: step through it, look around, repair by hand, turn the repair into instructions.",
    )
    .argument("[dir]", "build context: a folder with a Dockerfile", ".");
  return declareSessionOptions(command)
    .option("--to <n>", "first run the steps up to and including step N")
    .option("--watch", "then replay after each save, up to --to N or to the end; Ctrl-C leads to the prompt")
    .option("--launch", "with --watch, start the application once all steps are done, and again after each replay")
    .option("--script <file>", "read the session's commands from a file, - for standard input")
    .option("--keep-going", "in a script, go on after a command that failed")
    .option("--json", "print one JSON object for each event (docs/events.md)")
    .option("--resume [session]", "take up a session that was left: the newest, or the one with this id")
    .option("--read-only", "with --resume, only watch: also a session that another program has open")
    .option("--rm", "remove the session at the end")
    .addHelpText(
      "after",
      `
At the prompt, \`help\` lists the session's commands (docs/hack.md). Commands are also read from a pipe.
Exit codes: that of the step or command that failed in a script, 2 wrong usage, 125 no engine, 130 interrupted.

Examples:
  slipway hack                                    step through ./Dockerfile
  slipway hack -f docker/Dockerfile --target build .
  slipway hack --from mydevtag                    replay on a former build
  slipway hack --run-arg '-p 8080:80 -v data:/var/lib/app' .
  slipway hack --compose compose.yaml --service web .
  slipway hack --watch --launch --run-arg '-p 8080:80' .
  printf 'continue\\ntag app:dev\\nquit --rm\\n' | slipway hack .
  slipway hack --script replay.slip --json . > events.jsonl
  slipway hack --resume
  slipway hack --resume --read-only --watch       follow what another program does in it
  slipway hack --resume --build-arg TOKEN         a value that looks like a secret was not kept: give it again`,
    )
    .action(async (folder: string) => {
      const { hack } = await import("../prompt/hack.ts");
      await hack(context, command, folder);
    });
}
