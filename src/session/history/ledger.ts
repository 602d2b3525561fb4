import type { BreakpointView, HandEdit } from "../events.ts";
import type { BaseImage } from "../images/base-image.ts";
import type { StepMemory } from "../state/step-memory.ts";
import { chainTo, type Entry } from "./entries.ts";
import type { JournalRecord } from "./records.ts";
import { type State, StateTree } from "./states.ts";

export interface HeldContainer {
  readonly stage: number;
  /** The last entry that is in it. */
  readonly holds: number | undefined;
  /** What is being done in it, or was when the program ended. */
  readonly busy: string | undefined;
}

/**
 * Everything that a session knows and that outlives its program. It changes by records only, each of which is on disk before
 * it counts: applying the same records again gives the same ledger.
 */
export class Ledger {
  readonly entries = new Map<number, Entry>();
  readonly #children = new Map<number, Entry[]>();
  readonly states = new StateTree();
  readonly handEdits = new Map<number, HandEdit>();
  /** Images by the entry after which they were made. */
  readonly checkpoints = new Map<number, string>();
  /** Images that go with the session, oldest first. */
  readonly images = new Set<string>();
  readonly containers = new Map<string, HeldContainer>();
  /** By stage: the container to work in. */
  readonly activeContainers = new Map<number, string>();
  readonly bases = new Map<number, BaseImage>();
  /** By step number, of the text as it is now. */
  memory = new Map<number, StepMemory>();
  /** The text whose steps they are; undefined before the first edit. */
  memoryText: string | undefined;
  breakpoints: readonly BreakpointView[] = [];
  diskText = "";
  /** How it was taken up last. */
  opened: Extract<JournalRecord, { readonly type: "opened" }> | undefined;
  readonly #write: (records: readonly JournalRecord[]) => void;
  #lastId = 0;
  #lastHandEdit = 0;

  constructor(write: (records: readonly JournalRecord[]) => void) {
    this.#write = write;
  }

  takeHandEditId(): number {
    return ++this.#lastHandEdit;
  }

  /** A number for the next thing that happens. */
  takeId(): number {
    return ++this.#lastId;
  }

  /** @throws what writing throws; nothing changes then. */
  record(...records: readonly JournalRecord[]): void {
    this.#write(records);
    for (const record of records) this.apply(record);
  }

  /** Takes in what is on disk already. */
  apply(record: JournalRecord): void {
    switch (record.type) {
      case "begin":
        this.diskText = record.text;
        break;
      case "opened":
        this.opened = record;
        break;
      case "entry":
        this.entries.set(record.entry.id, record.entry);
        if (record.entry.parent !== undefined) {
          const siblings = this.#children.get(record.entry.parent) ?? [];
          this.#children.set(record.entry.parent, [...siblings, record.entry]);
        }
        this.#lastId = Math.max(this.#lastId, record.entry.id);
        this.#holds(record.entry.stage, { holds: record.entry.id, busy: undefined });
        break;
      case "state":
        this.states.add({ ...record.state, text: record.state.text ?? this.states.get(record.state.parent!).text });
        break;
      case "move":
        this.states.moveTo(record.state);
        break;
      case "container":
        this.containers.set(record.id, { stage: record.stage, holds: record.holds, busy: undefined });
        this.activeContainers.set(record.stage, record.id);
        break;
      case "busy":
        this.#holds(record.stage, { busy: record.doing });
        break;
      case "container-removed": {
        const stage = this.containers.get(record.id)?.stage;
        if (stage !== undefined && this.activeContainers.get(stage) === record.id) this.activeContainers.delete(stage);
        this.containers.delete(record.id);
        break;
      }
      case "checkpoint":
        this.checkpoints.set(record.entry, record.image);
        break;
      case "checkpoint-lost":
        this.checkpoints.delete(record.entry);
        break;
      case "image":
        this.images.add(record.image);
        break;
      case "base":
        if (record.base) this.bases.set(record.stage, record.base);
        else this.bases.delete(record.stage);
        break;
      case "hand-edit":
        this.handEdits.set(record.edit.id, record.edit);
        this.#lastHandEdit = Math.max(this.#lastHandEdit, record.edit.id);
        break;
      case "memory":
        this.memory.set(record.step, record.memory);
        break;
      case "memories":
        this.memory = new Map(record.memories);
        this.memoryText = record.text;
        break;
      case "breakpoints":
        this.breakpoints = record.breakpoints;
        break;
      case "disk":
        this.diskText = record.text;
        break;
    }
  }

  #holds(stage: number, change: Partial<HeldContainer>): void {
    const id = this.activeContainers.get(stage);
    const container = id === undefined ? undefined : this.containers.get(id);
    if (container) this.containers.set(id!, { ...container, ...change });
  }

  /** What happened on just what there was after this entry, each time that it was there. */
  childrenOf(entry: number): readonly Entry[] {
    return this.#children.get(entry) ?? [];
  }

  /** What the present state says is in the stage's container. */
  chainOf(stage: number): readonly Entry[] {
    return chainTo(this.entries, this.states.current.tips[stage]);
  }

  /** Hand edits of the present state that no instruction stands for. */
  get openHandEdits(): readonly HandEdit[] {
    return this.states.current.handEdits.map((id) => this.handEdits.get(id)!);
  }

  /** The state that the entry made. */
  stateOf(stage: number, entry: number): State | undefined {
    return this.states.all.find((state) => state.tips[stage] === entry);
  }
}
