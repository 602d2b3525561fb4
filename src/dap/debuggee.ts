import type { DebugProtocol } from "@vscode/debugprotocol";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import { describeTrigger } from "../session/breakpoints/describe.ts";
import type { BreakpointView, SessionEvent, StepView, StopReason } from "../session/events.ts";
import type { Session } from "../session/types.ts";
import { Breakpoints } from "./breakpoints.ts";
import type { Client } from "./connection.ts";
import { DockerfileView } from "./dockerfile-view.ts";
import { currentStage, threadOf } from "./frames.ts";
import type { Attach, Launch, Opened } from "./launch.ts";
import { createConsole } from "./output.ts";
import { Variables } from "./variables.ts";

type Stopped = Extract<SessionEvent, { type: "stopped" }>;
type Failed = Extract<SessionEvent, { type: "step-finished" }>;

/** What an editor is told beside where it is: the body of the protocol's `stopped` event. */
type Stop = Omit<DebugProtocol.StoppedEvent["body"], "threadId" | "allThreadsStopped">;

/** A break point before every step: where a pause takes effect without ending the step that runs. */
const EVERY_STEP = "/^/";

/** The session as a program that is debugged: it runs or it stands, and the editor is told of each change. */
export class Debuggee {
  readonly session: Session;
  readonly breakpoints: Breakpoints;
  readonly view: DockerfileView;
  readonly variables = new Variables();
  readonly settings: Launch | Attach;
  /** Whether a failing step is a stop; else it is the end. */
  stopsAtFailure = true;
  readonly opened: Opened;
  readonly #client: Client;
  readonly #console: ReturnType<typeof createConsole>;
  readonly #editor: DebugProtocol.InitializeRequestArguments;
  readonly #unsubscribe: () => void;
  #watch: Disposable | undefined;
  #stopped: Stopped | undefined;
  #failed: Failed | undefined;
  #running: AbortController | undefined;
  #pause: Promise<BreakpointView> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #ending: Promise<void> | undefined;

