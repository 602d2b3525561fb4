import { ExitCode, SlipwayError } from "../../errors.ts";

/** `lost`: what only a container held went with it. */
export type StateKind = "begin" | "step" | "failed" | "hand" | "edit" | "lost";

/** The whole of a session between two things that happened in it: its Dockerfile and what each stage's container holds. */
export interface State {
  readonly id: number;
  /** The state in which it happened; undefined for the beginning. */
  readonly parent: number | undefined;
  readonly kind: StateKind;
  /** What happened, in words: `RUN make`, `vi /etc/hosts`. */
  readonly label: string;
  /** Number of the step that made it. */
  readonly step: number | undefined;
  readonly stage: number;
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
  /** By stage: the last entry that happened in its container. */
  readonly tips: Readonly<Record<number, number>>;
  /** Hand edits so far that no instruction stands for. */
  readonly handEdits: readonly number[];
  /** Steps that are done, and of how many: for those who only look at the journal. */
  readonly done: number;
  readonly total: number;
}

/** All states that there ever were, each a child of the one in which something happened, and where the session stands. */
export class StateTree {
  readonly #states = new Map<number, State>();
  /** The child through which a state was left last: the way of `redo`. */
  readonly #lastChild = new Map<number, number>();
  #current: number | undefined;

  get current(): State {
    return this.get(this.#current!);
  }
  get count(): number {
    return this.#states.size;
  }
  get all(): readonly State[] {
    return [...this.#states.values()];
  }

  get(id: number): State {
    const state = this.#states.get(id);
    if (!state) {
      const last = [...this.#states.keys()].at(-1);
      throw new SlipwayError("STATE_UNKNOWN", `there is no state s${id}`, {
        hint: `states go from s${[...this.#states.keys()][0]} to s${last}; 'states' shows them`,
        exitCode: ExitCode.usage,
      });
    }
    return state;
  }

  /** A state that has just come about; the session stands on it. */
  add(state: State): void {
    this.#states.set(state.id, state);
    if (state.parent === undefined || state.parent === this.#current) {
      // The way to the parent is the one that was last gone already.
      if (state.parent !== undefined) this.#lastChild.set(state.parent, state.id);
      this.#current = state.id;
    } else this.moveTo(state.id);
  }

  moveTo(id: number): void {
    this.#current = id;
    for (let { parent, id: child } = this.get(id); parent !== undefined; ) {
      this.#lastChild.set(parent, child);
      ({ parent, id: child } = this.get(parent));
    }
  }

  /** `count` states back. @throws SlipwayError NOTHING_TO_UNDO */
  before(count: number): State {
    let state = this.current;
    for (let back = 0; back < count; back++) {
      if (state.parent === undefined) {
        throw new SlipwayError("NOTHING_TO_UNDO", back === 0 ? "this is the beginning" : `only ${back} states back`, {
          hint: "'states' shows where one can go",
          exitCode: ExitCode.usage,
        });
      }
      state = this.get(state.parent);
    }
    return state;
  }

  /** `count` states on, the way that was last gone. @throws SlipwayError NOTHING_TO_REDO */
  after(count: number): State {
    let state = this.current;
    for (let on = 0; on < count; on++) {
      const next = this.#lastChild.get(state.id);
      if (next === undefined) {
        throw new SlipwayError(
          "NOTHING_TO_REDO",
          on === 0 ? "there is nothing to do again" : `only ${on} states forward`,
          { hint: "'states' shows where one can go; 'next' runs the next step", exitCode: ExitCode.usage },
        );
      }
      state = this.get(next);
    }
    return state;
  }

  /** The child through which the state was left last. */
  lastChildOf(id: number): number | undefined {
    return this.#lastChild.get(id);
  }

  /** From the beginning to this state. */
  pathTo(id: number): readonly State[] {
    const path: State[] = [];
    for (let at: number | undefined = id; at !== undefined; ) {
      const state: State = this.get(at);
      path.push(state);
      at = state.parent;
    }
    return path.reverse();
  }

  /** The way of `redo`, from here on. */
  ahead(): readonly State[] {
    const states: State[] = [];
    for (let next = this.#lastChild.get(this.#current!); next !== undefined; next = this.#lastChild.get(next)) {
      states.push(this.get(next));
    }
    return states;
  }
}
