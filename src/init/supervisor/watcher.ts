import * as native from "native";
import type { HookName, HookOptions, WatcherOptions } from "../circus/configuration.ts";
import { expandCommand } from "../circus/expand-process.ts";
import { findNextTime, parseSchedule } from "../circus/schedule.ts";
import type { ControlledProcess, ReloadOptions } from "../control/arbiter.ts";
import { InitError } from "../system/errors.ts";
import { SIGHUP, SIGKILL } from "../system/signals.ts";
import { Backoff } from "./backoff.ts";
import type { Child } from "./child.ts";
import { FlappingDetector } from "./flapping.ts";
import { type HookDetails, Hooks } from "./hooks.ts";
import type { Log } from "./log.ts";
import { ProcessFactory, type ProcessHost } from "./process-factory.ts";
import { type ProgramResult, runProgram } from "./program-run.ts";
import { Readiness } from "./readiness.ts";
import { sleep } from "./waiting.ts";

export interface WatcherHost extends ProcessHost {
  readonly log: Log;
  /** The supervisor's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly checkDelay: number;
  publish(topic: string, data: Readonly<Record<string, unknown>>): void;
  /** It came to its end without having been asked to. */
  onOwnEnd(watcher: SupervisedWatcher): void;
}

/** What a shell says of a command that cannot be started. */
const CANNOT_START = 127;
const SHORTEST_LIFE = 1;

/** A watcher: what is wanted of it, and its processes. Nothing here waits in a turn of the loop; `#epoch` tells what was overtaken. */
export class SupervisedWatcher {
  readonly #host: WatcherHost;
  #options: WatcherOptions;
  #factory: ProcessFactory;
  #hooks: Hooks;
  readonly readiness: Readiness;
  readonly #flapping: FlappingDetector | undefined;
  readonly #backoff: Backoff | undefined;
  #status: "active" | "stopped" | "starting" | "stopping" = "stopped";
  readonly #children: Child[] = [];
  /** Processes that are due later, by what cancels them. */
  readonly #replacements = new Set<() => void>();
  /** Counts starts and stops: who waited for something looks whether it is still the same. */
  #epoch = 0;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #filling: { readonly epoch: number; readonly done: Promise<boolean> } | undefined;
  /** Of a start that comes by itself: after flapping, at a connection, at its time. */
  #cancelPlanned = () => {};
  /** Of the process that ended last; 128+n after a signal. */
  exitCode = 0;

  constructor(host: WatcherHost, options: WatcherOptions) {
    this.#host = host;
    this.#options = options;
    this.#factory = new ProcessFactory(host, options);
    this.#hooks = this.#makeHooks();
    this.#flapping = options.flapping && new FlappingDetector(options.flapping, host.checkDelay);
    this.#backoff = options.backoff && new Backoff(options.backoff);
    this.readiness = new Readiness(host, options, (command, milliseconds) => this.runCommand(command, milliseconds));
  }

  get name(): string {
    return this.#options.name;
  }

  get options(): WatcherOptions {
    return this.#options;
  }

  get status(): "active" | "stopped" | "starting" | "stopping" {
    return this.#status;
  }

  get processes(): readonly Child[] {
    return this.#children;
  }

  start(): Promise<void> {
    this.#cancelPlanned();
    if (this.#starting) return this.#starting;
    const starting = this.#start().finally(() => {
      if (this.#starting === starting) this.#starting = undefined;
    });
    this.#starting = starting;
    return starting;
  }

  async #start(): Promise<void> {
    await this.#stopping;
    if (this.#status !== "stopped") {
      this.#cancelReplacements();
      await this.#fill();
      return;
    }
    const epoch = ++this.#epoch;
    // As with circus an on-demand watcher counts as stopped until somebody connects.
    if (this.#options.onDemand) this.#waitForConnection();
    else await this.#launch(epoch);
  }

