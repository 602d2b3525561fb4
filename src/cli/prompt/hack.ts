import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import type { Command } from "commander";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import { findSession, type OpenSessionOptions, openSession, resumeSession, stateFolder } from "../../index.ts";
import { emptyRunSettings, mergeRunSettings, parseRunArgs, type RunSettings } from "../../project/run-settings.ts";
import { parseBuildOptions } from "../build-options.ts";
import { type HackOptions, optionsWithoutMeaning } from "../commands/hack.ts";
import type { CliContext } from "../context.ts";
import { programVersion } from "../global-options.ts";
import { openCommandEngine } from "../open-engine.ts";
import { splitWords } from "../split-words.ts";
import { parseStep, usageError } from "./command-line.ts";
import { runInteractive } from "./interactive.ts";
import { jsonScreen, type Screen, textScreen } from "./screen.ts";
import { runScript, type Script } from "./script.ts";

/** `slipway hack`: opens the session, runs the prompt or the script, and leaves the session as it was asked. */
export async function hack(context: CliContext, command: Command, folder: string): Promise<void> {
  const options = command.opts<HackOptions>();
  const stateDir = stateFolder(context.env, context.home);
  // All that can be wrong with the command line is found before anything is asked of the engine.
  const first = options.to === undefined ? [] : [`until ${parseStep(options.to, "--to N")}`];
  const watching = watchLine(options);
  const { build, tag } = await readBuildOptions(context, command, folder);
  const runSettings = await readRunSettings(context, options);
  const resumed = await resumedId(stateDir, options, build.context, command);
  const script = await openScript(context, options);

  await using engine = await openCommandEngine(context, command);
  using screen =
    options.json === true
      ? jsonScreen(context, programVersion(command))
      : textScreen(context, { interactive: script === undefined });
  const place = {
    engine,
    stateDir,
    environment: context.env,
    dockerConfigDir: build.dockerConfigDir,
    onEvent: screen.event,
  };
  await using session =
    resumed === undefined
      ? await openSession({ ...build, ...place, runSettings, fromImage: options.from })
      : await resumeSession({ ...place, id: resumed });
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

type BuildPart = OpenSessionOptions & { readonly context: string };

async function readBuildOptions(
  context: CliContext,
  command: Command,
  folder: string,
): Promise<{ build: BuildPart; tag: string | undefined }> {
  for (const option of optionsWithoutMeaning(command)) {
    if (command.getOptionValueSource(option.attributeName()) === "cli") {
      throw usageError(`${option.long} has no meaning for a session, which runs each step itself`);
    }
  }
  const build = await parseBuildOptions(command, context, folder);
  if (build.context.kind !== "folder") {
    throw usageError(
      `a session needs a folder as its build context, not ${folder}`,
      "fetch it first, then: slipway hack DIR",
    );
  }
  if (build.dockerfile.kind !== "file") {
    throw usageError("a session needs a Dockerfile on disk: it is what `write` writes", "name it with --file PATH");
  }
  if (build.tags.length > 1) throw usageError("a session takes one --tag, for `tag` and `finish`");
  return {
    tag: build.tags[0],
    build: {
      context: build.context.path,
      dockerfilePath: build.dockerfile.path,
      target: build.target,
      buildArgs: build.buildArgs,
      platform: build.platform,
      contexts: build.contexts,
      secrets: build.secrets,
      sshAgents: build.sshAgents,
      labels: build.labels,
      network: build.network,
      addHosts: build.addHosts,
      pull: build.pull,
      dockerConfigDir: build.dockerConfigDir,
    },
  };
}

async function readRunSettings(context: CliContext, options: HackOptions): Promise<RunSettings> {
  const { cwd, home, env } = context;
  if (options.service !== undefined && options.compose === undefined) {
    throw usageError("--service needs the compose file that has it", "name it with --compose FILE");
  }
  const service = options.compose === undefined ? emptyRunSettings : await readService(options.compose);
  return mergeRunSettings(service, parseRunArgs(options.runArg.flatMap(splitWords), { cwd, home, env }));

  async function readService(file: string): Promise<RunSettings> {
    const { readComposeService } = await import("../../project/compose.ts");
    return await readComposeService(resolve(cwd, file), options.service, { cwd, home, env });
  }
}

/** Options that a session keeps from its beginning. */
const ofTheBeginning = ["from", "runArg", "compose", "target", "buildArg", "secret", "ssh", "buildContext", "platform"];

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
