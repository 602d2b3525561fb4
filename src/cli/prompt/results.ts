import type { Adoptable, BreakpointView, HandEdit, SessionStatus, StateView, StepView } from "../../index.ts";
import type { FileChange } from "../../protocol/messages.ts";

/** What a session command answers beside the session's events. With `--json` each is printed as it is (docs/events.md). */
export type CommandResult =
  | {
      readonly type: "steps";
      readonly steps: readonly StepView[];
      /** Only rows near this step are of interest. */
      readonly around: number | undefined;
    }
  | { readonly type: "status"; readonly status: SessionStatus; readonly breakpoints: readonly BreakpointView[] }
  | { readonly type: "states"; readonly states: readonly StateView[] }
  | { readonly type: "environment"; readonly env: readonly string[] }
  | { readonly type: "breakpoints"; readonly breakpoints: readonly BreakpointView[] }
  | { readonly type: "step-output"; readonly step: number; readonly data: Uint8Array }
  | {
      readonly type: "changes";
      /** Undefined: hand edits. */
      readonly step: number | undefined;
      readonly changes: readonly FileChange[];
      /** Unified diffs of text files, by path; undefined when they were not asked for. */
      readonly patches: Readonly<Record<string, string>> | undefined;
    }
  | { readonly type: "adoptable"; readonly adoptable: Adoptable }
  | { readonly type: "shell-ended"; readonly edits: readonly HandEdit[] }
  | {
      readonly type: "addresses";
      readonly addresses: readonly { readonly network: string; readonly address: string }[];
    }
  /** `patch` is a unified diff, empty when the file was that already. */
  | { readonly type: "written"; readonly path: string; readonly patch: string }
  /** Text that was not taken; the person may mend it. */
  | { readonly type: "refused"; readonly code: string; readonly message: string; readonly hint: string | undefined }
  | { readonly type: "note"; readonly message: string }
  | {
      readonly type: "help";
      readonly commands: readonly {
        readonly name: string;
        readonly aliases: readonly string[];
        readonly usage: string;
        readonly summary: string;
        readonly help: string;
        readonly group: string;
      }[];
    };
