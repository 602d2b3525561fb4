import * as native from "native";
import type { ControlledProcess } from "../control/arbiter.ts";
import type { Loop } from "../system/loop.ts";
import { listProcesses } from "../system/processes.ts";
import { SIGCONT, SIGKILL } from "../system/signals.ts";
import type { Reaper } from "./reaper.ts";
import { waitUntil } from "./waiting.ts";

/** What even SIGKILL does not end by then hangs in the kernel, and nobody can wait for it. */
const KILL_MS = 2000;

export interface StopPlan {
  readonly signal: number;
  readonly graceMs: number;
  /** Also to the process's own children. */
  readonly children: boolean;
  /** Sends it, unless a hook says no. */
  send(child: Child, signal: number): Promise<void>;
}

/** A process of a watcher, from its start until it is collected. */
export class Child implements ControlledProcess {
  readonly pid: number;
  readonly wid: number;
  readonly started = Date.now() / 1000;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt = native.now();
  /** Cancels what is planned for it. */
  cancelTimer: (() => void) | undefined;
  ended: native.Ended | undefined;
  readonly #loop: Loop;
  readonly #reaper: Reaper;
  #stopping: Promise<boolean> | undefined;

  constructor(
    pid: number,
    wid: number,
    loop: Loop,
    reaper: Reaper,
    onEnd: (child: Child, ended: native.Ended) => void,
  ) {
    this.pid = pid;
    this.wid = wid;
    this.#loop = loop;
    this.#reaper = reaper;
    reaper.watch(pid, (ended) => {
      this.ended = ended;
      this.cancelTimer?.();
      onEnd(this, ended);
    });
  }

  /** Somebody asked it to end. */
  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Resolves when it and its process group are gone; with false when they cannot be ended. */
  stop(plan: StopPlan): Promise<boolean> {
    this.#stopping ??= this.#stop(plan);
    return this.#stopping;
  }

  /** Ends it and all that descends from it at once. */
  kill(): void {
    for (const pid of listDescendantsOf(this.pid)) native.kill(pid, SIGKILL);
    native.kill(-this.pid, SIGKILL);
  }

  async #stop({ signal, graceMs, children, send }: StopPlan): Promise<boolean> {
    const deadline = native.now() + graceMs;
    const own = children ? listProcesses().filter(({ parent }) => parent === this.pid) : [];
    await send(this, signal);
    for (const { pid } of own) native.kill(pid, signal);
    if (!this.ended) native.kill(this.pid, SIGCONT);
    if (!(await this.#until(() => this.ended !== undefined, deadline - native.now()))) {
      this.kill();
      if (!(await this.#until(() => this.ended !== undefined, KILL_MS))) return false;
    }
    return this.#endGroup(signal, deadline);
  }

  /** What it left in its process group: it may hold the port that the next process needs. */
  async #endGroup(signal: number, deadline: number): Promise<boolean> {
    const isEmpty = () => native.kill(-this.pid, 0) < 0;
    if (isEmpty()) return true;
    native.kill(-this.pid, signal);
    native.kill(-this.pid, SIGCONT);
    if (await this.#until(isEmpty, deadline - native.now())) return true;
    native.kill(-this.pid, SIGKILL);
    return this.#until(isEmpty, KILL_MS);
  }

  #until(isDone: () => boolean, milliseconds: number): Promise<boolean> {
    const subscribe = (listener: () => void) => this.#reaper.afterDeaths(listener);
    return waitUntil(this.#loop, subscribe, isDone, Math.max(0, milliseconds));
  }
}

function listDescendantsOf(root: number): readonly number[] {
  const processes = listProcesses();
  const found = new Set([root]);
  // A parent may stand after its child: pids wrap around.
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}
