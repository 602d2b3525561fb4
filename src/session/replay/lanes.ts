import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { BuildError } from "../../build/build-error.ts";
import { buildImage } from "../../build/build-image.ts";
import { readIgnoreBeside } from "../../build/context/ignore-file.ts";
import type { CopyOperation, ResolvedMount, RunOperation, Source, StageState } from "../../dockerfile/plan-types.ts";
import { formatPlatform } from "../../dockerfile/platform.ts";
import { commitContainer, removeContainer } from "../../engine/containers.ts";
import { removeImage, tagImage } from "../../engine/images.ts";
import { describeEngine } from "../../engine/info.ts";
import { SlipwayError } from "../../errors.ts";
import { printCopy } from "../copy/print-copy.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { rebuildOptions } from "../images/rebuild.ts";
import { composeState } from "../images/tag.ts";
import { veilHistory } from "../images/veil-history.ts";
import { LANE_NAME, startSessionContainer } from "./container.ts";
import { orderOutput } from "./ordered-output.ts";
import { type PerformContext, type Performed, performRun } from "./perform.ts";
import type { WantedStep } from "./wanted-steps.ts";

/** RUN --network: a container's network is fixed when it is made, so the step gets one of its own, and its image is gone on from. */
export async function networkLane(
  core: SessionCore,
  stage: SessionStage,
  operation: RunOperation,
  context: PerformContext,
): Promise<Performed> {
  const { image } = await stage.replay.checkpoint();
  const place = { ...stage.replay.place, network: operation.network, runSettings: undefined };
  const container = await startSessionContainer(place, image, context.signal);
  try {
    const performed = await performRun(core, stage, operation, context, container.agent);
    if (performed.exitCode !== 0) return performed;
    const result = await commitContainer(core.engine, container.id, { pause: false });
    await stage.replay.continueFrom(result, context.signal);
    stage.unscanned = undefined;
    return { ...performed, image: result };
  } finally {
    await container.agent[Symbol.asyncDispose]();
    await removeContainer(core.engine, container.id, { force: true, volumes: true });
  }
}

/**
 * RUN --mount and --security: the engine's own BuildKit runs this one instruction on an image of the present state. It is
 * the one that knows its mounts, caches and secrets, and none of these ever comes near our containers.
 */
export async function buildLane(
  core: SessionCore,
  stage: SessionStage,
  step: WantedStep,
  operation: RunOperation,
  context: PerformContext,
): Promise<Performed> {
  const known = new Set(step.before.config.env);
  const args = operation.env.filter((entry) => !known.has(entry)).map((entry) => splitPair(entry));
  return buildOnState(core, stage, step.before, context, Object.fromEntries(args), async (nameOf) => {
    const flags: string[] = [];
    for (const mount of operation.mounts) flags.push(mountFlag(mount, mount.from && (await nameOf(mount.from))));
    // Makes BuildKit run it again instead of taking a cached result. It leaves no trace: /dev is not in the image. With
    // --no-cache, cache mounts would begin empty.
    flags.push(`--mount=type=tmpfs,target=/dev/slipway-${randomUUID()}`);
    if (operation.network !== "default") flags.push(`--network=${operation.network}`);
    if (operation.security !== "sandbox") flags.push(`--security=${operation.security}`);
    const run = `RUN ${flags.join(" ")} ${commandOf(operation)}\n`;
    return [...args.map(([key]) => `ARG ${key}\n`), run].join("");
  });
}

/** COPY of what the engine keeps as its own in a container: its BuildKit sees and writes the images' files themselves. */
export async function copyLane(
  core: SessionCore,
  stage: SessionStage,
  step: WantedStep,
  operation: CopyOperation,
  context: PerformContext,
): Promise<Performed> {
  return buildOnState(core, stage, step.before, context, {}, async (nameOf) =>
    printCopy(operation, await nameOf(operation.from), core.copyDialect),
  );
}

