import { SlipwayError } from "../../errors.ts";
import type { SessionCore, StepPlace } from "../core.ts";
import type { StopReason } from "../events.ts";
import { endpointsOf, launch } from "../hand/launch.ts";
import { noticeChangedInputs } from "../replay/context-inputs.ts";
import { runSteps } from "../replay/run-steps.ts";
import { viewSteps } from "../replay/steps-view.ts";
import { moveNumber } from "../state/merge-text.ts";
import { withContainers } from "../state/resume.ts";
import type { WatchOptions } from "../types.ts";
import { isPointless } from "./pointless.ts";
import { ProjectWatch } from "./project-watch.ts";

/** See `Session.watch`. `settle` puts on disk what a replay acknowledged. */
export async function watchProject(
  core: SessionCore,
  options: WatchOptions,
  settle: () => Promise<void>,
  signal: AbortSignal,
): Promise<StopReason> {
  const warn = (message: string) => core.emit({ type: "notice", level: "warning", message });
  using project = await ProjectWatch.open(core.options, warn);
  const replayer = new Replayer(core, options);
  let reason = (await replayer.replay(signal)) ?? "end";
  await core.emit({ type: "watching", folders: project.folders, until: replayer.until });
  for (;;) {
    await settle();
    const [paths] = await Promise.all([project.next(signal), replayer.standBy()]);
    if (paths === undefined) return reason;
    const ended = await replayWhileQuiet(core, project, replayer, paths, signal);
    reason = ended ?? reason;
    if (signal.aborted || (options.once && ended !== undefined)) return reason;
  }
}

