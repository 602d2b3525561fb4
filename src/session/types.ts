import type { Readable } from "node:stream";
import type { ImageConfig } from "../dockerfile/image-config.ts";
import type { PlanOptions } from "../dockerfile/plan-types.ts";
import type { EngineClient } from "../engine/client.ts";
import type { RunSettings } from "../project/run-settings.ts";
import type { FileChange, TerminalSize } from "../protocol/messages.ts";
import type { BreakpointView, HandEdit, SessionEvent, StateView, StepView, StopReason } from "./events.ts";

export interface SessionOptions {
  readonly engine: EngineClient;
  /** Absolute path of the build context. */
  readonly context: string;
  /** Absolute path. */
  readonly dockerfilePath: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platform: PlanOptions["targetPlatform"] | undefined;
  /** `--build-context NAME=VALUE`. */
  readonly contexts: Readonly<Record<string, string>>;
  readonly secrets: readonly {
    readonly id: string;
    readonly source: { readonly file: string } | { readonly env: string };
  }[];
  readonly sshAgents: readonly { readonly id: string; readonly socket: string }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly network: string | undefined;
  readonly addHosts: readonly string[];
  readonly pull: boolean;
  /** Run every step, also those that the engine's build cache holds. */
  readonly noCache: boolean;
  /** Start on this image instead of the target stage's FROM. */
  readonly fromImage: string | undefined;
  /** Where the session's own container differs from a build's. Applies to hand commands and launch. */
  readonly runSettings: RunSettings;
  /** Where secrets that are named by variable, and the settings of git and proxies, are read from; never recorded. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder of the docker client's configuration: registry credentials. */
  readonly dockerConfigDir: string;
  /** XDG state folder of Slipway; sessions live in `sessions/ID`. */
  readonly stateDir: string;
}

export interface Terminal {
  readonly input: Readable;
  write(data: Uint8Array): void;
  readonly size: TerminalSize;
  onResize(listener: (size: TerminalSize) => void): () => void;
  /** TERM, for the program inside. */
  readonly name: string;
}

export interface SessionStatus {
  readonly id: string;
  readonly dockerfile: string;
  readonly stage: string;
  readonly image: string;
  readonly container: string | undefined;
  readonly done: number;
  readonly total: number;
  /** Those that changed something. */
  readonly handEdits: number;
  readonly unsaved: boolean;
  /** Why what others wrote into the Dockerfile on disk was not taken. */
  readonly outside: string | undefined;
  readonly application: string | undefined;
}

/** A choice that the person made from `session.adoptable()`. */
export interface Adoption {
  /** Groups of hand edit ids; the commands of one group are joined with && into one RUN. */
  readonly commands: readonly (readonly number[])[];
  /** Absolute paths in the container that become COPY instructions. */
  readonly files: readonly string[];
}

export interface Adoptable {
  readonly edits: readonly HandEdit[];
  /** Text files that the hand edits changed and no command accounts for, or that the person may rather copy. */
  readonly files: readonly FileChange[];
  /** What `adopt` takes when nothing is chosen. */
  readonly suggested: Adoption;
}

export interface WatchOptions {
  /** The last step to replay; undefined: as far as the session stands, or to the end where it hasn't begun or failed. */
  readonly until: number | undefined;
  /** Launch the application as soon as all steps are done. One that runs already is started again in any case. */
  readonly launch: boolean;
  /** Resolve after the first save that made a step due. */
  readonly once: boolean;
}

/** The session's text and the file on disk, both changed since the session last read or wrote the file. */
export interface OutsideMerge {
  /** Joined, with conflict markers. */
  readonly text: string;
  /** Of the first conflict, from 1. */
  readonly line: number;
  /** Joined, with the session's lines where both changed the same. */
  readonly ours: string;
  /** Joined, with the file's lines there. */
  readonly theirs: string;
  /**
   * Makes a text the session's; what is on disk then counts as taken.
   * @throws DockerfileError; SlipwayError MERGE_UNRESOLVED
   */
  take(text: string): Promise<void>;
}

export interface StageConfiguration {
  readonly image: ImageConfig;
  /** In order of declaration; undefined: declared without a value. */
  readonly args: readonly { readonly key: string; readonly value: string | undefined }[];
}

export interface FinishOptions {
  readonly tag: string | undefined;
  readonly run: boolean;
  readonly noCache: boolean;
}

/**
 * A Dockerfile being replayed in live containers. One command at a time; each rejects with a SlipwayError when it failed,
 * and everything that happens meanwhile is an event.
 */
export interface Session extends AsyncDisposable {
  readonly id: string;
  /** Taken up from an earlier program. */
  readonly resumed: boolean;
  /** What of the earlier program's work could not be found again, in words. */
  readonly losses: readonly string[];
  /** A listener that returns a promise holds the session back until it is settled. */
  onEvent(listener: (event: SessionEvent) => void | Promise<void>): () => void;

