/**
 * What was done in a stage's container, one thing after the other. Each entry names the one before, so that the entries of
 * a session make a tree, and an entry names everything that is in a container which it was the last to happen in.
 */
interface EntryBase {
  /** Counts over all that happens in a session. */
  readonly id: number;
  /** Index of the stage in the plan. */
  readonly stage: number;
  /** The entry before; undefined for a FROM. */
  readonly parent: number | undefined;
}

/** A step that was run and went well. */
export interface StepEntry extends EntryBase {
  readonly kind: "step";
  /** See replay/wanted-steps.ts. */
  readonly key: string;
  /** What it took to run; as is guessed, of one that came from the engine's build cache. */
  readonly milliseconds: number;
  /** It came from the engine's build cache. */
  readonly cached?: boolean | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  /** State of the context's files that it took; see replay/context-inputs.ts. */
  readonly inputs: string | undefined;
}

/** What a failed or interrupted step left. */
export interface FailedEntry extends EntryBase {
  readonly kind: "failed";
  readonly key: string;
  readonly number: number;
  readonly exitCode: number;
  readonly milliseconds: number;
}

export interface HandEntry extends EntryBase {
  readonly kind: "hand";
  /** Id of the hand edit. */
  readonly edit: number;
}

/** The hand edits below became instructions, which did not run as such yet. */
export interface AdoptedEntry extends EntryBase {
  readonly kind: "adopted";
}

export type Entry = StepEntry | FailedEntry | HandEntry | AdoptedEntry;

type Without<Each, Keys extends keyof EntryBase> = Each extends unknown ? Omit<Each, Keys> : never;
/** What happened, before it is known where. */
export type Happened = Without<Entry, keyof EntryBase>;

/** Everything up to this entry, FROM first; nothing for undefined. */
export function chainTo(entries: ReadonlyMap<number, Entry>, tip: number | undefined): readonly Entry[] {
  const chain: Entry[] = [];
  for (let at = tip; at !== undefined; ) {
    const entry = entries.get(at);
    if (!entry) throw new Error(`there is no entry ${at}`);
    chain.push(entry);
    at = entry.parent;
  }
  return chain.reverse();
}

/** Ids of the hand edits in a chain, in order. */
export function handEditsOf(chain: readonly Entry[]): readonly number[] {
  return chain.flatMap((entry) => (entry.kind === "hand" ? [entry.edit] : []));
}

export function stepsOf(chain: readonly Entry[]): readonly StepEntry[] {
  return chain.filter((entry) => entry.kind === "step");
}

/** The part of a chain that ends with its step number `count`, counted from 1; all of it when it has fewer. */
export function upToStep(chain: readonly Entry[], count: number): readonly Entry[] {
  let steps = 0;
  if (count === 0) return [];
  const end = chain.findIndex((entry) => entry.kind === "step" && ++steps === count);
  return end < 0 ? chain : chain.slice(0, end + 1);
}

/** The failed step whose traces are in the container, until a step goes well on them. */
export function failureOf(chain: readonly Entry[]): FailedEntry | undefined {
  const lastStep = chain.findLastIndex((entry) => entry.kind === "step");
  return chain.slice(lastStep + 1).findLast((entry) => entry.kind === "failed");
}
