import { createTwoFilesPatch } from "diff";
import { isNotFound } from "../../engine/client.ts";
import { getArchive } from "../../engine/containers.ts";
import { inspectImage } from "../../engine/images.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { FileChange } from "../../protocol/messages.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { type Entry, upToStep } from "../history/entries.ts";
import { Ledger } from "../history/ledger.ts";
import { Checkpoints } from "../replay/checkpoints.ts";
import { type Performed, performOperation } from "../replay/perform.ts";
import { StageReplay } from "../replay/stage-replay.ts";
import { compareImages } from "./compare-images.ts";
import { sourceContainer } from "./sources.ts";
import { readSingleFile, type TarFile } from "./tar-file.ts";

/** What step N changed, or with undefined what the hand edits that the container holds changed, all together. */
export async function diffStep(core: SessionCore, step: number | undefined): Promise<readonly FileChange[]> {
  if (step === undefined) return mergeChanges(handChanges(core));
  const known = core.memory.get(requireDone(core, step).number)?.changes;
  return known ?? (await replayStep(core, step)).changes;
}

/**
 * The content of one changed text file as a unified diff; undefined when it is binary, larger than 8 MiB or no file.
 * @throws SlipwayError DIFF_NO_SUCH_FILE when it is not among the changes.
 */
export async function diffContent(
  core: SessionCore,
  step: number | undefined,
  path: string,
): Promise<string | undefined> {
  const change = (await diffStep(core, step)).find((change) => change.path === path);
  if (!change) {
    throw new SlipwayError("DIFF_NO_SUCH_FILE", `${path} is not among the changed files`, {
      hint: step === undefined ? "'diff' lists them" : `'diff ${step}' lists them`,
      exitCode: ExitCode.usage,
    });
  }
  if (change.type !== "file") return undefined;
  const { before, after } = step === undefined ? await handSources(core) : await replaySources(core, step);
  const old = change.kind === "added" ? undefined : await readText(core, before, path);
  const fresh = change.kind === "removed" ? undefined : await readText(core, after, path);
  if (old === null || fresh === null) return undefined;
  const from = old === undefined ? "/dev/null" : `a${path}`;
  const to = fresh === undefined ? "/dev/null" : `b${path}`;
  return createTwoFilesPatch(from, to, old ?? "", fresh ?? "", "", "", { context: 3 })
    .split("\n")
    .slice(1)
    .join("\n");
}

function handChanges(core: SessionCore): readonly FileChange[] {
  const held = new Set(core.currentStage().replay.handEditIds);
  return core.handEdits.filter((edit) => held.has(edit.id)).flatMap((edit) => edit.changes);
}

