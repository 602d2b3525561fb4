import type { DebugProtocol } from "@vscode/debugprotocol";
import { SlipwayError } from "../errors.ts";
import type { StepView } from "../session/events.ts";
import type { Session } from "../session/types.ts";
import type { DockerfileView } from "./dockerfile-view.ts";

type Kind = "breakpoint" | "function breakpoint" | "data breakpoint";

/** What the editor wants of one kind, in its order. */
interface Wanted {
  readonly condition: string;
  readonly line: number | undefined;
  /** Why it can't be. */
  readonly problem: string | undefined;
}

interface Held {
  /** The editor's own number. */
  readonly id: number;
  readonly kind: Kind;
  readonly condition: string;
  /** In the session; undefined: it could not be set there. */
  readonly point: number | undefined;
}

interface Added {
  readonly point?: number | undefined;
  readonly message?: string | undefined;
}

/** The editor's break points, which come as whole lists of a kind, and the session's, which are set one by one. */
export class Breakpoints {
  readonly #session: Session;
  readonly #view: DockerfileView;
  #held: readonly Held[] = [];
  #nextId = 1;

  constructor(session: Session, view: DockerfileView) {
    this.#session = session;
    this.#view = view;
  }

  async setLines(wanted: readonly DebugProtocol.SourceBreakpoint[]): Promise<DebugProtocol.Breakpoint[]> {
    return await this.#set(
      "breakpoint",
      wanted.map(({ line, condition }) => this.#wantLine(line, condition)),
    );
  }

  /** Names are what `break` takes: `RUN pip`, `/regex/`, `if-larger 50MB`. */
  async setFunctions(wanted: readonly DebugProtocol.FunctionBreakpoint[]): Promise<DebugProtocol.Breakpoint[]> {
    return await this.#set(
      "function breakpoint",
      wanted.map(({ name, condition }) => ({
        condition: withEffect(name, condition),
        line: undefined,
        problem: undefined,
      })),
    );
  }

  /** `dataId` is a path. */
  async setData(wanted: readonly DebugProtocol.DataBreakpoint[]): Promise<DebugProtocol.Breakpoint[]> {
    return await this.#set(
      "data breakpoint",
      wanted.map(({ dataId }) => ({ condition: `if-changed ${dataId}`, line: undefined, problem: undefined })),
    );
  }

  /** Sets what was set in a session before this one; returns those that are different there. */
  async takeOver(other: Breakpoints): Promise<DebugProtocol.Breakpoint[]> {
    const changed: DebugProtocol.Breakpoint[] = [];
    const held: Held[] = [];
    for (const earlier of other.#held) {
      const { point, message }: Added = earlier.condition === "" ? {} : await this.#add(earlier.condition);
      held.push({ ...earlier, point });
      if ((point === undefined) === (earlier.point === undefined)) continue;
      changed.push({ id: earlier.id, verified: point !== undefined, ...(message === undefined ? {} : { message }) });
    }
    this.#held = held;
    this.#nextId = other.#nextId;
    return changed;
  }

  /** The reason of a stop at one of the session's break points, and the editor's numbers of it. */
  describeStop(point: number): { readonly reason: Kind; readonly hitBreakpointIds: number[] } {
    const hit = this.#held.filter((held) => held.point === point);
    return { reason: hit[0]?.kind ?? "breakpoint", hitBreakpointIds: hit.map(({ id }) => id) };
  }

  /** The session never stops before the first step that it runs: whoever begins there asks. */
  stopsBefore(step: StepView): number | undefined {
    const plain = this.#held.filter(
      ({ condition, point }) => point !== undefined && !/(^|\s)if-[a-z]+\s/.test(condition),
    );
    return step.breakpoint
      ? plain.find(({ kind, condition }) => kind === "function breakpoint" || condition === `:${step.line}`)?.point
      : undefined;
  }

  #wantLine(line: number, condition: string | undefined): Wanted {
    const instruction = this.#view.instructionAt(this.#view.fromEditor(line));
    if (instruction === undefined) return { condition: "", line: undefined, problem: "no instruction follows here" };
    const start = instruction.range.start.line;
    const status = this.#session.steps()[instruction.number - 1]?.status;
    const problem = status === "skipped" ? "the target does not need this stage" : undefined;
    return { condition: withEffect(`:${start}`, condition), line: start, problem };
  }

  async #set(kind: Kind, wanted: readonly Wanted[]): Promise<DebugProtocol.Breakpoint[]> {
    const spare = this.#held.filter((held) => held.kind === kind);
    const held: Held[] = [];
    const answers: DebugProtocol.Breakpoint[] = [];
    for (const { condition, line, problem } of wanted) {
      const known = spare.findIndex((each) => each.condition === condition && each.point !== undefined);
      const kept = known < 0 ? undefined : spare.splice(known, 1)[0]!;
      const added = kept || problem !== undefined ? { message: problem } : await this.#add(condition);
      const { point, message }: Added = kept ? { point: kept.point } : added;
      const id = kept?.id ?? this.#nextId++;
      held.push({ id, kind, condition, point });
      answers.push({
        id,
        verified: point !== undefined,
        ...(line === undefined ? {} : { line: this.#view.toEditor(line), source: this.#view.source() }),
        ...(message === undefined ? {} : { message }),
      });
    }
    this.#held = [...this.#held.filter((each) => each.kind !== kind), ...held];
    for (const { point } of spare) if (point !== undefined) await this.#session.removeBreakpoint(point);
    return answers;
  }

  async #add(condition: string): Promise<Added> {
    try {
      return { point: (await this.#session.addBreakpoint(condition)).id };
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      return { message: error.hint === undefined ? error.message : `${error.message}: ${error.hint}` };
    }
  }
}

/** An editor's condition is one of `break`, with or without its `if-`. */
function withEffect(place: string, condition: string | undefined): string {
  const effect = condition?.trim();
  if (!effect) return place;
  return `${place} ${effect.startsWith("if-") ? effect : `if-${effect}`}`;
}
