import { rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { formatDuration } from "../../format.ts";
import { declareBuildOptions, parseBuildOptions, parseSessionCache } from "../build-options.ts";
import type { CliContext } from "../context.ts";
import { openCommandEngine } from "../open-engine.ts";
import { type ProgressMode, progressModes } from "../output/build-progress.ts";

interface OwnOptions {
  readonly progress: ProgressMode;
  readonly quiet?: boolean;
  readonly iidfile?: string;
}

export function buildCommand(context: CliContext): Command {
  const command = new Command("build")
    .description(
      "Build an image from a Dockerfile: on the engine's BuildKit without any client, or on its classic builder where it has no BuildKit.",
    )
    .argument(
      "[path]",
      "build context: a folder, the URL of a git repository or an archive, or - for standard input",
      ".",
    );
  return declareBuildOptions(command)
    .addOption(
      new Option("--progress <mode>", "how progress is shown").choices(progressModes).default(defaultProgress(context)),
    )
    .option("-q, --quiet", "print nothing but the image's id")
    .option("--iidfile <file>", "write the image's id to a file")
    .addHelpText(
      "after",
      `
Exit codes: 0 built, 1 the build or the Dockerfile failed, 2 wrong usage, 125 no engine, 130 interrupted.
DOCKER_BUILDKIT=0 chooses the classic builder, BUILDKIT_PROGRESS the progress mode.

Examples:
  slipway build -t app:1 .
  slipway build -f docker/Dockerfile --target test --build-arg VERSION=1.2 .
  slipway build --secret id=token,env=TOKEN --ssh default -t app .
  slipway build --build-context assets=../assets --build-context base=docker-image://debian:bookworm .
  slipway build --cache-from type=session -t app .
  git archive HEAD | slipway build -t app -`,
    )
    .action(async (place: string) => runBuild(context, command, place));
}

function defaultProgress({ env }: CliContext): ProgressMode {
  return progressModes.find((mode) => mode === env.BUILDKIT_PROGRESS) ?? "auto";
}

async function runBuild(context: CliContext, command: Command, place: string): Promise<void> {
  const own = command.opts<OwnOptions>();
  const options = await parseBuildOptions(command, context, place);
  const session = parseSessionCache(command);
  const [{ buildImage }, { showBuildProgress }] = await Promise.all([
    import("../../build/build-image.ts"),
    import("../output/build-progress.ts"),
  ]);
  const idFile = own.iidfile === undefined ? undefined : resolve(context.cwd, own.iidfile);
  // A failed build must not leave the id of an older one.
  if (idFile !== undefined) await rm(idFile, { force: true });
  await using engine = await openCommandEngine(context, command);
  const quiet = own.quiet === true || own.progress === "quiet";
  const started = Date.now();
  let imageId: string;
  {
    using progress = showBuildProgress(quiet ? "quiet" : own.progress, context);
    const { listener } = progress;
    const { signal } = context;
    if (session === undefined) ({ imageId } = await buildImage(engine, options, listener, signal));
    else {
      const { buildFromSession, stateFolder } = await import("../../index.ts");
      const stateDir = stateFolder(context.env, context.home);
      ({ imageId } = await buildFromSession(engine, options, { stateDir, id: session.id, listener, signal }));
    }
  }
  if (idFile !== undefined) await writeId(idFile, imageId);
  if (quiet) context.stdout.write(`${imageId}\n`);
  else if (own.progress !== "rawjson") {
    const names = options.tags.length === 0 ? "" : ` as ${options.tags.join(", ")}`;
    context.stderr.write(`built ${imageId.slice(0, 19)}${names} in ${formatDuration(Date.now() - started)}\n`);
  }
}

async function writeId(path: string, imageId: string): Promise<void> {
  await writeFile(path, imageId).catch((cause: NodeJS.ErrnoException) => {
    throw new SlipwayError(
      "FILE_UNWRITABLE",
      `the image ${imageId} was built, but its id can't be written to ${path}: ${cause.code}`,
      { hint: "name a file that can be written with --iidfile", exitCode: ExitCode.failure, cause },
    );
  });
}
