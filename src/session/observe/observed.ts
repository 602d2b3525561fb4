import type { SessionCore } from "../core.ts";
import type { SessionEvent } from "../events.ts";
import type { JournalRecord } from "../history/records.ts";
import { viewState } from "../replay/states-view.ts";
import { viewSteps } from "../replay/steps-view.ts";
import { OutputTail } from "./output-tail.ts";

/** What a program does in a session, told by what it writes down: the events that it had itself, as far as they can be known. */
export class Observed {
  #running: OutputTail | undefined;
  #text: string | undefined;

  /** `core`: as it is after the records. `before`: when what happened last before them was done, in milliseconds since 1970. */
  async *eventsOf(records: readonly JournalRecord[], core: SessionCore, before: number): AsyncGenerator<SessionEvent> {
    let since = before;
    this.#text ??= core.text;
    for (const record of records) {
      if (record.type === "state") {
        const { kind, step, id } = record.state;
        if ((kind === "step" || kind === "failed") && step !== undefined) yield* this.#finish(core, step, kind, since);
        else if (kind === "lost") yield { type: "moved", state: viewState(core, core.ledger.states.get(id)) };
        yield* this.#compareText(core, id);
        since = Date.parse(record.state.at);
      } else if (record.type === "move") {
        yield { type: "moved", state: viewState(core, core.ledger.states.get(record.state)) };
        yield* this.#compareText(core, record.state);
      } else if (record.type === "hand-edit") {
        yield { type: "hand-finished", edit: record.edit };
      } else if (record.type === "busy" && record.doing !== core.nextPlace()?.instruction.summary) {
        const isStep = core.dockerfile.instructions.some(({ summary }) => summary === record.doing);
        if (!isStep) yield { type: "notice", level: "info", message: `by hand: ${record.doing}` };
      } else if (record.type === "opened") {
        yield { type: "notice", level: "info", message: "a program took the session up" };
      }
    }
    yield* this.#follow(core, since);
  }

  async *#compareText(core: SessionCore, state: number): AsyncGenerator<SessionEvent> {
    const { text } = core.ledger.states.get(state);
    if (text !== this.#text) yield { type: "dockerfile-changed", steps: viewSteps(core) };
    this.#text = text;
  }

  /** What the step that is running has printed. */
  async *#follow(core: SessionCore, since: number): AsyncGenerator<SessionEvent> {
    const next = core.nextPlace();
    const container = next && core.ledger.activeContainers.get(next.stage.index);
    const busy = container === undefined ? undefined : core.ledger.containers.get(container)?.busy;
    if (!next || busy !== next.instruction.summary) return;
    const { number } = next.instruction;
    core.running.add(number);
    yield* this.#start(core, number, since);
    yield* this.#read();
  }

  async *#start(core: SessionCore, step: number, since: number): AsyncGenerator<SessionEvent> {
    if (this.#running?.step === step) return;
    this.#running = new OutputTail(step, core.outputPath(step), since);
    yield { type: "step-started", step: { ...viewSteps(core)[step - 1]!, status: "running", current: true } };
  }

  async *#read(): AsyncGenerator<SessionEvent> {
    const { step } = this.#running!;
    for await (const data of this.#running!.read()) {
      yield { type: "output", of: step, hand: false, stream: "stdout", data };
    }
  }

  async *#finish(
    core: SessionCore,
    step: number,
    kind: "step" | "failed",
    since: number,
  ): AsyncGenerator<SessionEvent> {
    // It may be of a text that was edited since.
    const view = viewSteps(core)[step - 1];
    if (!view) return;
    yield* this.#start(core, step, since);
    yield* this.#read();
    this.#running = undefined;
    yield { type: "step-finished", step: { ...view, status: kind === "step" ? "done" : "failed" }, message: undefined };
  }
}