  /** From before_start to after_start. */
  async #launch(epoch: number): Promise<void> {
    const { log } = this.#host;
    this.#status = "starting";
    const accepted = await this.#hooks.call("before_start");
    if (epoch !== this.#epoch) return;
    if (!accepted) {
      log.warning(`${this.name}: before_start said no, it is not started`);
      this.#status = "stopped";
      this.readiness.fail();
      return;
    }
    this.readiness.begin();
    if (this.#options.schedule !== undefined) this.#waitForTime(this.#options.schedule);
    else if (!(await this.#fill())) return;
    if (epoch !== this.#epoch) return;
    const isEmpty = this.#options.numprocesses === 0;
    if (isEmpty || !(await this.#hooks.call("after_start"))) {
      if (epoch === this.#epoch) await this.stop();
      return;
    }
    if (epoch !== this.#epoch) return;
    this.#status = "active";
    log.info(`${this.name} started`);
    this.#publish("start", { time: Date.now() / 1000 });
    if (this.#options.once && this.#children.length === 0 && this.#replacements.size === 0) this.#finishOnce();
    else this.readiness.started();
  }

  #waitForConnection(): void {
    this.#status = "stopped";
    const { epoch } = { epoch: this.#epoch };
    this.#cancelPlanned = this.#host.sockets.onConnection(this.#options, () => {
      this.#cancelPlanned = () => {};
      this.#background(this.#launch(epoch));
    });
  }

  #waitForTime(schedule: string): void {
    const due = findNextTime(parseSchedule(schedule), new Date());
    if (!due) return;
    this.#cancelPlanned = this.#host.loop.after(Math.max(0, due.getTime() - Date.now()), () => {
      // The clock was set back meanwhile.
      const isEarly = Date.now() < due.getTime() - 1000;
      if (!isEarly && this.#children.length > 0)
        this.#host.log.warning(`${this.name}: still running, this time of its schedule is left out`);
      else if (!isEarly) this.#background(this.#fill());
      this.#waitForTime(schedule);
    });
  }

  stop(): Promise<void> {
    this.#cancelPlanned();
    this.#cancelPlanned = () => {};
    if (this.#stopping) return this.#stopping;
    this.#epoch++;
    if (this.#status === "stopped") return Promise.resolve();
    this.#status = "stopping";
    this.#starting = undefined;
    this.#cancelReplacements();
    this.readiness.reset();
    const stopping = this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    this.#stopping = stopping;
    return stopping;
  }

  async #stop(): Promise<void> {
    await this.#hooks.call("before_stop");
    await Promise.all(this.#children.map((child) => this.kill(child, undefined, undefined)));
    this.#children.length = 0;
    this.#publish("stop", { time: Date.now() / 1000 });
    this.#status = "stopped";
    await this.#hooks.call("after_stop");
    this.#host.log.info(`${this.name} stopped`);
  }

  /** Without grace, for somebody who is in a hurry. */
  killAll(): void {
    for (const child of this.#children) child.kill();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async reload({ graceful, sequential }: ReloadOptions): Promise<void> {
    if (!graceful) {
      if (sequential) this.#host.log.warning("with graceful=False, sequential=True is ignored");
      await this.restart();
      return;
    }
    if (this.#status === "stopped") await this.start();
    else if (this.#options.sendHup) for (const child of [...this.#children]) native.kill(child.pid, SIGHUP);
    else if (sequential) await this.#replaceInTurn();
    else await this.#replaceAll();
    this.#publish("reload", { time: Date.now() / 1000 });
    this.#host.log.info(`${this.name} reloaded`);
  }

  async #replaceInTurn(): Promise<void> {
    const epoch = this.#epoch;
    for (const child of [...this.#children]) {
      await this.kill(child, undefined, undefined);
      if (epoch !== this.#epoch) return;
      await this.#fill();
      await this.#warmUp();
    }
  }

  /** The new ones start before the old ones go. */
  async #replaceAll(): Promise<void> {
    const epoch = this.#epoch;
    this.#cancelReplacements();
    for (let count = this.#options.numprocesses; count > 0 && epoch === this.#epoch; count--)
      if (!(await this.#spawn(epoch))) this.#giveUp(epoch);
    if (epoch === this.#epoch) await this.#trim();
  }

  async setNumprocesses(count: number): Promise<void> {
    if (this.#options.singleton && count > 1)
      throw new InitError("singleton", "Singleton watcher has a single process");
    this.#options = { ...this.#options, numprocesses: Math.max(0, count) };
    if (this.#status !== "active" && this.#status !== "starting") return;
    await this.#fill();
    await this.#trim();
  }

  /** Takes other options in place; processes that run keep what they were started with. */
  change(options: WatcherOptions): void {
    this.#options = options;
    this.#factory = new ProcessFactory(this.#host, options);
    this.#hooks = this.#makeHooks();
    this.#publish("updated", { time: Date.now() / 1000 });
  }

  signal(process: ControlledProcess, signal: number): void {
    const child = this.#children.find(({ pid }) => pid === process.pid);
    if (child) this.#background(this.#send(child, signal));
  }

  async kill(
    process: ControlledProcess,
    signal: number | undefined,
    gracefulTimeout: number | undefined,
  ): Promise<void> {
    const child = this.#children.find(({ pid }) => pid === process.pid);
    if (!child) return;
    const isGone = await child.stop({
      signal: signal ?? this.#options.stopSignal,
      graceMs: (gracefulTimeout ?? this.#options.gracefulTimeout) * 1000,
      children: this.#options.stopChildren,
      send: async (target, number) => {
        await this.#send(target, number);
        this.#publish("kill", { process_pid: target.pid, time: Date.now() / 1000 });
      },
    });
    if (!isGone) this.#host.log.error(`${this.name}: process ${child.pid} or one of its group cannot be killed`);
  }

  async extendedStats({ pid }: ControlledProcess): Promise<Readonly<Record<string, unknown>>> {
    if (!this.#hooks.has("extended_stats")) return {};
    const { output } = await this.#hooks.run("extended_stats", { pid });
    return JSON.parse(output);
  }

  /** Runs a program as the watcher's processes are run. */
  async runCommand(command: string, milliseconds: number): Promise<ProgramResult> {
    const { argv, env, path } = expandCommand(command, this.#options, this.#factory.context(1, this.#socketNumbers()));
    const { workingDir: cwd, identity } = this.#factory;
    return runProgram(this.#host, { argv, env, path, cwd, identity, milliseconds, captures: false });
  }

  async #send(child: Child, signal: number): Promise<void> {
    const details = { pid: child.pid, signum: signal };
    const accepted = await this.#hooks.call("before_signal", details);
    if (!child.ended && (accepted || signal === SIGKILL)) native.kill(child.pid, signal);
    await this.#hooks.call("after_signal", details);
  }

  get #missing(): number {
    return this.#options.numprocesses - this.#children.length - this.#replacements.size;
  }

  /** Starts the processes that are missing; false when the watcher had to give up. */
  #fill(): Promise<boolean> {
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
      if (!(await this.#spawn(epoch))) {
        this.#giveUp(epoch);
        return false;
      }
      await this.#warmUp();
    }
    return true;
  }

  async #warmUp(): Promise<void> {
    const { warmupDelay } = this.#options;
    if (warmupDelay > 0) await sleep(this.#host.loop, warmupDelay * 1000);
  }

  /** Kills the oldest of those that are too many. */
  async #trim(): Promise<void> {
    const living = this.#children.filter((child) => !child.isStopping);
    const extra = living.slice(0, Math.max(0, living.length - this.#options.numprocesses));
    await Promise.all(extra.map((child) => this.kill(child, undefined, undefined)));
  }

  /** False when a hook says no, or nothing can be started. */
  async #spawn(epoch: number): Promise<boolean> {
    if (this.#hooks.has("before_spawn")) {
      const accepted = await this.#hooks.call("before_spawn");
      if (epoch !== this.#epoch) return true;
      if (!accepted) return false;
    }
    const { maxRetry } = this.#options;
    for (let attempt = 1; maxRetry === -1 || attempt <= maxRetry; attempt++) {
      const child = this.#attempt();
      if (child) return this.#welcome(child);
      // circus would try again and again without a pause.
      const wait = this.#backoff?.next(0) ?? (maxRetry === -1 ? this.#host.checkDelay : 0);
      if (wait > 0 && attempt !== maxRetry) await sleep(this.#host.loop, wait * 1000);
      if (epoch !== this.#epoch) return true;
    }
    this.exitCode = CANNOT_START;
    return false;
  }

  #attempt(): Child | undefined {
    try {
      const child = this.#factory.start(this.#freeWid(), this.readiness.channel, (...end) => this.#onEnd(...end));
      this.#children.push(child);
      return child;
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      this.#host.log.warning(`error in '${this.name}': ${error.message}`);
      return undefined;
    }
  }

  async #welcome(child: Child): Promise<boolean> {
    const { maxAge, maxAgeVariance } = this.#options;
    this.#host.log.debug(`running ${this.name} process [pid ${child.pid}]`);
    this.#publish("spawn", { process_pid: child.pid, time: child.started });
    if (maxAge > 0) {
      const age = maxAge + Math.floor(Math.random() * (maxAgeVariance + 1));
      child.cancelTimer = this.#host.loop.after(age * 1000, () =>
        this.#background(this.kill(child, undefined, undefined)),
      );
    }
    if (!this.#hooks.has("after_spawn") || (await this.#hooks.call("after_spawn", { pid: child.pid }))) return true;
    await this.kill(child, undefined, undefined);
    return false;
  }

  #freeWid(): number {
    let wid = 1;
    while (this.#children.some((child) => child.wid === wid)) wid++;
    return wid;
  }

  #onEnd(child: Child, { exitCode, signal }: native.Ended): void {
    this.#children.splice(this.#children.indexOf(child), 1);
    this.exitCode = exitCode;
    const time = Date.now() / 1000;
    this.#publish("reap", { process_pid: child.pid, time, exit_code: signal === 0 ? exitCode : -signal });
    if (this.#hooks.has("before_reap") || this.#hooks.has("after_reap"))
      this.#background(this.#tellReap(child, exitCode));
    if (this.#status !== "active" && this.#status !== "starting") return;
    if (child.isStopping) this.#afterPlannedEnd();
    else
      this.#afterDeath((native.now() - child.startedAt) / 1000, signal === 0 ? `exit ${exitCode}` : `signal ${signal}`);
  }

  async #tellReap(child: Child, exitCode: number): Promise<void> {
    const details = { pid: child.pid, exit_code: exitCode };
    await this.#hooks.call("before_reap", details);
    await this.#hooks.call("after_reap", details);
  }

  get #isEmpty(): boolean {
    return this.#children.length === 0 && this.#replacements.size === 0;
  }

  #afterPlannedEnd(): void {
    const { respawn, once, schedule, onDemand } = this.#options;
    if (respawn && !once && schedule === undefined && !onDemand) this.#background(this.#fill());
    else if (this.#isEmpty) this.#background(this.stop());
  }

  #afterDeath(lifetime: number, how: string): void {
    const { respawn, once, schedule, onDemand } = this.#options;
    const { log } = this.#host;
    if (schedule !== undefined) {
      if (this.exitCode !== 0) log.warning(`${this.name} ended with ${how}`);
      return;
    }
    if (once || !respawn || onDemand) {
      if (!this.#isEmpty || this.#status === "starting") return;
      if (once) this.#finishOnce();
      else if (onDemand) this.#again(this.#shortestLife - lifetime);
      else this.#endByItself();
      return;
    }
    log.info(`${this.name}: a process ended with ${how} after ${lifetime.toFixed(1)} s`);
    const verdict = this.#flapping?.addDeath(native.now() / 1000);
    if (verdict?.kind === "retry") this.#pause(verdict.seconds, verdict.attempt);
    else if (verdict?.kind === "give up") {
      log.info(`${this.name}: flapping detected: reached max retry limit`);
      this.#endByItself();
    } else this.#replaceIn(this.#backoff?.next(lifetime) ?? this.#shortestLife - lifetime);
  }

  /**
   * Seconds from the start of a process before which it is not replaced, as s6 and runit have it: one that always dies must not
   * keep the machine busy. circus, which looks every check_delay, would let it wait longer.
   */
  get #shortestLife(): number {
    return Math.min(SHORTEST_LIFE, this.#host.checkDelay);
  }

  /** At once where this is no time to wait. */
  #replaceIn(seconds: number): void {
    if (seconds <= 0) {
      this.#background(this.#fill());
      return;
    }
    const cancel = this.#host.loop.after(seconds * 1000, () => {
      this.#replacements.delete(cancel);
      this.#background(this.#fill());
    });
    this.#replacements.add(cancel);
  }

  #cancelReplacements(): void {
    for (const cancel of this.#replacements) cancel();
    this.#replacements.clear();
  }

  /** Flapping: stopped for a while. */
  #pause(seconds: number, attempt: number): void {
    this.#host.log.info(`${this.name}: flapping detected: retry in ${seconds}s (attempt number ${attempt})`);
    this.#background(this.stop());
    this.#cancelPlanned = this.#host.loop.after(seconds * 1000, () => this.#background(this.start()));
  }

  /** An on-demand watcher waits for the next connection. */
  #again(seconds: number): void {
    this.#background(
      this.stop().then(() => {
        const wait = () => this.#waitForConnection();
        if (seconds <= 0) wait();
        else this.#cancelPlanned = this.#host.loop.after(seconds * 1000, wait);
      }),
    );
  }

  #finishOnce(): void {
    const { exitCode } = this;
    if (exitCode === 0) this.readiness.finish();
    else {
      this.#host.log.error(`${this.name} failed with ${exitCode}`);
      this.readiness.fail();
    }
    this.#background(this.stop().then(() => this.#host.onOwnEnd(this)));
  }

  #giveUp(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#host.log.error(`${this.name} cannot be started and is given up`);
    this.#endByItself();
  }

  #endByItself(): void {
    this.readiness.fail();
    this.#background(this.stop().then(() => this.#host.onOwnEnd(this)));
  }

  #makeHooks(): Hooks {
    return new Hooks(this.#options.hooks, {
      runHook: (name, hook, details) => this.#runHook(name, hook, details),
      publish: (topic, data) => this.#publish(topic, data),
      warn: (message) => this.#host.log.warning(`${this.name}: ${message}`),
    });
  }

  /** As the supervisor's own user, like circus's, which are functions within it. None takes longer than a stop may. */
  async #runHook(name: HookName, hook: HookOptions, details: HookDetails): Promise<ProgramResult> {
    const plan = expandCommand(hook.command, this.#options, this.#factory.context(1, this.#socketNumbers()));
    const own = Object.entries({ watcher: this.name, hook: name, ...details })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`CIRCUS_${key.toUpperCase()}`, String(value)]);
    const env = { ...this.#host.environment, ...plan.env, ...Object.fromEntries(own) };
    return runProgram(this.#host, {
      argv: plan.argv,
      env,
      path: env.PATH ?? plan.path,
      cwd: this.#factory.workingDir,
      identity: { uid: -1, gid: -1, groups: [] },
      milliseconds: this.#options.gracefulTimeout * 1000,
      captures: name === "extended_stats",
    });
  }

  #socketNumbers(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#host.sockets.list.map(({ name, fd }) => [name, fd]));
  }

  #publish(topic: string, data: Readonly<Record<string, unknown>>): void {
    this.#host.publish(`watcher.${this.name.toLowerCase().replaceAll(" ", "_")}.${topic}`, data);
  }

  /** For what nobody waits for: an error in it must not get lost. */
  #background(work: Promise<unknown>): void {
    work.catch((error: Error) => this.#host.log.error(`${this.name}: ${error.message}`));
  }
}
