/** A place in the Dockerfile, lines from 1. */
export interface SourceLines {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export type BuildStepState = "started" | "done" | "cached" | "failed" | "canceled";

/** What happens in a build, in order. Times are milliseconds since 1970, by the engine's clock. */
export type BuildEvent =
  | { readonly type: "builder"; readonly builder: "buildkit" | "classic"; readonly reason: string | undefined }
  /** `step` is stable within a build; `name` is as the builder writes it: `[2/3] RUN make`. */
  | {
      readonly type: "step";
      readonly step: string;
      readonly name: string;
      readonly state: BuildStepState;
      readonly time: number;
      readonly error: string | undefined;
    }
  | { readonly type: "output"; readonly step: string; readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }
  /** Part of a step: a layer being pulled, the context being sent. `total` is undefined where it is not known. */
  | {
      readonly type: "transfer";
      readonly step: string;
      readonly id: string;
      readonly name: string;
      readonly current: number;
      readonly total: number | undefined;
      readonly done: boolean;
    }
  | {
      readonly type: "warning";
      readonly message: string;
      readonly detail: readonly string[];
      readonly url: string | undefined;
      readonly line: number | undefined;
    }
  | { readonly type: "notice"; readonly message: string };

export type BuildListener = (event: BuildEvent) => void;
