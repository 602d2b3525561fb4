import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import type { Command } from "commander";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import {
  findSession,
  type ObserveSessionOptions,
  type OpenSessionOptions,
  observeSession,
  openSession,
  type ResumeSessionOptions,
  resumeSession,
  type SessionEvent,
  stateFolder,
} from "../../index.ts";
import type { HackOptions } from "../commands/hack.ts";
import type { CliContext } from "../context.ts";
import { programVersion } from "../global-options.ts";
import { openCommandEngine } from "../open-engine.ts";
import { readSessionOptions } from "../session-options.ts";
import { parseStep, usageError } from "./command-line.ts";
import { runInteractive } from "./interactive.ts";
import { jsonScreen, type Screen, textScreen } from "./screen.ts";
import { runScript, type Script } from "./script.ts";

/** `slipway hack`: opens the session, runs the prompt or the script, and leaves the session as it was asked. */
export async function hack(context: CliContext, command: Command, given: string): Promise<void> {
  const { options, folder } = takeFolder(command.opts<HackOptions>(), given);
  const stateDir = stateFolder(context.env, context.home);
  // All that can be wrong with the command line is found before anything is asked of the engine.
  const first = options.to === undefined ? [] : [`until ${parseStep(options.to, "--to N")}`];
  const watching = watchLine(options);
  const { wanted, tag } = await readSessionOptions(context, command, folder);
  const resumed = await resumedId(stateDir, options, wanted.context, command);
  const again = resumed === undefined ? {} : givenAgain(wanted);
  const script = await openScript(context, options);
  if (options.readOnly === true) {
    if (resumed === undefined) throw usageError("--read-only watches a session that there is", "name it: --resume ID");
    const given = {
      id: resumed,
      ...again,
      stateDir,
      environment: context.env,
      dockerConfigDir: wanted.dockerConfigDir,
    };
    return await observe(context, programVersion(command), options, given, { script, first: watching });
  }

  await using engine = await openCommandEngine(context, command);
  using screen =
    options.json === true
      ? jsonScreen(context, programVersion(command))
      : textScreen(context, { interactive: script === undefined });
  const place = {
    engine,
    stateDir,
    environment: context.env,
    dockerConfigDir: wanted.dockerConfigDir,
    onEvent: screen.event,
  };
  await using session =
    resumed === undefined
      ? await openSession({ ...wanted, ...place })
      : await resumeSession({ ...place, id: resumed, ...again });
  if (script === undefined) {
    const { remove } = await runInteractive(context, session, screen, {
      tag,
      stateDir,
      first: [...first, ...watching],
    });
    // A terminal that was closed is no wish to lose the work.
    await session.close({ remove: !context.signal.aborted && (remove || options.rm === true) });
    context.setExitCode(context.signal.aborted ? ExitCode.interrupted : ExitCode.ok);
    return;
  }
  const { exitCode, remove } = await runScripts(
    [scriptOf("--to", first), script, scriptOf("--watch", watching)],
    { session, context, tag, signal: context.signal },
    screen,
    options.keepGoing === true,
  );
  await session.close({ remove: remove === true || options.rm === true });
  context.setExitCode(exitCode);
}

/** In `--resume DIR` the folder is taken for an id at first, which has neither dots nor slashes. */
function takeFolder(options: HackOptions, folder: string): { options: HackOptions; folder: string } {
  const { resume } = options;
  if (typeof resume !== "string" || !/[./\\]/.test(resume)) return { options, folder };
  return { options: { ...options, resume: true }, folder: resume };
}

/** `--read-only`: the same prompt on a session that another program may have open. It ends when the session is removed. */
async function observe(
  context: CliContext,
  version: string,
  options: HackOptions,
  given: ObserveSessionOptions & { readonly stateDir: string },
  { script, first }: { readonly script: Script | undefined; readonly first: readonly string[] },
): Promise<void> {
  if (options.rm === true || options.to !== undefined) {
    throw usageError(`${options.rm === true ? "--rm" : "--to"} changes something, and --read-only nothing`);
  }
  using screen =
    options.json === true ? jsonScreen(context, version) : textScreen(context, { interactive: script === undefined });
  const removed = new AbortController();
  const onEvent = async (event: SessionEvent) => {
    await screen.event(event);
    if (event.type === "closed") removed.abort();
  };
  await using session = await observeSession({ ...given, onEvent });
  const watched = { ...context, signal: AbortSignal.any([context.signal, removed.signal]) };
  let exitCode: number = ExitCode.ok;
  if (script === undefined) {
    const { remove } = await runInteractive(watched, session, screen, {
      tag: undefined,
      stateDir: given.stateDir,
      first,
    });
    await session.close({ remove });
  } else {
    const scripts = [script, scriptOf("--watch", first)];
    const prompt = { session, context, tag: undefined, signal: watched.signal };
    const outcome = await runScripts(scripts, prompt, screen, options.keepGoing === true);
    await session.close({ remove: outcome.remove === true });
    exitCode = outcome.exitCode;
  }
  if (removed.signal.aborted) exitCode = ExitCode.ok;
  context.setExitCode(context.signal.aborted ? ExitCode.interrupted : exitCode);
}

