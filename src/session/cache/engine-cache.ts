import { type CacheRecord, listCacheRecords } from "../../build/buildkit/cache-records.ts";
import { buildIfCached, namesProxy } from "../../build/buildkit/cached-build.ts";
import { readIgnoreBeside } from "../../build/context/ignore-file.ts";
import { hasOurSyntax } from "../../build/dockerfile-text.ts";
import { composeImage } from "../../engine/compose-image.ts";
import { inspectImage, removeImage } from "../../engine/images.ts";
import { describeEngine } from "../../engine/info.ts";
import { messageOf } from "../../errors.ts";
import { advance } from "../advance.ts";
import { breakpointBefore, breakpointsOf } from "../breakpoints/breakpoints.ts";
import type { SessionCore, SessionStage, StepPlace } from "../core.ts";
import { stepsOf } from "../history/entries.ts";
import { rebuildOptions } from "../images/rebuild.ts";
import { veilHistory } from "../images/veil-history.ts";
import { contextInputs } from "../replay/context-inputs.ts";
import { viewStep } from "../replay/steps-view.ts";
import type { WantedStep } from "../replay/wanted-steps.ts";
import { estimateRuns } from "./estimate.ts";
import { isRepeatable } from "./held-steps.ts";
import { runsAsInABuild } from "./session-states.ts";

/**
 * To ask costs a build in which everything is cached, and a new container: about a second. Steps that took less are run
 * sooner than asked for. Milliseconds.
 */
const WORTH_ASKING = 3_000;

/** The records of the engine's BuildKit, asked for while the session does something else. */
export type CacheLook = Promise<readonly CacheRecord[]>;

/** Looks into the cache when a stage is about to begin; undefined where nothing is to be taken from it. */
export function lookIntoCache(core: SessionCore): CacheLook | undefined {
  const { noCache, runSettings, network, fromImage } = core.options;
  const usual = [undefined, "default", "none", "host"].includes(network) && fromImage === undefined;
  const { directives, text } = core.dockerfile;
  if (noCache || !usual || !runsAsInABuild(runSettings) || !hasOurSyntax(directives.syntax) || namesProxy(text)) return;
  if (breakpointsOf(core).some(({ condition }) => condition.effect !== undefined)) return;
  const next = core.nextPlace();
  if (!next || !(next.position === 0 || isBegun(core, next))) return;
  const look = describeEngine(core.engine).then(({ buildkit }) => (buildkit ? listCacheRecords(core.engine) : []));
  // A cache that can't be looked into holds nothing for us.
  return look.catch(() => []);
}

/**
 * Takes steps of a stage that just began from the cache of the engine's BuildKit, where that holds them and they seem to have
 * taken long. Returns the last of them; undefined when they are to be run.
 */
export async function takeFromCache(
  core: SessionCore,
  place: StepPlace,
  { until, look }: { readonly until: number | undefined; readonly look: CacheLook },
  signal?: AbortSignal,
): Promise<StepPlace | undefined> {
  const { stage } = place;
  if (!isBegun(core, place)) return undefined;
  const taken = await stepsWorthTaking(core, place, until, await look);
  const steps = taken.map(({ step }) => step);
  const last = steps.at(-1);
  if (!last) return undefined;
  await core.emit({ type: "progress", step: place.instruction.number, message: "asking the engine's build cache" });
  const inputs: (string | undefined)[] = [];
  for (const { operation } of steps) inputs.push(await contextInputs(core, operation));
  const image = await buildUpTo(core, last, signal);
  if (image === undefined) return undefined;
  await stage.replay.continueFrom(image, signal);
  stage.unscanned = undefined;
  const places = [...core.places()].filter((each) => each.stage === stage && each.position > 0).slice(0, steps.length);
  for (const [index, each] of places.entries()) {
    const { key, instruction } = steps[index]!;
    const memory = { ran: true, milliseconds: 0, size: undefined, exitCode: 0, changes: undefined, cached: true };
    advance(
      core,
      stage,
      {
        kind: "step",
        key,
        milliseconds: taken[index]!.milliseconds,
        cached: true,
        size: undefined,
        inputs: inputs[index],
      },
      {
        kind: "step",
        label: instruction.summary,
        step: instruction.number,
        ...(instruction === last.instruction ? { checkpoint: image } : {}),
      },
      [{ type: "memory", step: instruction.number, memory }],
    );
    await core.emit({ type: "step-started", step: { ...viewStep(core, each), status: "running" } });
    await core.emit({ type: "step-finished", step: viewStep(core, each), message: undefined });
  }
  return places.at(-1);
}

