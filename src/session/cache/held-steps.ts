import type { Operation } from "../../dockerfile/plan-types.ts";
import { parseGitRef } from "../copy/git-ref.ts";
import type { Entry, StepEntry } from "../history/entries.ts";
import type { WantedStage } from "../replay/wanted-steps.ts";

/** A state of a stage that a session had, and that is just what its first steps ask for. */
export interface HeldState {
  /** How many steps it holds, FROM included. */
  readonly count: number;
  /** Ids of the entries of its FROM and of its last step. */
  readonly from: number;
  readonly last: number;
}

export interface Expected {
  readonly stage: WantedStage;
  /** What FROM takes of another stage; undefined for one that starts on an image. */
  readonly fromInputs: string | undefined;
  /** What an operation would take now; undefined where that is not known. */
  inputsOf(operation: Operation): Promise<string | undefined>;
}

/**
 * The states of a session that a build may go on from, furthest first: made by the very steps that are asked for, of the
 * same inputs, with nothing else in them.
 */
export async function findHeldStates(entries: Iterable<Entry>, expected: Expected): Promise<readonly HeldState[]> {
  const children = new Map<number | undefined, Entry[]>();
  for (const entry of entries) children.set(entry.parent, [...(children.get(entry.parent) ?? []), entry]);
  const states = (children.get(undefined) ?? [])
    .filter((entry) => entry.kind === "step" && isSameStart(entry, expected))
    .map(({ id }) => ({ count: 1, from: id, last: id }));
  for (const { count, from, last } of states) {
    for (const entry of children.get(last) ?? []) {
      if (entry.kind !== "step" || !(await isSameStep(entry, expected, count))) continue;
      states.push({ count: count + 1, from, last: entry.id });
    }
  }
  return states.reverse();
}

function isSameStart({ key, inputs }: StepEntry, { stage, fromInputs }: Expected): boolean {
  return (
    key === stage.fromKey &&
    inputs === fromInputs &&
    stage.triggers.every(({ operation }) => isRepeatable(operation) && !takesInputs(operation))
  );
}

async function isSameStep(entry: StepEntry, expected: Expected, position: number): Promise<boolean> {
  const step = expected.stage.steps[position - 1];
  if (step?.key !== entry.key || !isRepeatable(step.operation)) return false;
  if (!takesInputs(step.operation)) return true;
  const inputs = await expected.inputsOf(step.operation);
  return inputs !== undefined && inputs === entry.inputs;
}

/** Whether the operation's text, and its inputs where it takes any, say all that its result depends on, as to a builder's cache. */
export function isRepeatable(operation: Operation): boolean {
  if (operation.kind === "run") {
    return operation.mounts.every(({ type, from }) => type !== "bind" && (!from || from.kind === "scratch"));
  }
  if (operation.kind !== "copy" && operation.kind !== "add") return true;
  if (operation.from.kind === "scratch" || (operation.from.kind === "context" && operation.from.name !== undefined)) {
    return false;
  }
  return operation.checksum !== undefined || !operation.sources.some(isRemote);
}

/** Whether what the operation does depends on files from elsewhere. Heredocs are part of its text, a checksum names the content. */
export function takesInputs(operation: Operation): boolean {
  if (operation.kind !== "copy" && operation.kind !== "add") return false;
  return operation.sources.some((source) => !isRemote(source));
}

function isRemote(source: string): boolean {
  return /^https?:\/\//i.test(source) || parseGitRef(source) !== undefined;
}
