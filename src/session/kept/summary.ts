import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseDockerfile } from "../../dockerfile/parse.ts";
import { messageOf } from "../../errors.ts";
import { Ledger } from "../history/ledger.ts";
import type { Beginning } from "../history/records.ts";
import { readJournal, sessionFolder } from "../state/journal.ts";
import { lockHolder } from "../state/lock.ts";

/** What the journal of a session tells, without its engine. */
export interface SessionSummary {
  readonly id: string;
  /** Undefined where the journal can't be read. */
  readonly held: HeldWork | undefined;
  /** Why it can't. */
  readonly problem: string | undefined;
  /** The process that has it open. */
  readonly process: number | undefined;
  readonly lastUsed: Date;
}

export interface HeldWork {
  readonly dockerfile: string;
  /** Folder of the build context. */
  readonly context: string;
  /** URL of the engine where it was opened last. */
  readonly engine: string;
  readonly created: Date;
  /** Name or number of the stage in which something happened last. */
  readonly stage: string;
  /** What happened last, in words. */
  readonly last: string;
  /** Steps that are done. */
  readonly done: number;
  readonly total: number;
  /** Those that changed something and that no instruction stands for. */
  readonly handEdits: number;
  /** The Dockerfile was edited in the session and not written. */
  readonly unsaved: boolean;
  /** Ids of the containers to work in. */
  readonly containers: readonly string[];
  /** Ids of images of states. */
  readonly checkpoints: readonly string[];
  /** Ids of all images that go with the session, oldest first. */
  readonly images: readonly string[];
  /** Ids of images that its stages start on. */
  readonly bases: readonly string[];
}

/** Reads without changing anything. A journal that can't be read is a summary too. @throws SlipwayError SESSION_UNKNOWN */
export async function summarizeSession(stateDir: string, id: string): Promise<SessionSummary> {
  const process = await lockHolder(stateDir, id);
  const folder = sessionFolder(stateDir, id);
  try {
    const { beginning, records } = await readJournal(stateDir, id);
    const ledger = new Ledger(() => {});
    for (const record of records) ledger.apply(record);
    if (ledger.states.all.length === 0) throw new Error("its program died while it began");
    const { mtime } = await stat(join(folder, "journal.jsonl"));
    return { id, held: summarize(beginning, ledger), problem: undefined, process, lastUsed: mtime };
  } catch (error) {
    // The folder was removed meanwhile, or never was.
    const { mtime } = await stat(folder).catch(() => {
      throw error;
    });
    return { id, held: undefined, problem: messageOf(error), process, lastUsed: mtime };
  }
}

function summarize({ options, created, engine }: Beginning, ledger: Ledger): HeldWork {
  const { current } = ledger.states;
  return {
    dockerfile: options.dockerfilePath,
    context: options.context,
    engine: ledger.opened?.engine ?? engine,
    created: new Date(created),
    stage: parseDockerfile(current.text).stages[current.stage]?.name ?? String(current.stage),
    last: current.kind === "begin" ? "" : current.label,
    done: current.done,
    total: current.total,
    handEdits: ledger.openHandEdits.filter((edit) => edit.changes.length > 0).length,
    unsaved: current.text !== ledger.diskText,
    containers: [...ledger.activeContainers.values()],
    checkpoints: [...new Set(ledger.checkpoints.values())],
    images: [...ledger.images],
    bases: [...new Set([...ledger.bases.values()].map(({ image }) => image))],
  };
}
