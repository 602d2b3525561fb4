import { closeSync, fdatasync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import { Ledger } from "../history/ledger.ts";
import { type Beginning, JOURNAL_VERSION, type JournalRecord } from "../history/records.ts";

export function sessionFolder(stateDir: string, id: string): string {
  return join(stateDir, "sessions", id);
}

export function stateUnwritable(path: string, cause: unknown): SlipwayError {
  return new SlipwayError("STATE_UNWRITABLE", `the session can't be kept in ${path}: ${messageOf(cause)}`, {
    hint: "make room or set XDG_STATE_HOME to another folder; the container keeps what was done",
    cause,
  });
}

/**
 * The file in which a session's records are kept, one JSON object a line, only ever added to. A line is in the hands of the
 * operating system when `write` returns, so that the death of this program can't take it back, and on the disk after `sync`.
 */
export class Journal implements Disposable {
  readonly #path: string;
  readonly #fd: number;
  #length: number;

  /** @throws SlipwayError STATE_UNWRITABLE */
  constructor(stateDir: string, id: string) {
    const folder = sessionFolder(stateDir, id);
    this.#path = join(folder, "journal.jsonl");
    try {
      mkdirSync(join(folder, "output"), { recursive: true, mode: 0o700 });
      this.#fd = openSync(this.#path, "a", 0o600);
      this.#length = fstatSync(this.#fd).size;
    } catch (cause) {
      throw stateUnwritable(folder, cause);
    }
  }

  /** All of them or none. @throws SlipwayError STATE_UNWRITABLE: no space, no permission. */
  write(records: readonly JournalRecord[]): void {
    const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#fd, bytes, written);
      this.#length += bytes.length;
    } catch (cause) {
      ftruncateSync(this.#fd, this.#length);
      throw stateUnwritable(this.#path, cause);
    }
  }

  /** Survives a loss of power from here on. */
  async sync(): Promise<void> {
    await promisify(fdatasync)(this.#fd);
  }

  /** Drops what a program wrote of a line when it died. */
  truncate(length: number): void {
    ftruncateSync(this.#fd, length);
    this.#length = length;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

export interface ReadJournal {
  readonly beginning: Beginning;
  readonly records: readonly JournalRecord[];
  /** Bytes of the whole lines. */
  readonly length: number;
}

/** @throws SlipwayError SESSION_UNKNOWN, SESSION_UNREADABLE */
export async function readJournal(stateDir: string, id: string): Promise<ReadJournal> {
  const path = join(sessionFolder(stateDir, id), "journal.jsonl");
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    await requireSession(stateDir, id);
    throw unreadable(`the session ${id} has no journal: ${messageOf(cause)}`, cause);
  }
  return parseJournal(bytes, path);
}

/** A last line without its end was being written when the program died: it never counted. */
export function parseJournal(bytes: Uint8Array, path: string): ReadJournal {
  const length = bytes.lastIndexOf(10) + 1;
  const lines = Buffer.from(bytes.subarray(0, length)).toString("utf8").split("\n").slice(0, -1);
  const records = lines.map((line, index) => {
    try {
      return JSON.parse(line) as JournalRecord;
    } catch (cause) {
      throw unreadable(`${path}:${index + 1} is no record of a session: ${messageOf(cause)}`, cause);
    }
  });
  const beginning = records[0];
  if (beginning?.type !== "begin") throw unreadable(`${path} has no beginning`);
  if (beginning.version !== JOURNAL_VERSION) throw unreadable(`${path} was written by another version of slipway`);
  return { beginning, records, length };
}

function unreadable(message: string, cause?: unknown): SlipwayError {
  return new SlipwayError("SESSION_UNREADABLE", message, {
    hint: "resume it with the version that made it, or remove it: slipway sessions rm ID",
    cause,
  });
}

/** The ledger that the records make; what happens from now on goes to the journal. */
export function replayJournal(records: readonly JournalRecord[], journal: Journal): Ledger {
  const ledger = new Ledger((fresh) => journal.write(fresh));
  for (const record of records) ledger.apply(record);
  if (!hasBegun(records)) throw unreadable("the program died while it opened the session");
  return ledger;
}

/** Without a state, nothing was ever acknowledged. */
function hasBegun(records: readonly JournalRecord[]): boolean {
  return records.some((record) => record.type === "state");
}

/** Newest first. */
export async function listSessionIds(stateDir: string): Promise<string[]> {
  const entries = await readdir(join(stateDir, "sessions")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.sort().reverse();
}

/** What is no session's id must never become the path of a folder. @throws SlipwayError SESSION_UNKNOWN */
export async function requireSession(stateDir: string, id: string): Promise<void> {
  const known = await listSessionIds(stateDir);
  if (known.includes(id)) return;
  throw new SlipwayError("SESSION_UNKNOWN", `there is no session ${id}`, {
    hint: known.length > 0 ? `there are: ${known.join(", ")}` : "start one with 'slipway hack'",
    exitCode: ExitCode.usage,
  });
}

/**
 * The newest session of a build context, given as an absolute path. Sessions that can't be read, and those of programs that
 * died while they opened them, are no candidates.
 * @throws SlipwayError SESSION_UNKNOWN
 */
export async function findSession(stateDir: string, context: string): Promise<string> {
  const ids = await listSessionIds(stateDir);
  for (const id of ids) {
    const journal = await readJournal(stateDir, id).catch((error) => {
      if (error instanceof SlipwayError) return undefined;
      throw error;
    });
    if (journal?.beginning.options.context === context && hasBegun(journal.records)) return id;
  }
  throw new SlipwayError("SESSION_UNKNOWN", `there is no session of ${context} to take up`, {
    hint: ids.length === 0 ? "begin one with `slipway hack`" : `sessions of other folders: ${ids.join(", ")}`,
    exitCode: ExitCode.usage,
  });
}

export async function removeSessionFolder(stateDir: string, id: string): Promise<void> {
  await rm(sessionFolder(stateDir, id), { recursive: true, force: true });
}
