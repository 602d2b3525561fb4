import type { CacheRecord } from "../../build/buildkit/cache-records.ts";

/** Two layers further apart in time were not made by one build, and the time between them says nothing. Milliseconds. */
const SAME_BUILD = 30 * 60_000;

/** What BuildKit needs for a RUN that does nothing, at most; milliseconds. */
const OVERHEAD = 250;

/** Bytes that a step which only installs things writes in a millisecond, at most. */
const BYTES_PER_MILLISECOND = 50_000;

/**
 * The milliseconds that each of these commands, the words of a RUN, took: as many of them, from the first, as the cache seems
 * to hold one upon the other. It is a hint: records tell neither the base nor the environment, and a layer's age only when it was
 * complete, so that a step's time is that since the layer below.
 */
export function estimateRuns(
  records: readonly CacheRecord[],
  commands: readonly (readonly string[])[],
): readonly number[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  let below: ReadonlySet<string> | undefined;
  const times: number[] = [];
  for (const command of commands) {
    const description = `mount / from exec ${command.join(" ")}`;
    const found = records.filter(
      (record) => record.description === description && (!below || standsOn(record, below, byId)),
    );
    if (found.length === 0) break;
    times.push(Math.min(...found.map((record) => (below ? durationOf(record, byId) : durationBySize(record)))));
    below = new Set(found.map(({ id }) => id));
  }
  return times;
}

function standsOn(record: CacheRecord, ids: ReadonlySet<string>, byId: ReadonlyMap<string, CacheRecord>): boolean {
  return record.parents.some((parent) => {
    const below = byId.get(parent);
    return ids.has(parent) || (below !== undefined && standsOn(below, ids, byId));
  });
}

/** What stands on the base: that has the age at which it came to the engine, which says nothing of the step. */
function durationBySize({ size }: CacheRecord): number {
  return Math.round(size / BYTES_PER_MILLISECOND);
}

function durationOf(record: CacheRecord, byId: ReadonlyMap<string, CacheRecord>): number {
  const before = Math.max(0, ...record.parents.map((parent) => byId.get(parent)?.created ?? 0));
  const between = record.created - before;
  return Math.max(durationBySize(record), between < SAME_BUILD ? Math.round(between - OVERHEAD) : 0);
}
