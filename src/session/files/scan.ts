import type { FileChange } from "../../protocol/messages.ts";
import type { SessionCore, SessionStage } from "../core.ts";

/** Milliseconds that a look at the whole file system takes, about; the last one that was measured. */
let scanCost = 15;

/**
 * Finds what the last step changed, when somebody is about to look, or when the step took so long that the scan is lost
 * beside it. Small steps in a row are left to be scanned together, and `diff` replays them when one is asked for.
 */
export async function scanIfWorthwhile(
  core: SessionCore,
  stage: SessionStage,
  step: { readonly stepping: boolean; readonly milliseconds: number },
): Promise<void> {
  if (!step.stepping && step.milliseconds < 10 * scanCost) return;
  const covered = stage.unscanned;
  const changes = await scan(stage);
  const [only, ...others] = covered ?? [];
  if (only === undefined || others.length > 0) return;
  const memory = core.memory.get(only);
  if (memory) core.remember(only, { ...memory, changes, size: memory.size ?? sizeOf(changes) });
}

/** What changed since the last scan, by whomever. The first one of a container finds nothing: it is the point to compare with. */
export async function scan(stage: SessionStage): Promise<readonly FileChange[]> {
  const startedAt = performance.now();
  const changes = await stage.replay.agent.changes();
  scanCost = performance.now() - startedAt;
  stage.unscanned = [];
  return changes;
}

/** Bytes of the files that were added or changed. */
function sizeOf(changes: readonly FileChange[]): number {
  return changes.reduce(
    (sum, change) => sum + (change.kind !== "removed" && change.type === "file" ? change.size : 0),
    0,
  );
}
