import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { EngineClient } from "../engine/client.ts";
import { describeEngine } from "../engine/info.ts";
import { SlipwayError } from "../errors.ts";
import { recordChange } from "./advance.ts";
import { ensureAgentVolume } from "./agent/volume.ts";
import { copyDialectOfDocker } from "./copy/dialect.ts";
import { SessionCore } from "./core.ts";
import { Ledger } from "./history/ledger.ts";
import { type Beginning, type EngineFacts, JOURNAL_VERSION, type JournalRecord } from "./history/records.ts";
import { liveSession } from "./live-session.ts";
import { planOptionsOf } from "./plan-options.ts";
import { warnOfSecretArgs } from "./secrets/secret-args.ts";
import { SessionSecrets } from "./secrets/session-secrets.ts";
import { veilSession } from "./secrets/veil-session.ts";
import { type OpenSessionOptions, type SessionPlace, settleOptions, settlePlace } from "./settings.ts";
import { findSession, Journal, readJournal, replayJournal, requireSession } from "./state/journal.ts";
import { lockSession } from "./state/lock.ts";
import { stateOwner } from "./state/owner.ts";
import { recordOptions, restoreOptions } from "./state/recorded-options.ts";
import { resumeStages } from "./state/resume.ts";
import type { Session, SessionOptions } from "./types.ts";

/**
 * Begins a session on a Dockerfile. Nothing runs before the first command.
 * @throws DockerfileError with every mistake in it; SlipwayError CONTEXT_MISSING, DOCKERFILE_MISSING, PLATFORM_UNKNOWN,
 * ENGINE_UNREACHABLE and others of finding the engine; EngineError
 */
export async function openSession(given: OpenSessionOptions = {}): Promise<Session> {
  const { options, ownsEngine } = await settleOptions(given);
  return await holdingEngine(options.engine, ownsEngine, async (engine) => {
    const text = await readDockerfile(options.dockerfilePath);
    // Sorts by time of creation, and is short enough to be typed.
    const id = `${Math.floor(Date.now() / 1000).toString(36)}${randomBytes(2).toString("hex")}`;
    const prepared = await prepareEngine(options, id);
    let journal: Journal | undefined;
    const ledger = new Ledger((records) => journal!.write(records));
    const core = createCore({ options, ...prepared, id, ledger, text });
    // Of a Dockerfile with mistakes nothing is kept.
    journal = new Journal(options.stateDir, id);
    const lock = await lockSession(options.stateDir, id);
    const beginning: Beginning = {
      type: "begin",
      version: JOURNAL_VERSION,
      id,
      created: new Date().toISOString(),
      engine: options.engine.endpoint.url,
      options: recordOptions(options),
      text,
    };
    ledger.record(beginning, openedRecord(options, prepared.facts));
    beginStates(core);
    return await announce(
      liveSession(core, { journal, held: [lock, engine], resumed: false, losses: [] }),
      core,
      given,
    );
  });
}

/** Which session to take up, and where. */
export interface ResumeSessionOptions extends SessionPlace {
  /** Default: the newest session of `context`. */
  readonly id?: string | undefined;
  /** Folder of a build context. Default: the current folder. */
  readonly context?: string | undefined;
  /** Those that look like secrets, which were not kept: all that were not in the environment when the session was opened. */
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  /** The same of `runSettings.env`, by name. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/**
 * Takes up a session that an earlier program left, on its containers or, where they are gone, on its checkpoints. It goes on
 * with the options with which it was opened.
 * @throws SlipwayError SESSION_UNKNOWN, SESSION_UNREADABLE, SESSION_BUSY, VALUE_MISSING, OPTION_FIXED
 */
export async function resumeSession(given: ResumeSessionOptions = {}): Promise<Session> {
  const { ownsEngine, ...place } = await settlePlace(given);
  return await holdingEngine(place.engine, ownsEngine, async (engine) => {
    const id = given.id ?? (await findSession(place.stateDir, resolve(given.context ?? ".")));
    await requireSession(place.stateDir, id);
    const lock = await lockSession(place.stateDir, id);
    try {
      const { beginning, records, length } = await readJournal(place.stateDir, id);
      const { buildArgs = {}, variables = {} } = given;
      const options = restoreOptions(beginning.options, place, { buildArgs, variables });
      const prepared = await prepareEngine(options, id);
      const journal = new Journal(place.stateDir, id);
      journal.truncate(length);
      const ledger = replayJournal(records, journal);
      ledger.record(openedRecord(options, prepared.facts));
      const hasBegun = ledger.states.all.length > 0;
      const text = hasBegun ? ledger.states.current.text : beginning.text;
      const core = createCore({ options, ...prepared, id, ledger, text });
      if (!hasBegun) beginStates(core);
      core.returnMemory();
      const losses = await resumeStages(core);
      return await announce(liveSession(core, { journal, held: [lock, engine], resumed: true, losses }), core, given);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  });
}

function beginStates(core: SessionCore): void {
  recordChange(core, { kind: "begin", label: "", step: undefined, stage: core.stages[0]!.index });
}

function openedRecord({ engine }: SessionOptions, facts: EngineFacts): JournalRecord {
  return { type: "opened", at: new Date().toISOString(), engine: engine.endpoint.url, facts };
}

const nothing: AsyncDisposable = { [Symbol.asyncDispose]: async () => {} };

/** Hands on what the session has to let go of at its end: an engine that was found for it; lets go of it at once when `work` fails. */
async function holdingEngine(
  engine: EngineClient,
  owned: boolean,
  work: (held: AsyncDisposable) => Promise<Session>,
): Promise<Session> {
  const held = owned ? engine : nothing;
  try {
    return await work(held);
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

async function announce(session: Session, core: SessionCore, { onEvent }: SessionPlace): Promise<Session> {
  if (onEvent) core.onEvent(onEvent);
  await core.emit({
    type: "opened",
    session: core.id,
    dockerfile: core.options.dockerfilePath,
    engine: core.engine.endpoint.url,
    resumed: session.resumed,
    steps: session.steps(),
  });
  for (const message of session.losses) await core.emit({ type: "notice", level: "warning", message });
  if (!session.resumed) await warnOfSecretArgs(core);
  return veilSession(session, core.secrets);
}

function createCore(beginning: ConstructorParameters<typeof SessionCore>[0]): SessionCore {
  try {
    return new SessionCore(beginning);
  } catch (error) {
    // A mistake may show what a build argument made of an instruction.
    throw beginning.secrets.hideInError(error);
  }
}

async function readDockerfile(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new SlipwayError("DOCKERFILE_MISSING", `there is no Dockerfile to read at ${path}: ${cause.message}`, {
      hint: "name it with -f, or give the folder that holds it: slipway hack DIR",
      cause,
    });
  });
}

async function prepareEngine(options: SessionOptions, id: string) {
  const { os, architecture, version, containerdStore } = await describeEngine(options.engine);
  const facts: EngineFacts = { os, architecture, version, containerdStore };
  return {
    facts,
    owner: await stateOwner(options.stateDir),
    planOptions: planOptionsOf(facts, options),
    copyDialect: copyDialectOfDocker(version, containerdStore),
    secrets: await SessionSecrets.read(options, id),
    // The engine's kernel runs it, whatever the image is made for.
    agentVolume: await ensureAgentVolume(options.engine, facts),
  };
}