  /** The text with every value of the session's secrets masked: for programs that keep or show what they hand in. */
  hideSecrets(text: string): string;

  steps(): readonly StepView[];
  status(): SessionStatus;
  /** `KEY=value` as the next step sees it. */
  environment(): readonly string[];
  /** The image's configuration and the ARGs in scope, as the next step sees them; undefined before the stage's FROM. */
  configuration(): StageConfiguration | undefined;
  breakpoints(): readonly BreakpointView[];
  /** What step N printed, both streams in order. */
  output(step: number): Promise<Readable>;
  handEdits(): readonly HandEdit[];

  /** Runs up to `count` steps. */
  next(count: number, signal?: AbortSignal): Promise<StopReason>;
  continue(signal?: AbortSignal): Promise<StopReason>;
  /** Runs up to and including step N. */
  until(step: number, signal?: AbortSignal): Promise<StopReason>;
  /**
   * Before a step: `7`, a line `:12`, a text `RUN pip`, a regular expression `/pip3? install/`. After a step, behind a place
   * or alone: `if-changed PATH`, `if-exists PATH`, `if-removed PATH`, `if-larger 50MB`, `if-slower 5s`, `if-prints /REGEX/`.
   */
  addBreakpoint(condition: string): Promise<BreakpointView>;
  removeBreakpoint(id: number): Promise<void>;

  /** Runs a shell-form command as the next RUN would; resolves with its exit code. */
  run(command: string, signal?: AbortSignal): Promise<number>;
  shell(terminal: Terminal, signal?: AbortSignal): Promise<number>;
  retry(options: { readonly dirty: boolean }, signal?: AbortSignal): Promise<StopReason>;

  /** Every state that the session was in, oldest first. */
  states(): readonly StateView[];
  /** Goes `count` states back; what is left stays a state of its own. @throws SlipwayError NOTHING_TO_UNDO, STATE_GONE */
  undo(count: number, signal?: AbortSignal): Promise<StateView>;
  /** Goes forward again, the way that was last gone. @throws SlipwayError NOTHING_TO_REDO, STATE_GONE */
  redo(count: number, signal?: AbortSignal): Promise<StateView>;
  /** `7`: the state after step 7; `s12`: state 12. @throws SlipwayError STATE_UNKNOWN, STEP_NOT_DONE, STATE_GONE */
  goto(target: string, signal?: AbortSignal): Promise<StateView>;

  /**
   * Works in another stage from now on: its name or number. Commands by hand, `diff`, `adopt` and `next` are of that stage,
   * until a step is run in another one. @throws SlipwayError STAGE_UNKNOWN, STAGE_SKIPPED
   */
  chooseStage(name: string): Promise<void>;

  /** The Dockerfile as edited in the session. */
  readonly text: string;
  replaceText(text: string): Promise<void>;
  insert(beforeStep: number, instruction: string): Promise<void>;
  replace(step: number, instruction: string): Promise<void>;
  remove(step: number): Promise<void>;
  /** Merges what others changed in the file first; refuses where that conflicts. */
  write(): Promise<void>;
  /**
   * Replays after each save of the Dockerfile or of files that steps take, and starts the application again, until `signal`
   * comes. Resolves with how the last replay ended.
   * @throws SlipwayError WATCH_REFUSED
   */
  watch(options: WatchOptions, signal: AbortSignal): Promise<StopReason>;
  /** Calls `listener` when the Dockerfile or its ignore file changes on disk, until it is disposed of. */
  watchDockerfile(listener: () => void): Promise<Disposable>;
  /** Takes over what others changed in the Dockerfile on disk, or tells why it can't; commands do so themselves. */
  refresh(): Promise<void>;
  /** What the session and the file on disk changed both, for a person to choose. */
  outsideMerge(): Promise<OutsideMerge>;

  /** Undefined: the hand edits since the last step. */
  diff(step: number | undefined): Promise<readonly FileChange[]>;
  /** Unified diff of a text file among those, undefined for a binary one. */
  diffContent(step: number | undefined, path: string): Promise<string | undefined>;
  adoptable(): Promise<Adoptable>;
  adopt(adoption: Adoption): Promise<void>;

  /** CMD and ENTRYPOINT when `command` is empty. Detached: resolves once started; else with its exit code. */
  launch(
    options: { readonly command: readonly string[]; readonly detach: boolean },
    signal?: AbortSignal,
  ): Promise<number>;
  addresses(): Promise<readonly { readonly network: string; readonly address: string }[]>;
  tag(name: string): Promise<string>;
  finish(options: FinishOptions, signal?: AbortSignal): Promise<void>;

  /** Leaves; the session stays for resume unless `remove`. */
  close(options: { readonly remove: boolean }): Promise<void>;
}