/** Replays; starts over when a save makes what runs pointless, and once more for saves that came meanwhile. */
async function replayWhileQuiet(
  core: SessionCore,
  project: ProjectWatch,
  replayer: Replayer,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<StopReason | undefined> {
  let changed = paths;
  let reason: StopReason | undefined;
  while (changed.length > 0 && !signal.aborted) {
    await core.emit({ type: "files-changed", paths: changed });
    const over = new AbortController();
    const interruption = new AbortController();
    const replaying = replayer.replay(AbortSignal.any([signal, interruption.signal])).finally(() => over.abort());
    const later = new Set<string>();
    const gathering = (async () => {
      for (;;) {
        const more = await project.next(AbortSignal.any([signal, over.signal]));
        if (more === undefined) return;
        for (const path of more) later.add(path);
        if (await isPointless(core)) interruption.abort();
      }
    })();
    const [ended] = await Promise.all([replaying, gathering]);
    reason = ended ?? reason;
    changed = [...later];
  }
  return reason;
}

/** Brings the container up to date again and again, and the application with it. */
class Replayer {
  readonly #core: SessionCore;
  readonly #once: boolean;
  #until: number | undefined;
  /** What `launch` is given once all steps are done; undefined: there is no application to start. */
  #words: readonly string[] | undefined;
  /** The configuration that the application was started with. */
  #launchedWith: string | undefined;
  #isFirst = true;
  /** Where the last replay began; the next save is likely to want the same. */
  #dueFirst: StepPlace | undefined;

  constructor(core: SessionCore, options: WatchOptions) {
    this.#core = core;
    this.#once = options.once;
    this.#until = options.until ?? standingStep(core);
    this.#words = options.launch ? [] : undefined;
    if (core.application) this.#launchedWith = this.#configuration();
  }

  /** The last step to replay; undefined: the last of all. */
  get until(): number | undefined {
    return this.#until;
  }

  /** Undefined when nothing was due. Errors that the next save may mend are told, unless the first replay is the only one. */
  async replay(signal: AbortSignal): Promise<StopReason | undefined> {
    const core = this.#core;
    const startedAt = performance.now();
    const ran: number[] = [];
    const unlisten = core.onEvent((event) => {
      if (event.type === "step-finished") ran.push(event.step.number);
    });
    try {
      const before = core.dockerfile.instructions.map(({ text }) => text);
      const reason = await withContainers(core, async () => {
        const after = core.dockerfile.instructions.map(({ text }) => text);
        this.#until &&= moveNumber(this.#until, before, after);
        return await this.#run(signal);
      });
      const launched = reason === undefined || isGood(reason) ? await this.#launch(ran.length > 0, signal) : false;
      const milliseconds = performance.now() - startedAt;
      const application = core.application && {
        command: core.application.command,
        addresses: await endpointsOf(core, core.currentStage()),
      };
      if (reason !== "interrupted") await core.emit({ type: "replayed", ran, milliseconds, reason, application });
      return reason ?? (launched ? "end" : undefined);
    } catch (error) {
      if (signal.aborted) return "interrupted";
      if (this.#once || !(error instanceof SlipwayError)) throw error;
      const hint = error.hint === undefined ? "" : `\nhint: ${error.hint}`;
      await core.emit({ type: "notice", level: "warning", message: `${error.message}${hint}` });
      return "failure";
    } finally {
      this.#isFirst = false;
      unlisten();
    }
  }

  async #run(signal: AbortSignal): Promise<StopReason | undefined> {
    const core = this.#core;
    if (core.application) this.#words = core.application.words;
    await noticeChangedInputs(core);
    const order = [...core.places()].map(({ instruction }) => instruction.number);
    const next = core.nextPlace();
    const last = this.#until === undefined ? order.length - 1 : order.indexOf(this.#until);
    if (next === undefined || order.indexOf(next.instruction.number) > last) return undefined;
    this.#dueFirst = this.#isFirst ? this.#firstCopy() : next;
    const limits = { count: Number.POSITIVE_INFINITY, until: this.#until, stepping: false, returning: true };
    return await runSteps(core, limits, signal);
  }

  #firstCopy(): StepPlace | undefined {
    const kinds = ["COPY", "ADD"];
    return [...this.#core.places()].find(({ instruction }) => kinds.includes(instruction.keyword));
  }

  /** Has a container wait on the state that the next save is likely to go back to. */
  async standBy(): Promise<void> {
    if (this.#dueFirst === undefined) return;
    const { replay } = this.#dueFirst.stage;
    const before = replay.stepEntries.slice(0, this.#dueFirst.position);
    const image = replay.checkpointOf(before.findLast((entry) => replay.checkpointOf(entry) !== undefined));
    if (image !== undefined) await this.#core.spare.prepare(replay.place, image);
  }

  /** Starts the application where it does not run as it should any more. */
  async #launch(isChanged: boolean, signal: AbortSignal): Promise<boolean> {
    const core = this.#core;
    if (this.#words === undefined) return false;
    const configuration = this.#configuration();
    const isDue = core.application === undefined && (isChanged || this.#isFirst);
    if (!isDue && configuration === this.#launchedWith) return false;
    this.#launchedWith = configuration;
    await launch(core, { command: this.#words, detach: true, passing: true }, signal);
    return true;
  }

  #configuration(): string {
    const config = this.#core.stateOf(this.#core.currentStage())?.config;
    return JSON.stringify([config?.entrypoint, config?.cmd, config?.env, config?.workingDir, config?.user]);
  }
}

function isGood(reason: StopReason): boolean {
  return reason === "end" || reason === "until";
}

/** How far the session came, by its last step that ran; undefined: to the end, or it hasn't begun, or it failed. */
function standingStep(core: SessionCore): number | undefined {
  const views = new Map(viewSteps(core).map((view) => [view.number, view.status]));
  const order = [...core.places()].map(({ instruction }) => instruction.number);
  if (order.some((number) => views.get(number) === "failed")) return undefined;
  const last = order.findLastIndex((number) => ["done", "stale"].includes(views.get(number)!));
  return last < 0 || last === order.length - 1 ? undefined : order[last];
}
