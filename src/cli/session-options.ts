import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { OpenSessionOptions } from "../index.ts";
import type { RunSettings } from "../project/run-settings.ts";
import { declareBuildOptions, parseBuildOptions } from "./build-options.ts";
import type { CliContext } from "./context.ts";
import { usageError } from "./prompt/command-line.ts";
import { splitWords } from "./split-words.ts";

/** What commander collects of the options that begin a session, beside those of `build`. */
export interface RawSessionOptions {
  readonly from?: string;
  readonly runArg: readonly string[];
  readonly compose?: string;
  readonly service?: string;
}

/** Declares the options that say what a session is of; `readSessionOptions` reads them. */
export function declareSessionOptions(command: Command): Command {
  declareBuildOptions(command);
  for (const option of optionsWithoutMeaning(command)) option.hideHelp();
  for (const option of command.options) {
    if (option.long === "--no-cache")
      option.description = "run every step, also those that the engine's build cache holds";
  }
  return command
    .option("--from <image>", "start on this image instead of the target stage's FROM")
    .addOption(
      new Option(
        "--run-arg <words>",
        "words of docker run for the session's container (-v -p -e --network --add-host), quoted; repeatable",
      )
        .argParser((value, previous: readonly string[]) => [...previous, value])
        .default([], "none"),
    )
    .option("--compose <file>", "take volumes, ports and environment from a service of this compose file")
    .option("--service <name>", "the service (default: the only one of the file)");
}

/** Options of `build` that choose what its cache is. */
function optionsWithoutMeaning(command: Command): readonly Option[] {
  return command.options.filter((option) => ["cacheFilter", "cacheFrom"].includes(option.attributeName()));
}

/** Where the session begins, and its default name for images. Errors: USAGE with the option at fault, CONTEXT_MISSING. */
export async function readSessionOptions(
  context: CliContext,
  command: Command,
  folder: string,
): Promise<{ wanted: BuildPart & Pick<OpenSessionOptions, "runSettings" | "fromImage">; tag: string | undefined }> {
  const options = command.opts<RawSessionOptions>();
  const { build, tag } = await readBuildOptions(context, command, folder);
  return { wanted: { ...build, runSettings: await readRunSettings(context, options), fromImage: options.from }, tag };
}

type BuildPart = OpenSessionOptions & { readonly context: string };

async function readBuildOptions(
  context: CliContext,
  command: Command,
  folder: string,
): Promise<{ build: BuildPart; tag: string | undefined }> {
  for (const option of optionsWithoutMeaning(command)) {
    if (command.getOptionValueSource(option.attributeName()) === "cli") {
      throw usageError(`${option.long} has no meaning for a session`);
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
      noCache: build.noCache,
      dockerConfigDir: build.dockerConfigDir,
    },
  };
}

async function readRunSettings(context: CliContext, options: RawSessionOptions): Promise<RunSettings> {
  const { cwd, home, env } = context;
  if (options.service !== undefined && options.compose === undefined) {
    throw usageError("--service needs the compose file that has it", "name it with --compose FILE");
  }
  const { emptyRunSettings, mergeRunSettings, parseRunArgs } = await import("../project/run-settings.ts");
  const service = options.compose === undefined ? emptyRunSettings : await readService(options.compose);
  return mergeRunSettings(service, parseRunArgs(options.runArg.flatMap(splitWords), { cwd, home, env }));

  async function readService(file: string): Promise<RunSettings> {
    const { readComposeService } = await import("../project/compose.ts");
    return await readComposeService(resolve(cwd, file), options.service, { cwd, home, env });
  }
}
