import { randomUUID } from "node:crypto";
import type { ImageConfig, Platform } from "../../dockerfile/image-config.ts";
import type { Operation } from "../../dockerfile/plan-types.ts";
import type { EngineClient } from "../../engine/client.ts";
import { composeImage } from "../../engine/compose-image.ts";
import { inspectImage, removeImage } from "../../engine/images.ts";
import type { RunSettings } from "../../project/run-settings.ts";
import type { Ledger } from "../history/ledger.ts";
import { historyOf } from "../images/history.ts";
import { inputsOf } from "../replay/context-inputs.ts";
import { fingerprint } from "../replay/fingerprint.ts";
import type { StageBase, WantedStage } from "../replay/wanted-steps.ts";
import { findHeldStates, type HeldState, isRepeatable, takesInputs } from "./held-steps.ts";
import { type Cut, imageConfig, keptKeywords, shortenDockerfile, stateAt } from "./shorten.ts";
import type { WantedPlan } from "./wanted-plan.ts";

/** A session, and a build that may go on from its states. */
export interface StateSearch {
  readonly engine: EngineClient;
  readonly wanted: WantedPlan;
  baseOf(index: number): Omit<StageBase, "state"> | undefined;
  /** The build's; undefined where it is not the session's own, so that no file of it is known to be the same. */
  readonly context: string | undefined;
  readonly dockerfilePath: string;
  /** Stages from which nothing is to be taken. */
  readonly excluded: ReadonlySet<number>;
  /** What the session did. */
  readonly ledger: Pick<Ledger, "entries" | "checkpoints" | "containers">;
  /** An image of a container in which this entry was the last to happen; undefined where that can't be had. */
  commit(container: string, entry: number): Promise<string | undefined>;
}

/** A state that a stage of the build starts from. */
export interface FoundState extends HeldState {
  readonly index: number;
  readonly stage: WantedStage;
  /** Of the state, and of where its stage starts. */
  readonly image: string;
  readonly start: string;
}

/** Whether steps run as in a build: in containers without volumes, hosts, a network, an environment of the session's own. */
export function runsAsInABuild({ volumes, extraHosts, network, env }: RunSettings): boolean {
  return volumes.length + extraHosts.length + env.length === 0 && network === undefined;
}

/** The states that stand in for steps of the build, as far as the target needs them; those of the target first. */
export async function findStates(search: StateSearch): Promise<readonly FoundState[]> {
  const { plan, stages } = search.wanted;
  const found: FoundState[] = [];
  const needed = [plan.targetIndex];
  for (const index of needed) {
    const state = await findState(search, index);
    if (state) found.push(state);
    const base = plan.stages[index]!.base;
    const operations = stages.get(index)?.steps.slice(state ? state.count - 1 : 0) ?? [];
    const needs =
      stages.get(index)?.problem !== undefined || !stages.has(index)
        ? plan.stages[index]!.needs
        : [
            ...(base.kind === "stage" && !state ? [base.index] : []),
            ...operations.flatMap(({ operation }) => stagesOf(operation)),
          ];
    needed.push(...needs.filter((other) => !needed.includes(other)));
  }
  return found;
}

function stagesOf(operation: Operation): readonly number[] {
  const sources =
    operation.kind === "run"
      ? operation.mounts.map(({ from }) => from)
      : operation.kind === "copy" || operation.kind === "add"
        ? [operation.from]
        : [];
  return sources.flatMap((source) => (source?.kind === "stage" ? [source.index] : []));
}

async function findState(search: StateSearch, index: number): Promise<FoundState | undefined> {
  const { ledger, wanted } = search;
  const stage = wanted.stages.get(index);
  if (!stage || search.excluded.has(index)) return undefined;
  const source = wanted.plan.stages[index]!.base;
  const below = source.kind === "stage" && !search.baseOf(index) ? source.index : undefined;
  const states = await findHeldStates(ledger.entries.values(), {
    stage,
    fromInputs: below === undefined ? undefined : await stageFingerprint(search, below),
    inputsOf: (operation) => expectedInputs(search, operation),
  });
  for (const state of states) {
    if (stage.steps.slice(0, state.count - 1).every(({ operation }) => operation.kind === "config")) return undefined;
    const start = await presentImage(search, ledger.checkpoints.get(state.from));
    const image = start && (await imageOf(search, state.last));
    if (start !== undefined && image !== undefined) return { ...state, index, stage, image, start };
  }
  return undefined;
}

