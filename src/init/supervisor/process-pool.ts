import * as native from "native";
import type { WatcherOptions } from "../circus/configuration.ts";
import type { ControlledProcess } from "../control/arbiter.ts";
import { InitError } from "../system/errors.ts";
import type { Loop } from "../system/loop.ts";
import { SIGHUP, SIGKILL } from "../system/signals.ts";
import type { Backoff } from "./backoff.ts";
import type { Child } from "./child.ts";
import type { Hooks } from "./hooks.ts";
import type { Log } from "./log.ts";
import { sleep } from "./waiting.ts";

export interface PoolHost {
  readonly loop: Loop;
  readonly log: Log;
  /** Seconds. */
  readonly checkDelay: number;
}

/** The watcher that the processes belong to. */
export interface PoolOwner {
  readonly options: WatcherOptions;
  readonly hooks: Hooks;
  readonly backoff: Backoff | undefined;
  /** Throws InitError. */
  startProcess(wid: number, onEnd: (child: Child, ended: native.Ended) => void): Child;
  onEnd(child: Child, ended: native.Ended): void;
  publish(topic: string, data: Readonly<Record<string, unknown>>): void;
  /** For what nobody waits for. */
  background(work: Promise<unknown>): void;
}

/**
 * The processes of a watcher: as many as are wanted, and their ends. Nothing here blocks; `interrupt` makes what is under way
 * stop at its next step.
 */
export class ProcessPool {
  readonly #host: PoolHost;
  readonly #owner: PoolOwner;
  readonly #children: Child[] = [];
  /** Processes that are due later, by what cancels them. */
  readonly #replacements = new Set<() => void>();
  #epoch = 0;
  #filling: { readonly epoch: number; readonly done: Promise<boolean> } | undefined;

  constructor(host: PoolHost, owner: PoolOwner) {
    this.#host = host;
    this.#owner = owner;
  }

  /** By age, the oldest first. */
  get children(): readonly Child[] {
    return this.#children;
  }

  /** Neither has any nor waits to start one. */
  get isEmpty(): boolean {
    return this.#children.length === 0 && this.#replacements.size === 0;
  }

  interrupt(): void {
    this.#epoch++;
    this.startAllNow();
  }