/** The command that --watch stands for: it comes after --to and --script. */
function watchLine({ watch, launch }: HackOptions): readonly string[] {
  if (launch === true && watch !== true) {
    throw usageError("--launch belongs to --watch", "at the prompt and in scripts, `launch` starts the application");
  }
  return watch === true ? [launch === true ? "watch --launch" : "watch"] : [];
}

function scriptOf(name: string, lines: readonly string[]): Script {
  return { name, input: Readable.from(lines.map((line) => `${line}\n`)) };
}

async function runScripts(
  scripts: readonly Script[],
  prompt: Parameters<typeof runScript>[1],
  screen: Screen,
  keepGoing: boolean,
): Promise<{ exitCode: number; remove: boolean | undefined }> {
  let exitCode = 0;
  for (const script of scripts) {
    const outcome = await runScript(script, prompt, screen, { keepGoing });
    exitCode ||= outcome.exitCode;
    if (outcome.remove !== undefined || (exitCode !== 0 && !keepGoing)) return { exitCode, remove: outcome.remove };
  }
  return { exitCode, remove: undefined };
}

/** Undefined: a person types at a terminal. */
async function openScript(context: CliContext, options: HackOptions): Promise<Script | undefined> {
  const atTerminal = context.stdin.isTTY === true && context.stdout.isTTY === true && options.json !== true;
  if (options.script === undefined && atTerminal) {
    if (options.keepGoing === true) throw usageError("--keep-going is for scripts", "name one with --script FILE");
    return undefined;
  }
  // Nothing is read from a pipe that nobody may ever close.
  if (options.script === undefined && options.watch === true) return scriptOf("<none>", []);
  if (options.script === undefined && context.stdin.isTTY === true && options.json !== true) {
    context.stderr.write("The output is no terminal: reading commands as a script, up to Ctrl-D\n");
  }
  if (options.script === undefined || options.script === "-") return { name: "<stdin>", input: context.stdin };
  try {
    const file = await open(resolve(context.cwd, options.script));
    return { name: options.script, input: file.createReadStream() };
  } catch (cause) {
    throw new SlipwayError("SCRIPT_UNREADABLE", `cannot read the script: ${messageOf(cause)}`, {
      hint: "give a readable file, or `-` for standard input",
      exitCode: ExitCode.usage,
      cause,
    });
  }
}

/** Values that were not kept: the session itself knows which these are, and refuses others. */
function givenAgain({
  buildArgs,
  runSettings = {},
}: OpenSessionOptions): Pick<ResumeSessionOptions, "buildArgs" | "variables"> {
  const { env = [], volumes = [], ports = [], extraHosts = [], network } = runSettings;
  if (volumes.length + ports.length + extraHosts.length > 0 || network !== undefined) {
    throw usageError(
      "of --run-arg, only -e can be given again with --resume: the rest belongs to the beginning of a session",
    );
  }
  const variables = env.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const);
  return { buildArgs, variables: Object.fromEntries(variables) };
}

/** Options that a session keeps from its beginning. */
const ofTheBeginning = ["from", "compose", "target", "secret", "ssh", "buildContext", "platform"];

/** The id that --resume names, or the newest session of this build context. */
async function resumedId(
  stateDir: string,
  { resume }: HackOptions,
  buildContext: string,
  command: Command,
): Promise<string | undefined> {
  if (resume === undefined) return undefined;
  const fixed = command.options.find((option) => {
    const name = option.attributeName();
    return ofTheBeginning.includes(name) && command.getOptionValueSource(name) === "cli";
  });
  if (fixed !== undefined) {
    throw usageError(`${fixed.long} belongs to the beginning of a session and can't change with --resume`);
  }
  if (resume !== true) return resume;
  return await findSession(stateDir, buildContext);
}
