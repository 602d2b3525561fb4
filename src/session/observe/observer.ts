import { watch } from "node:fs";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { copyDialectOfDocker } from "../copy/dialect.ts";
import { SessionCore } from "../core.ts";
import type { SessionEvent } from "../events.ts";
import { Ledger } from "../history/ledger.ts";
import type { Beginning } from "../history/records.ts";
import { planOptionsOf } from "../plan-options.ts";
import type { SessionSecrets } from "../secrets/session-secrets.ts";
import { sessionFolder } from "../state/journal.ts";
import { lockHolder } from "../state/lock.ts";
import type { SessionOptions } from "../types.ts";
import { JournalTail } from "./journal-tail.ts";
import { readOnly } from "./no-engine.ts";
import { Observed } from "./observed.ts";

/** The state of a watched session: the ledger that its journal makes, and what can be seen of it. */
export class Observer {
  readonly #beginning: Beginning;
  readonly #options: SessionOptions;
  readonly #secrets: SessionSecrets;
  readonly #tail: JournalTail;
  readonly #observed = new Observed();
  readonly #listeners = new Set<(event: SessionEvent) => void | Promise<void>>();
  readonly #ended = new AbortController();
  #ledger = new Ledger(refuseToWrite);
  #core!: SessionCore;
  #holder: number | undefined;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(beginning: Beginning, options: SessionOptions, secrets: SessionSecrets) {
    this.#beginning = beginning;
    this.#options = options;
    this.#secrets = secrets;
    this.#tail = new JournalTail(options.stateDir, beginning.id);
  }

  get #folder(): string {
    return sessionFolder(this.#options.stateDir, this.#beginning.id);
  }

  /** Takes in what is there, without telling of it. @throws SlipwayError SESSION_UNKNOWN */
  async begin(): Promise<void> {
    await this.#take();
    this.#holder = await lockHolder(this.#options.stateDir, this.#beginning.id);
  }

  async emit(event: SessionEvent): Promise<void> {
    for (const listener of this.#listeners) await listener(this.#secrets.hide(event));
  }

  /** One at a time, in the order in which they were asked for. */
  refresh = async (): Promise<void> => {
    this.#refreshing = this.#refreshing.catch(() => {}).then(() => this.#refresh());
    await this.#refreshing;
  };

  async #refresh(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const before = Math.max(...this.#ledger.states.all.slice(-1).map(({ at }) => Date.parse(at)));
    const news = await this.#take();
    if (!news) {
      this.#ended.abort();
      await this.emit({ type: "notice", level: "info", message: "the session was removed" });
      await this.emit({ type: "closed", removed: true });
      return;
    }
    for await (const event of this.#observed.eventsOf(news.anew ? [] : news.records, this.#core, before)) {
      await this.emit(event);
    }
    await this.#lookForProgram();
  }

  async #lookForProgram(): Promise<void> {
    const holder = await lockHolder(this.#options.stateDir, this.#beginning.id);
    if (this.#holder !== undefined && holder === undefined) {
      const message = "the program that had the session open has ended; `slipway hack --resume` takes it up";
      await this.emit({ type: "notice", level: "info", message });
    }
    this.#holder = holder;
  }

  async #take() {
    const news = await this.#tail.read();
    if (!news) return undefined;
    if (news.anew) this.#ledger = new Ledger(refuseToWrite);
    for (const record of news.records) this.#ledger.apply(record);
    if (news.anew || news.records.length > 0) this.#core = this.#look();
    return news;
  }

  /** The session as its own program sees it now. */
  #look(): SessionCore {
    const { opened, states } = this.#ledger;
    if (!opened || states.all.length === 0) {
      throw new SlipwayError("SESSION_UNREADABLE", `the session ${this.#beginning.id} has not begun yet`, {
        hint: "try again in a moment, or remove it: slipway sessions rm ID",
      });
    }
    const { facts } = opened;
    const core = new SessionCore({
      options: this.#options,
      planOptions: planOptionsOf(facts, this.#options),
      copyDialect: copyDialectOfDocker(facts.version, facts.containerdStore),
      id: this.#beginning.id,
      owner: "",
      ledger: this.#ledger,
      agentVolume: "",
      secrets: this.#secrets,
      text: states.current.text,
    });
    for (const stage of core.stages) stage.replay.goTo(this.#ledger.chainOf(stage.index));
    core.evaluateStages();
    return core;
  }

  get core(): SessionCore {
    return this.#core;
  }

  onEvent(listener: (event: SessionEvent) => void | Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` whenever the other program wrote something, until it is disposed of. */
  onWrite(listener: () => void): Disposable {
    // A folder that is removed ends its watch with an event.
    const watches = [this.#folder, join(this.#folder, "output")].map((folder) => watch(folder, listener));
    for (const each of watches) each.on("error", listener);
    return {
      [Symbol.dispose]() {
        for (const each of watches) each.close();
      },
    };
  }

  /** Tells everything until the signal comes or the session is removed. */
  async follow(signal: AbortSignal): Promise<"end" | "interrupted"> {
    const until = AbortSignal.any([signal, this.#ended.signal]);
    const written = { again: () => {} };
    using _ = this.onWrite(() => written.again());
    while (!until.aborted) {
      let wake = () => {};
      const next = new Promise<void>((resolve) => {
        wake = resolve;
      });
      written.again = wake;
      until.addEventListener("abort", wake, { once: true });
      await this.refresh();
      await next;
      until.removeEventListener("abort", wake);
    }
    return this.#ended.signal.aborted ? "end" : "interrupted";
  }
}

function refuseToWrite(): never {
  throw readOnly("that would be written down");
}
