import { homedir } from "node:os";
import { resolve } from "node:path";
import { dockerConfigDir } from "../../engine/docker-config.ts";
import type { SessionCore } from "../core.ts";
import type { ResumeSessionOptions } from "../open.ts";
import { viewStates } from "../replay/states-view.ts";
import { environmentOf, statusOf } from "../replay/status-view.ts";
import { viewSteps } from "../replay/steps-view.ts";
import { SessionSecrets } from "../secrets/session-secrets.ts";
import { veilSession } from "../secrets/veil-session.ts";
import { findSession, readJournal } from "../state/journal.ts";
import { readOutputLog } from "../state/output-log.ts";
import { restoreOptions } from "../state/recorded-options.ts";
import { stateFolder } from "../state/state-folder.ts";
import type { Session } from "../types.ts";
import { noEngine, readOnly } from "./no-engine.ts";
import { Observer } from "./observer.ts";

export type ObserveSessionOptions = Omit<ResumeSessionOptions, "engine">;

/**
 * Watches a session that another program has open, or that was left: everything that can be looked at, and the events of the
 * other program as it writes them down. Nothing is changed, and nothing is asked of the engine. `watch` follows until the signal
 * comes or the session is removed; `refresh` takes in what came since. All that would change something rejects with
 * SESSION_READ_ONLY.
 * @throws SlipwayError SESSION_UNKNOWN, SESSION_UNREADABLE, VALUE_MISSING
 */
export async function observeSession(given: ObserveSessionOptions = {}): Promise<Session> {
  const environment = given.environment ?? process.env;
  const stateDir = resolve(given.stateDir ?? stateFolder(environment, homedir()));
  const id = given.id ?? (await findSession(stateDir, resolve(given.context ?? ".")));
  const { beginning } = await readJournal(stateDir, id);
  const { buildArgs = {}, variables = {} } = given;
  const options = restoreOptions(
    beginning.options,
    {
      engine: noEngine(beginning.engine),
      environment,
      stateDir,
      dockerConfigDir: given.dockerConfigDir ?? dockerConfigDir(environment, homedir()),
    },
    { buildArgs, variables },
  );
  const secrets = await SessionSecrets.read(options, id);
  const observer = new Observer(beginning, options, secrets);
  await observer.begin();
  const session = sessionOf(observer, id, secrets);
  if (given.onEvent) session.onEvent(given.onEvent);
  await observer.emit({
    type: "opened",
    session: id,
    dockerfile: options.dockerfilePath,
    engine: beginning.engine,
    resumed: true,
    steps: session.steps(),
  });
  await observer.refresh();
  return secrets.isEmpty ? session : veilSession(session, secrets);
}

function sessionOf(observer: Observer, id: string, secrets: SessionSecrets): Session {
  const core = () => observer.core;
  const refuse = (what: string) => async (): Promise<never> => {
    throw readOnly(`'${what}' would change something`);
  };
  return {
    id,
    resumed: true,
    losses: [],
    onEvent: (listener) => observer.onEvent(listener),
    hideSecrets: (text) => secrets.hide(text),
    steps: () => viewSteps(core()),
    status: () => ({
      ...statusOf(core()),
      container: core().ledger.activeContainers.get(core().currentStage().index),
    }),
    environment: () => environmentOf(core()),
    configuration: () => {
      const state = core().stateOf(core().currentStage());
      return state && { image: state.config, args: state.args };
    },
    breakpoints: () => core().ledger.breakpoints,
    handEdits: () => core().handEdits,
    output: async (step) => await readOutputLog(core().outputPath(core().instruction(step).number)),
    states: () => viewStates(core()),
    get text() {
      return observer.core.text;
    },
    diff: async (step) => recordedChanges(core(), step),

    refresh: observer.refresh,
    watch: async (_, signal) => await observer.follow(signal),
    watchDockerfile: async (listener) => observer.onWrite(listener),
    close: async ({ remove }) => {
      if (remove) throw readOnly("removing it would change something");
    },
    [Symbol.asyncDispose]: async () => {},

    next: refuse("next"),
    continue: refuse("continue"),
    chooseStage: refuse("stage"),
    until: refuse("until"),
    retry: refuse("retry"),
    addBreakpoint: refuse("break"),
    removeBreakpoint: refuse("delete"),
    run: refuse("run"),
    shell: refuse("shell"),
    launch: refuse("launch"),
    undo: refuse("undo"),
    redo: refuse("redo"),
    goto: refuse("goto"),
    replaceText: refuse("edit"),
    insert: refuse("insert"),
    replace: refuse("replace"),
    remove: refuse("remove"),
    write: refuse("write"),
    adoptable: refuse("adopt"),
    adopt: refuse("adopt"),
    outsideMerge: refuse("merge"),
    tag: refuse("tag"),
    finish: refuse("finish"),
    diffContent: async () => {
      throw readOnly("the content of files is on the engine");
    },
    addresses: async () => {
      throw readOnly("addresses are known to the engine");
    },
  };
}

/** What the other program found that a step, or the hand edits, changed. */
function recordedChanges(core: SessionCore, step: number | undefined) {
  if (step === undefined) {
    const all = core.handEdits.flatMap((edit) => edit.changes.map((change) => [change.path, change] as const));
    return [...new Map(all).values()];
  }
  const { number, summary } = core.instruction(step);
  const changes = core.memory.get(number)?.changes;
  if (changes) return changes;
  throw readOnly(`what step ${number} (${summary}) changed was not looked at by the program that ran it`);
}