  constructor(
    opened: Opened,
    settings: Launch | Attach,
    client: Client,
    editor: DebugProtocol.InitializeRequestArguments,
  ) {
    this.opened = opened;
    this.session = opened.session;
    this.settings = settings;
    this.#client = client;
    this.#editor = editor;
    this.view = new DockerfileView(this.session, editor.linesStartAt1 === false ? 0 : 1);
    this.breakpoints = new Breakpoints(this.session, this.view);
    this.#console = createConsole(client, this.view, {
      count: () => this.session.steps().length,
      showsProgress: editor.supportsProgressReporting === true,
    });
    this.#unsubscribe = this.session.onEvent(async (event) => {
      if (event.type === "stopped") this.#stopped = event;
      if (event.type === "step-finished" && event.step.status === "failed") this.#failed = event;
      if (event.type === "dockerfile-changed") {
        await client.send("loadedSource", { reason: "changed", source: this.view.source() });
        if (!this.#running) await this.#invalidate();
      }
      await this.#console.show(event);
    });
  }

  /** A Dockerfile that is saved while the session stands is taken over at once: lines are the editor's. */
  static async start(...init: ConstructorParameters<typeof Debuggee>): Promise<Debuggee> {
    const it = new Debuggee(...init);
    for (const loss of it.session.losses) await it.#console.tell(`${loss}\n`, { category: "important" });
    it.#watch = await it.session.watchDockerfile(() => void it.refresh().catch((error) => it.#tellError(error)));
    return it;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** The step that failed last, and what was said of it. */
  get failure(): Failed | undefined {
    return this.#failed;
  }

  /** The first move, when the editor has set its break points. */
  async begin(): Promise<void> {
    const next = this.session.steps().find((step) => step.current);
    const point = next && this.breakpoints.stopsBefore(next);
    if (this.settings.stopOnEntry) await this.#tellStop({ reason: "entry" });
    else if (point !== undefined) await this.#tellStop(this.breakpoints.describeStop(point));
    else this.go((signal) => this.session.continue(signal));
  }

  /** Runs steps; the editor hears how it ends. */
  go(work: (signal: AbortSignal) => Promise<StopReason>): void {
    if (this.#running) return;
    if (!this.session.steps().some((step) => step.current)) {
      void this.#tellEnd(ExitCode.ok).catch((error) => this.#tellError(error));
      return;
    }
    this.#start(async (signal) => {
      const reason = await work(signal);
      return () => this.#tellReason(reason);
    });
  }

  /** Goes to another state at once: back, or forward again. */
  jump(stop: Stop, work: (signal: AbortSignal) => Promise<unknown>): void {
    if (this.#running) return;
    this.#start(async (signal) => {
      await work(signal);
      return () => this.#tellStop(stop);
    });
  }

  #start(work: (signal: AbortSignal) => Promise<() => Promise<void>>): void {
    const controller = new AbortController();
    this.#running = controller;
    this.variables.reset();
    const run = async (): Promise<() => Promise<void>> => {
      try {
        return await work(controller.signal).finally(() => this.#releasePause());
      } catch (error) {
        return () => this.#tellError(error);
      } finally {
        this.#running = undefined;
      }
    };
    const working = this.#turn.then(run);
    this.#turn = working;
    void working.then((tell) => (this.#ending ? undefined : tell())).catch((error) => this.#tellError(error));
  }

  /** Before the next step; asked for again, the step that runs is ended. */
  async pause(): Promise<void> {
    if (!this.#running) return this.interrupt();
    if (this.#pause) return this.#running.abort();
    this.#pause = this.session.addBreakpoint(EVERY_STEP);
    await this.#pause;
    await this.#console.tell("Pausing before the next step. Pause again to end the one that runs.\n");
  }

  async #releasePause(): Promise<void> {
    const point = await this.#pause;
    this.#pause = undefined;
    if (point) await this.session.removeBreakpoint(point.id);
  }

  /** Work in the session's containers, one after the other, while no step runs. */
  readonly exclusive = async <Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    if (this.#running) {
      throw new SlipwayError("DAP_RUNNING", "steps are running", { hint: "pause first", exitCode: ExitCode.usage });
    }
    const done = this.#turn.then(() => work(this.#interrupt.signal));
    this.#turn = done.catch(() => {});
    try {
      return await done;
    } catch (error) {
      throw this.#veil(error);
    }
  };
  #interrupt = new AbortController();

  /** What was typed wrongly is in the message, and may hold a secret. */
  #veil(error: unknown): unknown {
    if (!(error instanceof SlipwayError)) return error;
    const { code, hint, exitCode } = error;
    return new SlipwayError(code, this.session.hideSecrets(error.message), { hint, exitCode, cause: error });
  }

  /** Ends whatever runs. */
  interrupt(): void {
    this.#running?.abort();
    this.#interrupt.abort();
    this.#interrupt = new AbortController();
  }

  /** Takes over what was saved; while steps run, they do so themselves. */
  async refresh(): Promise<void> {
    if (!this.#running && !this.#ending) await this.exclusive(() => this.session.refresh());
  }

  /** Something was done from the console: what is shown is out of date, and a prompt's command may have moved on. */
  async changed(before: readonly StepView[]): Promise<void> {
    const stateOf = (steps: readonly StepView[]) =>
      steps.map(({ summary, status }) => `${status} ${summary}`).join("\n");
    if (stateOf(before) === stateOf(this.session.steps())) await this.#invalidate();
    else await this.#tellStop({ reason: "goto" });
  }

  async #invalidate(): Promise<void> {
    this.variables.reset();
    if (this.#editor.supportsInvalidatedEvent) await this.#client.send("invalidated", { areas: ["all"] });
  }

  /**
   * Leaves the session. It stays where it was asked to, where it was there before, and where hand edits or an edited
   * Dockerfile would be lost.
   */
  async end(options: { readonly keep: boolean }): Promise<void> {
    this.#ending ??= this.#leave(options);
    await this.#ending;
  }

  async #leave({ keep }: { readonly keep: boolean }): Promise<void> {
    this.interrupt();
    await this.#turn;
    const { handEdits, unsaved } = this.session.status();
    const stays = keep || handEdits > 0 || unsaved;
    if (stays) await this.#console.tell(`The session stays: slipway hack --resume ${this.session.id}\n`);
    this.#watch?.[Symbol.dispose]();
    this.#unsubscribe();
    await this.session.close({ remove: !stays });
    await this.opened[Symbol.asyncDispose]();
  }

  async #tellReason(reason: StopReason): Promise<void> {
    const { breakpoint, trigger } = this.#stopped ?? {};
    switch (reason) {
      case "end":
        if (!this.settings.stopAtEnd || this.settings.noDebug) return await this.#tellEnd(ExitCode.ok);
        return await this.#tellStop({ reason: "pause", description: "All steps are done" });
      case "failure": {
        const { step, message } = this.#failed ?? {};
        if (!this.stopsAtFailure || this.settings.noDebug)
          return await this.#tellEnd(step?.exitCode || ExitCode.failure);
        const description = `Step ${step?.number} failed with exit code ${step?.exitCode}`;
        return await this.#tellStop({ reason: "exception", description, text: message ?? description });
      }
      case "breakpoint": {
        if (breakpoint === undefined || breakpoint.condition === EVERY_STEP)
          return await this.#tellStop({ reason: "pause" });
        const stop = this.breakpoints.describeStop(breakpoint.id);
        if (trigger === undefined) return await this.#tellStop(stop);
        const text = describeTrigger(trigger);
        return await this.#tellStop({ ...stop, description: `Paused: ${text}`, text });
      }
      case "interrupted":
        return await this.#tellStop({ reason: "pause", description: "Interrupted" });
      default:
        return await this.#tellStop({ reason: "step" });
    }
  }

  async #tellStop(stop: Stop): Promise<void> {
    await this.#client.send("stopped", {
      threadId: threadOf(currentStage(this.session)),
      allThreadsStopped: true,
      ...stop,
    });
  }

  /** The command itself could not be done: the engine went away, for instance. */
  async #tellError(error: unknown): Promise<void> {
    const hint = error instanceof SlipwayError && error.hint ? `\nhint: ${error.hint}` : "";
    const known = error instanceof SlipwayError || !(error instanceof Error);
    const text = `${known ? messageOf(error) : error.stack}${hint}`;
    await this.#console.tell(`${text}\n`, { category: "important" });
    await this.#tellStop({ reason: "exception", description: "Slipway could not go on", text });
  }

  /** The session is left at once: not every editor says goodbye to a program that has ended. */
  async #tellEnd(exitCode: number): Promise<void> {
    await this.end({ keep: this.settings.kind === "attach" });
    await this.#client.send("exited", { exitCode });
    await this.#client.send("terminated");
  }
}
