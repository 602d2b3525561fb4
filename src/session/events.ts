import type { FileChange } from "../protocol/messages.ts";

/** Version of the event objects that `--json` prints; documented in docs/events.md. */
export const EVENTS_VERSION = 1;

export type StepStatus = "pending" | "running" | "done" | "failed" | "stale" | "skipped";

/** A row of `list`. */
export interface StepView {
  /** The instruction's number in the Dockerfile, from 1. */
  readonly number: number;
  readonly stage: number;
  readonly stageName: string | undefined;
  readonly summary: string;
  readonly line: number;
  readonly status: StepStatus;
  readonly current: boolean;
  readonly breakpoint: boolean;
  readonly milliseconds: number | undefined;
  /** Bytes that the step added, where known. */
  readonly size: number | undefined;
  readonly exitCode: number | undefined;
  readonly checkpoint: string | undefined;
  /** Taken from the engine's build cache, not run. */
  readonly cached?: boolean | undefined;
}

export interface BreakpointView {
  readonly id: number;
  /** As it was given: `7`, `RUN pip`, `if-changed /etc/nginx`. */
  readonly condition: string;
}

/** What a step did that a break point waited for: one of the fields beside `step`. */
export interface BreakTrigger {
  readonly step: number;
  readonly change?: FileChange | undefined;
  /** Bytes that it added. */
  readonly size?: number | undefined;
  readonly milliseconds?: number | undefined;
  /** That it printed. */
  readonly line?: string | undefined;
}

/** A command that a person ran by hand, not yet an instruction. */
export interface HandEdit {
  readonly id: number;
  /** The step after which it was made. */
  readonly after: number;
  readonly kind: "run" | "shell" | "launch";
  readonly command: string;
  readonly workdir: string;
  readonly exitCode: number;
  readonly changes: readonly FileChange[];
}

/** What others changed in the Dockerfile on disk. */
export interface OutsideChange {
  /** The session had changes of its own, and both are in the text now. */
  readonly merged: boolean;
  /** Numbers of steps that are new or different. */
  readonly changed: readonly number[];
  /** Summaries of instructions that nothing came in the place of. */
  readonly removed: readonly string[];
}

/** A state that the session was in: see docs/states.md. */
export interface StateView {
  readonly id: number;
  /** The state in which it happened; undefined for the beginning. */
  readonly parent: number | undefined;
  readonly kind: "begin" | "step" | "failed" | "hand" | "edit" | "lost";
  /** What happened, in words. */
  readonly label: string;
  /** The step that made it, or after which it was made. */
  readonly step: number | undefined;
  /** Index of the stage in which it happened. */
  readonly stage: number;
  /** ISO 8601. */
  readonly at: string;
  /** The image that holds it; without one, steps are run again to come to it. */
  readonly image: string | undefined;
  readonly current: boolean;
}

export type StopReason = "end" | "step" | "breakpoint" | "until" | "failure" | "interrupted";

export type SessionEvent =
  | {
      readonly type: "opened";
      readonly session: string;
      readonly dockerfile: string;
      readonly engine: string;
      readonly resumed: boolean;
      readonly steps: readonly StepView[];
    }
  | { readonly type: "step-started"; readonly step: StepView }
  /** Progress of a step that is not its output: pulling, copying. */
  | {
      readonly type: "progress";
      readonly step: number;
      readonly message: string;
      readonly current?: number | undefined;
      readonly total?: number | undefined;
    }
  /** `of` is a step's number, or a hand edit's id with `hand`; 0 for the clean rebuild. */
  | {
      readonly type: "output";
      readonly of: number;
      readonly hand: boolean;
      readonly stream: "stdout" | "stderr";
      readonly data: Uint8Array;
    }
  | { readonly type: "step-finished"; readonly step: StepView; readonly message: string | undefined }
  | {
      readonly type: "left-behind";
      readonly of: number;
      readonly processes: readonly { readonly pid: number; readonly command: string }[];
    }
  | { readonly type: "hand-started"; readonly id: number; readonly command: string }
  | { readonly type: "hand-finished"; readonly edit: HandEdit }
  | { readonly type: "checkpoint"; readonly step: number; readonly image: string; readonly milliseconds: number }
  | {
      readonly type: "dockerfile-changed";
      readonly steps: readonly StepView[];
      readonly outside?: OutsideChange | undefined;
    }
  /** An image of the session's own held what these steps do; they took so long when they were run. */
  | { readonly type: "taken"; readonly steps: readonly number[]; readonly milliseconds: number }
  /** The session went to another state. */
  | { readonly type: "moved"; readonly state: StateView }
  | { readonly type: "restored"; readonly step: number; readonly replayed: readonly number[] }
  | {
      readonly type: "stopped";
      readonly reason: StopReason;
      readonly step: number;
      readonly breakpoint: BreakpointView | undefined;
      /** Of a break point that stops after a step for what that did. */
      readonly trigger?: BreakTrigger | undefined;
    }
  | { readonly type: "tagged"; readonly name: string; readonly image: string }
  /** `watch` waits for changes. `folders`: 0 where files are looked at every few seconds instead. */
  | { readonly type: "watching"; readonly folders: number; readonly until: number | undefined }
  /** Paths relative to the build context. */
  | { readonly type: "files-changed"; readonly paths: readonly string[] }
  /** `watch` brought the container up to date. */
  | {
      readonly type: "replayed";
      readonly ran: readonly number[];
      readonly milliseconds: number;
      /** Undefined: nothing was due. */
      readonly reason: StopReason | undefined;
      /** What runs now, and where it is reached: `172.17.0.2:80`. */
      readonly application: { readonly command: readonly string[]; readonly addresses: readonly string[] } | undefined;
    }
  | { readonly type: "launched"; readonly command: readonly string[]; readonly addresses: readonly string[] }
  /** The clean rebuild of `finish`. */
  | {
      readonly type: "build-step";
      readonly name: string;
      readonly state: "started" | "done" | "cached" | "failed" | "canceled";
    }
  | { readonly type: "notice"; readonly level: "info" | "warning"; readonly message: string }
  | { readonly type: "closed"; readonly removed: boolean };
