import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import type { Attach, Launch, Opened, OpenSession } from "../../dap/launch.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { findSession, openSession, resumeSession, type Session, stateFolder } from "../../index.ts";
import type { CliContext } from "../context.ts";
import { openCommandEngine } from "../open-engine.ts";
import { promptCommands } from "../prompt/commands.ts";
import { completeLine } from "../prompt/completion.ts";
import { declareSessionOptions, readSessionOptions } from "../session-options.ts";
import { runConsoleLine } from "./console.ts";

/** Opens sessions for editors: what they leave out, the command line says. */
export function sessionOpener(context: CliContext, command: Command, folder: string): OpenSession {
  return async (wanted) => {
    const options = optionsOf(command, wanted);
    const place = resolve(context.cwd, wanted.contextPath ?? options.args[0] ?? folder);
    const { wanted: build, tag } =
      wanted.kind === "launch"
        ? await readSessionOptions(context, options, place)
        : { wanted: undefined, tag: undefined };
    const stateDir = stateFolder(context.env, context.home);
    const id = wanted.kind === "attach" ? (wanted.session ?? (await findSession(stateDir, place))) : undefined;
    const engine = await openCommandEngine(context, command);
    const common = { engine, stateDir, environment: context.env };
    try {
      const session =
        id === undefined ? await openSession({ ...build, ...common }) : await resumeSession({ ...common, id });
      return describe(session, context, tag, () => engine[Symbol.asyncDispose]());
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  };
}

function describe(
  session: Session,
  context: CliContext,
  tag: string | undefined,
  close: () => PromiseLike<void>,
): Opened {
  return {
    session,
    command: (line, signal) => runConsoleLine(line, { session, context, tag, signal }),
    complete: (line) => completeLine(line, session, promptCommands),
    [Symbol.asyncDispose]: async () => await close(),
  };
}

/** The options of the launch configuration's `args`, or else those of the command line; what it names itself comes first. */
function optionsOf(command: Command, wanted: Launch | Attach): Command {
  const options = declareSessionOptions(new Command("args").argument("[dir]"));
  if (wanted.kind === "attach") return options;
  if (wanted.args === undefined) {
    for (const option of options.options) {
      const name = option.attributeName();
      options.setOptionValueWithSource(name, command.getOptionValue(name), command.getOptionValueSource(name));
    }
  } else parseArgs(options, wanted.args);
  if (wanted.dockerfile !== undefined) options.setOptionValueWithSource("file", wanted.dockerfile, "cli");
  if (wanted.target !== undefined) options.setOptionValueWithSource("target", wanted.target, "cli");
  return options;
}

function parseArgs(options: Command, args: readonly string[]): void {
  options.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {}, outputError: () => {} });
  try {
    options.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new SlipwayError("USAGE", `args of the launch configuration: ${error.message.replace(/^error: /, "")}`, {
      hint: 'they are options of `slipway hack`, one word each: ["--build-arg", "VERSION=2"]',
      exitCode: ExitCode.usage,
      cause: error,
    });
  }
}