/** Builds instructions on an image of the stage as it is, and goes on from the result. `nameOf` makes sources usable in them. */
async function buildOnState(
  core: SessionCore,
  stage: SessionStage,
  before: StageState,
  context: PerformContext,
  buildArgs: Readonly<Record<string, string>>,
  printInstructions: (nameOf: (source: Source) => Promise<string | undefined>) => Promise<string>,
): Promise<Performed> {
  await requireBuilder(core, context);
  const output = orderOutput(core.secrets, context.onOutput);
  const names = new Map<string, string>();
  const nameImage = async (id: string): Promise<string> => {
    // BuildKit takes images by name only; the names live as long as this step.
    const name = names.get(id) ?? `${LANE_NAME}:${randomUUID()}`;
    names.set(id, name);
    await tagImage(core.engine, id, name);
    return name;
  };
  const options = rebuildOptions(core);
  const ignore = await readIgnoreBeside(options.dockerfile);
  const base = await composeState(core, stage, { tags: [], labels: core.labels, state: before });
  stage.replay.own(base);
  try {
    const froms: string[] = [];
    const instructions = await printInstructions(async (source) => {
      if (source.kind === "image") return source.reference;
      if (source.kind === "context") return source.name;
      const alias = `source${froms.length}`;
      if (source.kind === "scratch") froms.push(`FROM scratch AS ${alias}\n`);
      else {
        const other = core.stage(source.index);
        const image = await composeState(core, other, { tags: [], labels: core.labels });
        stage.replay.own(image);
        froms.push(`${printFrom(core.stateOf(other)!, await nameImage(image))} AS ${alias}\n`);
      }
      return alias;
    });
    const { imageId } = await buildImage(
      core.engine,
      {
        ...options,
        dockerfile: {
          kind: "text",
          text: `${froms.join("")}${printFrom(before, await nameImage(base))}\n${instructions}`,
          ignore,
        },
        buildArgs,
        labels: core.labels,
        builder: "buildkit",
      },
      (event) => {
        if (event.type === "output") void output.onOutput(event.stream, event.data);
      },
      context.signal,
    );
    const image = await veilHistory(core, imageId);
    await stage.replay.continueFrom(image, context.signal);
    stage.unscanned = undefined;
    return { exitCode: 0, bytes: undefined, message: undefined, interrupted: false, image };
  } catch (error) {
    if (error instanceof BuildError) {
      const interrupted = context.signal?.aborted ?? false;
      // `executor failed running […]: exit code: 2`, `process "…" did not complete successfully: exit code: 2`
      const status = /: exit code: (\d+)$/.exec(error.message.trimEnd())?.[1];
      return status === undefined
        ? { exitCode: error.exitCode, bytes: undefined, message: error.message, interrupted }
        : { exitCode: Number(status), bytes: undefined, message: `exit code ${status}`, interrupted };
    }
    throw error;
  } finally {
    await output.settled();
    for (const name of names.values()) await removeImage(core.engine, name, { force: false });
  }
}

async function requireBuilder(core: SessionCore, { number }: PerformContext): Promise<void> {
  const { buildkit, name, version } = await describeEngine(core.engine);
  if (buildkit) return;
  const { keyword, range } = core.instruction(number);
  throw new SlipwayError(
    "BUILDER_MISSING",
    `${core.options.dockerfilePath}:${range.start.line}: only BuildKit can do this ${keyword}, and ${name} ${version} has none`,
    {
      hint:
        keyword === "RUN" ? "leave --mount and --security out, or use an engine of Docker" : "use an engine of Docker",
    },
  );
}

/** A stage may be of another platform than the one that is built for. */
function printFrom({ platform }: StageState, name: string): string {
  return `FROM --platform=${formatPlatform(platform)} ${name}`;
}

/** As JSON, or as the heredoc that the script came from: BuildKit puts it where it was, and SHELL is the image's. */
function commandOf({ argv, scripts }: RunOperation): string {
  const [script] = scripts;
  if (!script) return JSON.stringify(argv);
  const name = basename(script.path);
  return `<<'${name}'\n${script.content}${name}`;
}

function splitPair(entry: string): [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/** The mount as BuildKit reads it, with every default resolved. */
function mountFlag(mount: ResolvedMount, from: string | undefined): string {
  const options: [string, string | undefined][] = [
    ["type", mount.type],
    ["target", mount.target],
    ["from", from],
  ];
  if (mount.type === "bind" || mount.type === "cache") options.push(["source", mount.source || undefined]);
  if (mount.type === "bind") options.push(["rw", mount.readOnly ? undefined : "true"]);
  if (mount.type === "cache") {
    options.push(["id", mount.id], ["sharing", mount.sharing], ["ro", mount.readOnly ? "true" : undefined]);
  }
  if (mount.type === "secret" || mount.type === "ssh") {
    options.push(["id", mount.id], ["required", mount.required ? "true" : undefined], ["env", mount.env]);
  }
  if (mount.type !== "bind" && mount.type !== "tmpfs") {
    options.push(
      ["mode", mount.mode === undefined ? undefined : `0${mount.mode.toString(8)}`],
      ["uid", mount.uid ? String(mount.uid) : undefined],
      ["gid", mount.gid ? String(mount.gid) : undefined],
    );
  }
  if (mount.type === "tmpfs") options.push(["size", mount.size ? String(mount.size) : undefined]);
  const words = options.filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`);
  // The words form CSV: one with a comma or a quote is quoted as a whole.
  const csv = words.map((word) => (/[",]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word)).join(",");
  return `--mount=${csv}`;
}