/** Several changes of one file are one: added and removed again is none. */
export function mergeChanges(changes: readonly FileChange[]): readonly FileChange[] {
  const merged = new Map<string, FileChange>();
  for (const change of changes) {
    const earlier = merged.get(change.path);
    if (earlier?.kind === "added" && change.kind === "removed") merged.delete(change.path);
    else if (earlier?.kind === "added") merged.set(change.path, { ...change, kind: "added" });
    else if (earlier?.kind === "removed" && change.kind === "added")
      merged.set(change.path, { ...change, kind: "changed" });
    else merged.set(change.path, change);
  }
  return [...merged.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function requireDone(core: SessionCore, step: number) {
  const instruction = core.instruction(step);
  for (const place of core.places()) {
    if (place.instruction.number === step && place.position < core.doneCount(place.stage))
      return { ...place, number: step };
  }
  throw new SlipwayError("STEP_NOT_DONE", `step ${step} (${instruction.summary}) was not run`, {
    hint: `run it first: until ${step}`,
    exitCode: ExitCode.usage,
  });
}

interface Replayed {
  readonly changes: readonly FileChange[];
  readonly before: string;
  readonly after: string;
}
const replays = new WeakMap<SessionCore, Map<string, Promise<Replayed>>>();

/** Small steps in a row were not looked at one by one: runs this one again, aside, on the state before it. */
function replayStep(core: SessionCore, step: number): Promise<Replayed> {
  const place = requireDone(core, step);
  const id = `${place.stage.index}:${core
    .keysOf(place.stage)
    .slice(0, place.position + 1)
    .join("\n")}`;
  const known = replays.get(core) ?? new Map<string, Promise<Replayed>>();
  replays.set(core, known);
  const replay = known.get(id) ?? replayAside(core, place.stage, place.position);
  known.set(id, replay);
  return replay;
}

async function replayAside(core: SessionCore, stage: SessionStage, position: number): Promise<Replayed> {
  const { place } = stage.replay;
  const ledger = new Ledger(() => {});
  const checkpoints = new Checkpoints(core.engine, ledger, core.id);
  const aside = new StageReplay({ ...place, runSettings: undefined }, ledger, checkpoints);
  try {
    const chain = upToStep(stage.replay.chain, Math.max(position, 1));
    const { image, held } = await nearestImage(core, chain);
    await aside.enter(image, held);
    aside.goTo(held);
    for (const entry of chain.slice(held.length)) {
      await performAside(core, stage, aside, aside.stepEntries.length);
      aside.push(entry);
    }
    const before = held.length === chain.length ? image : (await aside.checkpoint()).image;
    await aside.agent.changes();
    const elsewhere = position > 0 && (await performAside(core, stage, aside, position)).image !== undefined;
    const seen = await aside.agent.changes();
    const after = await aside.commit(`step ${position} aside`);
    // The agent of the container that it goes on in has not seen the one before.
    const changes = elsewhere ? await compareImages(core, before, after, "/") : seen;
    return { changes, before, after };
  } finally {
    for (const made of ledger.images) stage.replay.own(made);
    await aside.removeContainers();
  }
}

async function nearestImage(
  core: SessionCore,
  chain: readonly Entry[],
): Promise<{ image: string; held: readonly Entry[] }> {
  for (let count = chain.length; count > 0; count--) {
    const image = core.ledger.checkpoints.get(chain[count - 1]!.id);
    if (image !== undefined && (await inspectImage(core.engine, image))) return { image, held: chain.slice(0, count) };
  }
  throw new SlipwayError("CHECKPOINT_GONE", "the images that the session stands on were removed", {
    hint: "'goto 1' makes them again",
  });
}

async function performAside(
  core: SessionCore,
  stage: SessionStage,
  aside: StageReplay,
  position: number,
): Promise<Performed> {
  const wanted = stage.wanted!.steps[position - 1]!;
  const performed = await performOperation(core, { ...stage, replay: aside }, wanted, {
    number: wanted.instruction.number,
    onOutput: () => {},
  });
  if (performed.exitCode === 0) return performed;
  throw new SlipwayError(
    "REPLAY_FAILED",
    `step ${wanted.instruction.number} failed when it was run again to look at it: ${performed.message ?? `exit code ${performed.exitCode}`}`,
    { hint: "it leans on something that is different now; look for it with `shell`" },
  );
}

interface Sources {
  /** Container ids. */
  readonly before: string;
  readonly after: string;
}

async function replaySources(core: SessionCore, step: number): Promise<Sources> {
  const { before, after } = await replayStep(core, step);
  return { before: await sourceContainer(core, before), after: await sourceContainer(core, after) };
}

/** Before the hand edits a checkpoint was made; after them is now. */
async function handSources(core: SessionCore): Promise<Sources> {
  const { replay } = core.currentStage();
  const firstHand = replay.chain.findIndex((entry) => entry.kind === "hand");
  const clean = replay.checkpointOf(replay.chain[firstHand - 1]);
  if (clean === undefined) throw new Error("hand edits without a checkpoint before them");
  const after = (await replay.checkpoint()).image;
  return { before: await sourceContainer(core, clean), after: await sourceContainer(core, after) };
}

/** Undefined where the file is not; null where it can't be shown as text. */
async function readText(core: SessionCore, container: string, path: string): Promise<string | null | undefined> {
  const file = await readFileOf(core, container, path);
  if (!file) return file;
  return file.content.includes(0) ? null : file.content.toString("utf8");
}

/** @returns undefined where there is no such file, null when it is too large to be read into memory. */
export async function readFileOf(
  core: SessionCore,
  container: string,
  path: string,
): Promise<TarFile | null | undefined> {
  try {
    return (await readSingleFile(await getArchive(core.engine, container, path))) ?? null;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
