import { listContainers, removeContainer } from "../../engine/containers.ts";
import { SlipwayError } from "../../errors.ts";
import { recordChange } from "../advance.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { handEditsOf } from "../history/entries.ts";
import type { HeldContainer } from "../history/ledger.ts";
import { SESSION_LABEL } from "../replay/container.ts";
import { takeOutsideEdits } from "./outside-edits.ts";

/** Finds the containers of the session's present state again. Returns what was lost, in words. */
export async function resumeStages(core: SessionCore): Promise<readonly string[]> {
  const { ledger } = core;
  const stages = new Set([...Object.keys(ledger.states.current.tips).map(Number), ...ledger.activeContainers.keys()]);
  const losses: string[] = [];
  for (const index of [...stages].sort()) losses.push(...(await resumeStage(core, core.stage(index))));
  core.evaluateStages();
  core.beside(() => tidyContainers(core));
  return losses;
}

async function resumeStage(core: SessionCore, stage: SessionStage): Promise<readonly string[]> {
  const { ledger } = core;
  stage.unscanned = undefined;
  const container = ledger.activeContainers.get(stage.index);
  const busy = container === undefined ? undefined : ledger.containers.get(container)?.busy;
  if ((await stage.replay.resume(ledger.chainOf(stage.index))) !== "lost") return [];
  const what = busy === undefined ? "" : `'${busy}' was running and did not end`;
  const lost = loseUnsaved(core, stage);
  const losses = [what, lost].filter((loss) => loss !== "");
  return losses.length === 0
    ? []
    : [`the container of stage ${stage.index} can't be gone on with: ${losses.join("; ")}`];
}

/**
 * Of a stage without its container there is what images hold, and the steps after them, which can be run again. What was
 * done by hand since is gone: the stage goes back before it. Returns what that is, in words.
 */
function loseUnsaved(core: SessionCore, stage: SessionStage): string {
  const { chain } = stage.replay;
  const saved = chain.findLastIndex((entry) => core.ledger.checkpoints.has(entry.id));
  const first = chain.findIndex((entry, index) => index > saved && entry.kind !== "step" && entry.kind !== "adopted");
  if (first < 0) return "";
  const gone = chain.slice(first);
  stage.replay.goTo(chain.slice(0, first));
  const goneEdits = handEditsOf(gone);
  const edits = core.handEdits.filter((edit) => goneEdits.includes(edit.id));
  const lost = new Set(edits.map((edit) => edit.id));
  recordChange(core, {
    kind: "lost",
    label: "the container was gone",
    step: undefined,
    stage: stage.index,
    handEdits: core.handEdits.filter((edit) => !lost.has(edit.id)).map((edit) => edit.id),
  });
  const commands = edits.filter((edit) => edit.changes.length > 0).map((edit) => edit.command);
  if (commands.length === 0) return "what a failed step left is gone";
  return `what was done by hand there is lost: ${commands.join("; ")}`;
}

/** Containers that were left, or that nobody knows of any more: what only they hold is kept as an image. */
async function tidyContainers(core: SessionCore): Promise<void> {
  const { ledger, engine } = core;
  const inUse = new Set([...core.allStages].map((stage) => stage.replay.container?.id));
  const present = await listContainers(engine, { all: true, label: [`${SESSION_LABEL}=${core.id}`] });
  const isSource = new Set(await Promise.all(core.sourceContainers.values()));
  for (const { id } of present) {
    if (inUse.has(id) || isSource.has(id)) continue;
    const held = ledger.containers.get(id);
    if (held) await keep(core, id, held);
    await removeContainer(engine, id, { force: true, volumes: true });
  }
  for (const id of ledger.containers.keys()) {
    if (!inUse.has(id)) ledger.record({ type: "container-removed", id });
  }
}

async function keep(core: SessionCore, id: string, { holds, busy }: HeldContainer): Promise<void> {
  if (holds === undefined || busy !== undefined || core.ledger.checkpoints.has(holds)) return;
  await core.checkpoints.make(id, holds);
}

/**
 * Does a command's work on the Dockerfile as it is now. Where it finds that a container went away under it, the next command first finds or makes one
 * again; the one at hand fails with AGENT_GONE, since nobody knows how far it came.
 */
export async function withContainers<T>(core: SessionCore, work: () => Promise<T>): Promise<T> {
  await takeOutsideEdits(core);
  if (core.containersLost) {
    for (const stage of core.stages) {
      for (const message of await resumeStage(core, stage)) {
        await core.emit({ type: "notice", level: "warning", message });
      }
    }
    core.containersLost = false;
  }
  try {
    return await work();
  } catch (error) {
    core.containersLost ||= error instanceof SlipwayError && error.code === "AGENT_GONE";
    throw error;
  }
}