/**
 * Gets an image of the state after those steps that came from the cache and are in no image, where the stage goes back to them
 * and running them would take long.
 */
export async function restoreFromCache(core: SessionCore, stage: SessionStage, signal?: AbortSignal): Promise<void> {
  const missing = stepsOf(stage.replay.missing).filter(({ cached }) => cached);
  const last = missing.at(-1);
  if (!last || missing.reduce((sum, { milliseconds }) => sum + milliseconds, 0) < WORTH_ASKING) return;
  const position = stage.replay.stepEntries.indexOf(last);
  const wanted = stage.wanted?.steps[position - 1];
  if (wanted?.key !== last.key) return;
  await core.emit({
    type: "progress",
    step: wanted.instruction.number,
    message: "asking the engine's build cache",
  });
  const image = await buildUpTo(core, wanted, signal);
  if (image !== undefined) {
    core.ledger.record({ type: "image", image }, { type: "checkpoint", entry: last.id, image });
  }
}

/** Whether nothing was done in the stage but its FROM: what the session did itself is never exchanged for something else. */
function isBegun(core: SessionCore, { stage, position }: StepPlace): boolean {
  const { base } = core.plan.stages[stage.index]!;
  return position === 1 && stage.replay.chain.length === 1 && base.kind === "image" && stage.wanted !== undefined;
}

async function stepsWorthTaking(
  core: SessionCore,
  { stage }: StepPlace,
  until: number | undefined,
  records: readonly CacheRecord[],
): Promise<readonly { readonly step: WantedStep; readonly milliseconds: number }[]> {
  const points = breakpointsOf(core);
  const { steps, triggers } = stage.wanted!;
  if (triggers.length > 0) return [];
  const end = steps.findIndex(
    ({ instruction, operation }, index) =>
      (until !== undefined && instruction.number > until) ||
      (index > 0 && breakpointBefore(points, instruction) !== undefined) ||
      !isTakable(operation),
  );
  const allowed = end < 0 ? steps : steps.slice(0, end);
  const runs = allowed.flatMap((step) => (step.operation.kind === "run" ? [{ step, argv: step.operation.argv }] : []));
  const times = estimateRuns(
    records,
    runs.map(({ argv }) => argv),
  );
  const last = runs[times.length - 1];
  if (!last || times.reduce((sum, time) => sum + time, 0) < WORTH_ASKING) return [];
  const timeOf = new Map(runs.map(({ step }, index) => [step, times[index]]));
  return allowed
    .slice(0, allowed.indexOf(last.step) + 1)
    .map((step) => ({ step, milliseconds: timeOf.get(step) ?? 0 }));
}

/** Secrets are asked for by a build even where the cache holds the step; stages that the session did itself are not built a second time. */
function isTakable(operation: WantedStep["operation"]): boolean {
  if (operation.kind === "run") {
    const secret = operation.mounts.some(({ type }) => type === "secret" || type === "ssh");
    return isRepeatable(operation) && !secret && operation.security === "sandbox";
  }
  if (operation.kind !== "copy" && operation.kind !== "add") return true;
  return isRepeatable(operation) && operation.from.kind === "context";
}

/** An image of the state after the step, for containers; undefined where the cache has not all of it. */
async function buildUpTo(core: SessionCore, step: WantedStep, signal?: AbortSignal): Promise<string | undefined> {
  const own = rebuildOptions(core);
  const options = {
    ...own,
    dockerfile: {
      kind: "text",
      // With the frontend of the engine itself: another one would have to be fetched.
      text: core.text.slice(0, step.instruction.range.end.offset).replace(/^#[ \t]*syntax[ \t]*=.*$/im, "#"),
      ignore: await readIgnoreBeside(own.dockerfile),
    },
    secrets: [],
    sshAgents: [],
    contexts: {},
    // An image of its own: whoever has one of the same steps keeps it.
    labels: { "slipway.session": core.id },
  } as const;
  let built: string | undefined;
  try {
    built = await buildIfCached(core.engine, options, signal);
  } catch (error) {
    signal?.throwIfAborted();
    const message = `the engine's build cache can't be asked: ${messageOf(error)}`;
    await core.emit({ type: "notice", level: "info", message });
  }
  if (built === undefined) return undefined;
  const image = await veilHistory(core, built);
  const { config } = (await inspectImage(core.engine, image))!;
  if (config.volumes.length === 0) return image;
  // Volumes would keep what steps write there out of the image.
  const bare = await composeImage(core.engine, {
    base: image,
    config: { ...config, volumes: [] },
    history: [],
    tags: [],
  });
  await removeImage(core.engine, image, { force: false });
  return bare;
}
