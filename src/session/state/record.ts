import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import type { BreakpointView, HandEdit } from "../events.ts";
import type { RecordedOptions } from "./recorded-options.ts";
import type { StepMemory } from "./step-memory.ts";

/** A step that was run in the stage's container. */
export interface ExecutedStep {
  readonly kind: "step";
  readonly key: string;
  readonly milliseconds: number;
  readonly size: number | undefined;
  /** State of the context's files that it took; see context-inputs.ts. */
  readonly inputs: string | undefined;
  /** Image of the container after it. */
  readonly checkpoint: string | undefined;
}

/** Hand edits are listed between the steps where they were made. */
export type Executed = ExecutedStep | { readonly kind: "hand"; readonly id: number };

export interface FailedStep {
  readonly key: string;
  readonly number: number;
  readonly exitCode: number;
  readonly milliseconds: number;
}

export interface StageRecord {
  readonly index: number;
  readonly container: string | undefined;
  /** The FROM step first. */
  readonly executed: readonly Executed[];
  /** Set while the container holds what a failed or interrupted step left. */
  readonly failed: FailedStep | undefined;
  /** The container holds something else than the steps say; the next step starts from a checkpoint. */
  readonly restoreDue: boolean;
  /** Images that the stage made and that go with the session, oldest first. */
  readonly images: readonly string[];
}

/** What `--resume` needs; secrets' values are never part of it. */
export interface SessionRecord {
  readonly version: 1;
  readonly id: string;
  readonly created: string;
  readonly engine: string;
  readonly options: RecordedOptions;
  /** The Dockerfile as edited in the session. */
  readonly text: string;
  /** The file's content when it was last read or written. */
  readonly diskText: string;
  readonly stages: readonly StageRecord[];
  readonly breakpoints: readonly BreakpointView[];
  readonly handEdits: readonly HandEdit[];
  readonly nextId: number;
  readonly memory: readonly (readonly [number, StepMemory])[];
}

export function sessionFolder(stateDir: string, id: string): string {
  return join(stateDir, "sessions", id);
}

/**
 * Replaces the record on disk in one step: after a crash it is the old one or the new one, whole.
 * @throws SlipwayError STATE_UNWRITABLE: no space, no permission.
 */
export async function saveRecord(stateDir: string, record: SessionRecord): Promise<void> {
  const folder = sessionFolder(stateDir, record.id);
  const temporary = join(folder, "record.json.new");
  try {
    await mkdir(join(folder, "output"), { recursive: true, mode: 0o700 });
    await writeFile(temporary, JSON.stringify(record), { mode: 0o600 });
    await rename(temporary, join(folder, "record.json"));
  } catch (cause) {
    throw stateUnwritable(folder, cause);
  }
}

export function stateUnwritable(path: string, cause: unknown): SlipwayError {
  return new SlipwayError("STATE_UNWRITABLE", `the session can't be kept in ${path}: ${messageOf(cause)}`, {
    hint: "make room or set XDG_STATE_HOME to another folder; the container keeps what was done",
    cause,
  });
}

/** @throws SlipwayError SESSION_UNKNOWN, SESSION_UNREADABLE */
export async function loadRecord(stateDir: string, id: string): Promise<SessionRecord> {
  const path = join(sessionFolder(stateDir, id), "record.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const known = await listSessionIds(stateDir);
    throw new SlipwayError("SESSION_UNKNOWN", `there is no session ${id}`, {
      hint: known.length > 0 ? `sessions that can be resumed: ${known.join(", ")}` : "start one with 'slipway hack'",
      cause,
    });
  }
  const record = JSON.parse(text) as SessionRecord;
  if (record.version !== 1) {
    throw new SlipwayError("SESSION_UNREADABLE", `${path} was written by another version of slipway`, {
      hint: "resume it with the version that made it",
    });
  }
  return record;
}

/** Newest first. */
export async function listSessionIds(stateDir: string): Promise<string[]> {
  const entries = await readdir(join(stateDir, "sessions")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.sort().reverse();
}

/**
 * The newest session of a build context, given as an absolute path.
 * @throws SlipwayError SESSION_UNKNOWN, SESSION_UNREADABLE
 */
export async function findSession(stateDir: string, context: string): Promise<string> {
  const ids = await listSessionIds(stateDir);
  for (const id of ids) {
    if ((await loadRecord(stateDir, id)).options.context === context) return id;
  }
  throw new SlipwayError("SESSION_UNKNOWN", `there is no session of ${context} to take up`, {
    hint: ids.length === 0 ? "begin one with `slipway hack`" : `sessions of other folders: ${ids.join(", ")}`,
    exitCode: ExitCode.usage,
  });
}

export async function removeRecord(stateDir: string, id: string): Promise<void> {
  await rm(sessionFolder(stateDir, id), { recursive: true, force: true });
}