  /** Those that are due later count as missing from now on. */
  startAllNow(): void {
    for (const cancel of this.#replacements) cancel();
    this.#replacements.clear();
  }

  /** Starts the processes that are missing; false when that has to be given up. */
  fill(): Promise<boolean> {
    const epoch = this.#epoch;
    if (this.#filling?.epoch === epoch) return this.#filling.done;
    const done = this.#fillAll(epoch).finally(() => {
      if (this.#filling?.epoch === epoch) this.#filling = undefined;
    });
    this.#filling = { epoch, done };
    return done;
  }

  async #fillAll(epoch: number): Promise<boolean> {
    while (epoch === this.#epoch && this.#missing > 0) {
      if (!(await this.#spawn(epoch))) return epoch !== this.#epoch;
      await this.#warmUp();
    }
    return true;
  }

  get #missing(): number {
    return this.#owner.options.numprocesses - this.#children.length - this.#replacements.size;
  }

  /** `onDue` is called after so many seconds, with the process missing. */
  fillIn(seconds: number, onDue: () => void): void {
    const cancel = this.#host.loop.after(seconds * 1000, () => {
      this.#replacements.delete(cancel);
      onDue();
    });
    this.#replacements.add(cancel);
  }

  /** Kills the oldest of those that are too many. */
  async trim(): Promise<void> {
    const living = this.#children.filter((child) => !child.isStopping);
    const extra = living.slice(0, Math.max(0, living.length - this.#owner.options.numprocesses));
    await Promise.all(extra.map((child) => this.kill(child, undefined, undefined)));
  }

  /** The new ones start before the old ones go; false when they cannot be started. */
  async replaceAll(): Promise<boolean> {
    const epoch = this.#epoch;
    this.startAllNow();
    for (let count = this.#owner.options.numprocesses; count > 0 && epoch === this.#epoch; count--)
      if (!(await this.#spawn(epoch))) return epoch !== this.#epoch;
    if (epoch === this.#epoch) await this.trim();
    return true;
  }

  async replaceInTurn(): Promise<boolean> {
    const epoch = this.#epoch;
    for (const child of [...this.#children]) {
      await this.kill(child, undefined, undefined);
      if (epoch !== this.#epoch) return true;
      if (!(await this.fill())) return false;
      await this.#warmUp();
    }
    return true;
  }

  hangUpAll(): void {
    for (const child of this.#children) native.kill(child.pid, SIGHUP);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#children.map((child) => this.kill(child, undefined, undefined)));
    // One that cannot be killed is told, and must not keep its successors away.
    this.#children.length = 0;
  }

  /** Without grace, for somebody who is in a hurry. */
  killAll(): void {
    for (const child of this.#children) child.kill();
  }

  find(process: ControlledProcess): Child | undefined {
    return this.#children.find(({ pid }) => pid === process.pid);
  }

  /** The signal, then SIGKILL after the time; undefined: the watcher's own. */
  async kill(child: Child, signal: number | undefined, gracefulTimeout: number | undefined): Promise<void> {
    const { options } = this.#owner;
    const isGone = await child.stop({
      signal: signal ?? options.stopSignal,
      graceMs: (gracefulTimeout ?? options.gracefulTimeout) * 1000,
      children: options.stopChildren,
      send: async (target, number) => {
        await this.send(target, number);
        this.#owner.publish("kill", { process_pid: target.pid, time: Date.now() / 1000 });
      },
    });
    if (!isGone) this.#host.log.error(`${options.name}: process ${child.pid} or one of its group cannot be killed`);
  }

  async send(child: Child, signal: number): Promise<void> {
    const { hooks } = this.#owner;
    const details = { pid: child.pid, signum: signal };
    const accepted = !hooks.has("before_signal") || (await hooks.call("before_signal", details));
    if (!child.ended && (accepted || signal === SIGKILL)) native.kill(child.pid, signal);
    if (hooks.has("after_signal")) await hooks.call("after_signal", details);
  }

  async #warmUp(): Promise<void> {
    const { warmupDelay } = this.#owner.options;
    if (warmupDelay > 0) await sleep(this.#host.loop, warmupDelay * 1000);
  }

  /** False when a hook says no, or nothing can be started. */
  async #spawn(epoch: number): Promise<boolean> {
    const { hooks, options, backoff } = this.#owner;
    if (hooks.has("before_spawn")) {
      const accepted = await hooks.call("before_spawn");
      if (epoch !== this.#epoch) return true;
      if (!accepted) return false;
    }
    const { maxRetry } = options;
    for (let attempt = 1; maxRetry === -1 || attempt <= maxRetry; attempt++) {
      const child = this.#attempt();
      if (child) return this.#welcome(child);
      // circus would try again and again without a pause.
      const wait = backoff?.next(0) ?? (maxRetry === -1 ? this.#host.checkDelay : 0);
      if (wait > 0 && attempt !== maxRetry) await sleep(this.#host.loop, wait * 1000);
      if (epoch !== this.#epoch) return true;
    }
    return false;
  }

  #attempt(): Child | undefined {
    try {
      const child = this.#owner.startProcess(this.#freeWid(), (ended, how) => {
        const at = this.#children.indexOf(ended);
        if (at !== -1) this.#children.splice(at, 1);
        this.#owner.onEnd(ended, how);
      });
      this.#children.push(child);
      return child;
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      this.#host.log.warning(`error in '${this.#owner.options.name}': ${error.message}`);
      return undefined;
    }
  }

  async #welcome(child: Child): Promise<boolean> {
    const { options, hooks } = this.#owner;
    const { name, maxAge, maxAgeVariance } = options;
    this.#host.log.debug(`running ${name} process [pid ${child.pid}]`);
    this.#owner.publish("spawn", { process_pid: child.pid, time: child.started });
    if (maxAge > 0) {
      const age = maxAge + Math.floor(Math.random() * (maxAgeVariance + 1));
      child.cancelTimer = this.#host.loop.after(age * 1000, () =>
        this.#owner.background(this.kill(child, undefined, undefined)),
      );
    }
    if (!hooks.has("after_spawn") || (await hooks.call("after_spawn", { pid: child.pid }))) return true;
    await this.kill(child, undefined, undefined);
    return false;
  }

  #freeWid(): number {
    let wid = 1;
    while (this.#children.some((child) => child.wid === wid)) wid++;
    return wid;
  }
}