/** What was there after the entry: an image that was made of it, or one of a container that holds it still. */
async function imageOf(search: StateSearch, entry: number): Promise<string | undefined> {
  const { checkpoints, containers } = search.ledger;
  const kept = await presentImage(search, checkpoints.get(entry));
  if (kept !== undefined) return kept;
  const held = [...containers].find(([, { holds, busy }]) => holds === entry && busy === undefined);
  return held && (await search.commit(held[0], entry));
}

async function presentImage({ engine }: StateSearch, image: string | undefined): Promise<string | undefined> {
  return image && (await inspectImage(engine, image))?.id;
}

async function expectedInputs(search: StateSearch, operation: Operation): Promise<string | undefined> {
  const { engine, context, dockerfilePath } = search;
  const ofContext = (operation.kind === "copy" || operation.kind === "add") && operation.from.kind === "context";
  if (context === undefined && ofContext) return undefined;
  const places = {
    engine,
    context: context ?? "",
    dockerfilePath,
    stageFingerprint: (index: number) => stageFingerprint(search, index),
  };
  return await inputsOf(places, operation);
}

/** What a session's stage has for a fingerprint that did all these steps and nothing else; undefined where nobody can tell. */
async function stageFingerprint(search: StateSearch, index: number): Promise<string | undefined> {
  const stage = search.wanted.stages.get(index);
  if (!stage || stage.problem !== undefined || search.excluded.has(index)) return undefined;
  const operations = [...stage.triggers, ...stage.steps].map(({ operation }) => operation);
  if (!operations.every(isRepeatable) || stage.triggers.some(({ operation }) => takesInputs(operation)))
    return undefined;
  const source = search.wanted.plan.stages[index]!.base;
  const below = source.kind === "stage" && !search.baseOf(index) ? source.index : undefined;
  const entries = [
    { key: stage.fromKey, inputs: below === undefined ? undefined : await stageFingerprint(search, below) },
  ];
  if (below !== undefined && entries[0]!.inputs === undefined) return undefined;
  for (const { key, operation } of stage.steps) {
    const inputs = await expectedInputs(search, operation);
    if (takesInputs(operation) && inputs === undefined) return undefined;
    entries.push({ key, inputs });
  }
  return fingerprint(entries.map((entry) => ({ kind: "step", ...entry })));
}

/** What is left to do of a build, with images standing for what a session did. */
export interface ShortenedBuild extends AsyncDisposable {
  readonly text: string;
  /** The states that are used. */
  readonly states: readonly FoundState[];
}

/** Makes the images and the Dockerfile that starts from them. The images' names go when it is disposed of. */
export async function shortenBuild(search: StateSearch, found: readonly FoundState[]): Promise<ShortenedBuild> {
  const { engine, wanted } = search;
  let text = wanted.plan.dockerfile.text;
  const cuts: Cut[] = [];
  const states: FoundState[] = [];
  for (const state of found) {
    const cut = {
      index: state.index,
      dropped: state.count - 1,
      reference: `slipway-session:${randomUUID()}`,
      stage: state.stage,
    };
    const shortened = shortenDockerfile(wanted, (index) => search.baseOf(index), [...cuts, cut]);
    if (shortened === undefined) continue;
    text = shortened;
    cuts.push(cut);
    states.push(state);
  }
  const names: string[] = [];
  const dispose = async () => {
    for (const name of names) await removeImage(engine, name, { force: false });
  };
  try {
    for (const [at, cut] of cuts.entries()) {
      const instructions = cut.stage.steps.map(({ instruction }) => instruction);
      await composeState(search, states[at]!, {
        tags: [cut.reference],
        config: imageConfig(stateAt(cut)),
        platform: stateAt(cut).platform,
        // They come again, and with them their lines of the history.
        untold: keptKeywords(instructions.slice(0, cut.dropped), instructions.slice(cut.dropped)),
      });
      names.push(cut.reference);
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return { text, states, [Symbol.asyncDispose]: dispose };
}

/** An image of the state; `untold`: keywords of instructions that are left out of its history. */
export async function composeState(
  { engine, wanted }: Pick<StateSearch, "engine" | "wanted">,
  { stage, count, image, start }: FoundState,
  options: {
    readonly tags: readonly string[];
    readonly config: ImageConfig;
    readonly platform: Platform;
    readonly untold?: ReadonlySet<string>;
  },
): Promise<string> {
  const steps = stage.steps.slice(0, count - 1).filter(({ instruction }) => !options.untold?.has(instruction.keyword));
  return await composeImage(engine, {
    base: image,
    config: options.config,
    platform: options.platform,
    history: await historyOf(engine, { start, image, steps, hide: (text) => wanted.secrets.hide(text) }),
    tags: options.tags,
  });
}
