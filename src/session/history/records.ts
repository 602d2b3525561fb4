import type { EngineInfo } from "../../engine/info.ts";
import type { BreakpointView, HandEdit } from "../events.ts";
import type { BaseImage } from "../images/base-image.ts";
import type { RecordedOptions } from "../state/recorded-options.ts";
import type { StepMemory } from "../state/step-memory.ts";
import type { Entry } from "./entries.ts";
import type { State } from "./states.ts";

export const JOURNAL_VERSION = 2;

/** What the journal says of the session as a whole; its first line. */
export interface Beginning {
  readonly type: "begin";
  readonly version: number;
  readonly id: string;
  /** ISO 8601. */
  readonly created: string;
  /** URL of the engine. */
  readonly engine: string;
  readonly options: RecordedOptions;
  /** The Dockerfile as it was read. */
  readonly text: string;
}

/** What of an engine decides how a Dockerfile is read. */
export type EngineFacts = Pick<EngineInfo, "os" | "architecture" | "version" | "containerdStore">;

/** A line of the journal: something that happened and that the next program must know of. */
export type JournalRecord =
  | Beginning
  /** A program took the session up. `engine` is a URL, `at` ISO 8601. */
  | { readonly type: "opened"; readonly at: string; readonly engine: string; readonly facts: EngineFacts }
  | { readonly type: "entry"; readonly entry: Entry }
  /** `text` only where it differs from the parent's. */
  | { readonly type: "state"; readonly state: Omit<State, "text"> & { readonly text?: string } }
  /** The session went to another state. */
  | { readonly type: "move"; readonly state: number }
  /** A container of the session and the last entry that is in it; it is the one to work in from now on. */
  | { readonly type: "container"; readonly stage: number; readonly id: string; readonly holds: number | undefined }
  /** Something began in the stage's container: until the entry comes, nobody knows what it holds. */
  | { readonly type: "busy"; readonly stage: number; readonly doing: string }
  | { readonly type: "container-removed"; readonly id: string }
  /** An image of what a container held after an entry. */
  | { readonly type: "checkpoint"; readonly entry: number; readonly image: string }
  | { readonly type: "checkpoint-lost"; readonly entry: number }
  /** An image that goes with the session. */
  | { readonly type: "image"; readonly image: string }
  /** What a stage starts on; undefined when its FROM was changed. */
  | { readonly type: "base"; readonly stage: number; readonly base: BaseImage | undefined }
  | { readonly type: "hand-edit"; readonly edit: HandEdit }
  | { readonly type: "memory"; readonly step: number; readonly memory: StepMemory }
  /** After an edit all of them have other numbers: those of the steps in this text. */
  | {
      readonly type: "memories";
      readonly text: string;
      readonly memories: readonly (readonly [number, StepMemory])[];
    }
  | { readonly type: "breakpoints"; readonly breakpoints: readonly BreakpointView[] }
  /** What is in the Dockerfile's place on disk. */
  | { readonly type: "disk"; readonly text: string };
