import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import type { Command } from "commander";
import type { Platform } from "../../dockerfile/image-config.ts";
import { parsePlatform } from "../../dockerfile/platform.ts";
import type { EngineClient } from "../../engine/client.ts";
import { describeEngine } from "../../engine/info.ts";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import { emptyRunSettings, mergeRunSettings, parseRunArgs, type RunSettings } from "../../project/run-settings.ts";
import { openSession, resumeSession } from "../../session/open.ts";
import { listSessionIds, loadRecord } from "../../session/state/record.ts";
import type { Session, SessionOptions } from "../../session/types.ts";
import { parseBuildOptions } from "../build-options.ts";
import { type HackOptions, optionsWithoutMeaning } from "../commands/hack.ts";
import type { CliContext } from "../context.ts";
import { programVersion } from "../global-options.ts";
import { openCommandEngine } from "../open-engine.ts";
import { splitWords } from "../split-words.ts";
import { stateFolder } from "../state-folder.ts";
import { parseStep, usageError } from "./command-line.ts";
import { runInteractive } from "./interactive.ts";
import { jsonScreen, type Screen, textScreen } from "./screen.ts";
import { runScript, type Script } from "./script.ts";

/** What the command line says of the build; the platform is understood with the engine's own at hand. */
type BuildPart = Omit<SessionOptions, "engine" | "runSettings" | "fromImage" | "stateDir" | "signal" | "platform">;

/** `slipway hack`: opens the session, runs the prompt or the script, and leaves the session as it was asked. */
export async function hack(context: CliContext, command: Command, folder: string): Promise<void> {
  const options = command.opts<HackOptions>();
  const stateDir = stateFolder(context.env, context.home);
  // All that can be wrong with the command line is found before anything is asked of the engine.
  const first = options.to === undefined ? [] : [`until ${parseStep(options.to, "--to N")}`];
  const { build, platform, tag } = await readBuildOptions(context, command, folder);
  const runSettings = await readRunSettings(context, options);
  const resumed = await resumedId(stateDir, options, build.context, command);
  const script = await openScript(context, options);

  await using engine = await openCommandEngine(context, command);
  using screen =
    options.json === true
      ? jsonScreen(context, programVersion(command))
      : textScreen(context, { interactive: script === undefined });
  await using session =
    resumed === undefined
      ? await openSession({
          ...build,
          platform: await readPlatform(engine, platform),
          engine,
          runSettings,
          fromImage: options.from,
          stateDir,
          signal: context.signal,
        })
      : await resumeSession({
          engine,
          stateDir,
          id: resumed,
          environment: context.env,
          dockerConfigDir: build.dockerConfigDir,
        });
  session.onEvent((event) => screen.event(event));
  await announce(session, engine.endpoint.url, screen);

  if (script === undefined) {
    const { remove } = await runInteractive(context, session, screen, { tag, stateDir, first });
    // A terminal that was closed is no wish to lose the work.
    await session.close({ remove: !context.signal.aborted && (remove || options.rm === true) });
    context.setExitCode(context.signal.aborted ? ExitCode.interrupted : ExitCode.ok);
    return;
  }
  const { exitCode, remove } = await runScripts(
    [{ name: "--to", input: Readable.from(first.map((line) => `${line}\n`)) }, script],
    { session, context, tag, signal: context.signal },
    screen,
    options.keepGoing === true,
  );
  await session.close({ remove: remove === true || options.rm === true });
  context.setExitCode(exitCode);
}

async function announce(session: Session, engine: string, screen: Screen): Promise<void> {
  await screen.event({
    type: "opened",
    session: session.id,
    dockerfile: session.status().dockerfile,
    engine,
    resumed: session.resumed,
    steps: session.steps(),
  });
  for (const message of session.losses) await screen.event({ type: "notice", level: "warning", message });
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

async function readBuildOptions(
  context: CliContext,
  command: Command,
  folder: string,
): Promise<{ build: BuildPart; platform: string | undefined; tag: string | undefined }> {
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
    platform: build.platform,
    build: {
      context: build.context.path,
      dockerfilePath: build.dockerfile.path,
      target: build.target,
      buildArgs: build.buildArgs,
      contexts: build.contexts,
      secrets: build.secrets,
      sshAgents: build.sshAgents,
      labels: build.labels,
      network: build.network,
      addHosts: build.addHosts,
      pull: build.pull,
      environment: build.environment,
      dockerConfigDir: build.dockerConfigDir,
    },
  };
}

async function readPlatform(engine: EngineClient, text: string | undefined): Promise<Platform | undefined> {
  if (text === undefined) return undefined;
  const { os, architecture } = await describeEngine(engine);
  const platform = parsePlatform(text, { os, architecture, variant: undefined });
  if (platform === undefined)
    throw usageError(`--platform ${text} is not understood`, "expected OS/ARCHITECTURE, like linux/arm64");
  return platform;
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
  const ids = await listSessionIds(stateDir);
  for (const id of ids) {
    const record = await loadRecord(stateDir, id);
    if (record.options.context === buildContext) return id;
  }
  throw new SlipwayError("SESSION_UNKNOWN", `there is no session of ${buildContext} to take up`, {
    hint: ids.length === 0 ? "begin one with `slipway hack`" : `sessions of other folders: ${ids.join(", ")}`,
    exitCode: ExitCode.usage,
  });
}
