import * as native from "native";
import type { WatcherOptions } from "../circus/configuration.ts";
import { changeWatcher } from "../circus/option-values.ts";
import { findNextTime, parseSchedule } from "../circus/schedule.ts";
import type { ControlledProcess, ControlledWatcher, OptionValues, ReloadOptions } from "../control/arbiter.ts";
import { InitError } from "../system/errors.ts";
import { signalName } from "../system/signals.ts";
import { Backoff } from "./backoff.ts";
import type { Child } from "./child.ts";
import { FlappingDetector } from "./flapping.ts";
import { Hooks } from "./hooks.ts";
import type { Log } from "./log.ts";
import { ProcessFactory, type ProcessHost } from "./process-factory.ts";
import { type PoolOwner, ProcessPool } from "./process-pool.ts";
import { Readiness } from "./readiness.ts";
import { WatcherPrograms } from "./watcher-programs.ts";

export interface WatcherHost extends ProcessHost {
  readonly log: Log;
  /** The supervisor's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly checkDelay: number;
  publish(topic: string, data: Readonly<Record<string, unknown>>): void;
  /** It came to its end without having been asked to. */
  onOwnEnd(watcher: SupervisedWatcher): void;
  /** Everything is to stop, and nothing to start any more. */
  isEnding(): boolean;
}

/** What a shell says of a command that cannot be started. */
const CANNOT_START = 127;
const SHORTEST_LIFE = 1;
const HEALTH_MS = 30_000;

/** With another value of these, processes that run are replaced, as circus does it. */
const replacing: readonly (keyof WatcherOptions)[] = [
  "cmd",
  "args",
  "shell",
  "shellArgs",
  "workingDir",
  "uid",
  "gid",
  "env",
  "envFiles",
  "rlimits",
  "maxAge",
  "maxAgeVariance",
];

/** A watcher: what is wanted of it, and what happens when its processes end. */
export class SupervisedWatcher implements ControlledWatcher, PoolOwner {
  readonly #host: WatcherHost;
  #options: WatcherOptions;
  #factory: ProcessFactory;
  #programs: WatcherPrograms;
  #hooks: Hooks;
  readonly readiness: Readiness;
  #flapping: FlappingDetector | undefined;
  #backoff: Backoff | undefined;
  readonly #pool: ProcessPool;
  #status: "active" | "stopped" | "starting" | "stopping" = "stopped";
  /** Counts starts and stops: who waited for something looks whether it is still the same. */
  #epoch = 0;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** How often it was asked to stop: what was asked before, and has still to wait, counts no more. */
  #stopsAsked = 0;
  /** Of a start that comes by itself: after flapping, at a connection, at its time. */
  #cancelPlanned = () => {};
  /** Of the process that ended last; 128+n after a signal. */
  exitCode = 0;

  constructor(host: WatcherHost, options: WatcherOptions) {
    this.#host = host;
    this.#options = options;
    this.#factory = new ProcessFactory(host, options);
    this.#programs = new WatcherPrograms(host, host.environment, options, this.#factory);
    this.#hooks = this.#makeHooks();
    this.#flapping = options.flapping && new FlappingDetector(options.flapping, host.checkDelay);
    this.#backoff = options.backoff && new Backoff(options.backoff);
    this.#pool = new ProcessPool(host, this);
    this.readiness = new Readiness(host, options, (...command) => this.#programs.runCommand(...command));
  }

  get name(): string {
    return this.#options.name;
  }

  get options(): WatcherOptions {
    return this.#options;
  }

  get hooks(): Hooks {
    return this.#hooks;
  }

  get backoff(): Backoff | undefined {
    return this.#backoff;
  }

  get status(): "active" | "stopped" | "starting" | "stopping" {
    return this.#status;
  }

  get processes(): readonly Child[] {
    return this.#pool.children;
  }

  /** Another one after each start and stop. */
  get generation(): number {
    return this.#epoch;
  }

  start(): Promise<void> {
    this.#unplan();
    if (this.#host.isEnding()) return Promise.resolve();
    if (this.#starting) return this.#starting;
    const starting = this.#start().finally(() => {
      if (this.#starting === starting) this.#starting = undefined;
    });
    this.#starting = starting;
    return starting;
  }

  async #start(): Promise<void> {
    const asked = this.#stopsAsked;
    await this.#stopping;
    if (asked !== this.#stopsAsked) return;
    if (this.#status !== "stopped") {
      this.#pool.startAllNow();
      await this.#fill();
      return;
    }
    this.#epoch++;
    // As with circus an on-demand watcher counts as stopped until somebody connects.
    if (this.#options.onDemand) this.#waitForConnection();
    else await this.#launch();
  }

  /** From before_start to after_start. */
  async #launch(): Promise<void> {
    const epoch = this.#epoch;
    const { log } = this.#host;
    this.#status = "starting";
    if (this.#hooks.has("before_start")) {
      const accepted = await this.#hooks.call("before_start");
      if (epoch !== this.#epoch) return;
      if (!accepted) {
        log.warning(`${this.name}: before_start said no, it is not started`);
        this.#status = "stopped";
        this.readiness.fail();
        return;
      }
    }
    this.readiness.begin();
    const { schedule, numprocesses, once } = this.#options;
    if (schedule !== undefined) this.#waitForTime(schedule);
    else if (!(await this.#fill())) return;
    if (epoch !== this.#epoch) return;
    const accepted = numprocesses > 0 && (await this.#hooks.call("after_start"));
    if (epoch !== this.#epoch) return;
    if (!accepted) {
      await this.stop();
      return;
    }
    this.#status = "active";
    log.info(`${this.name} started`);
    this.publish("start", { time: Date.now() / 1000 });
    this.readiness.started();
    // What ended before this counts now.
    if (schedule !== undefined || !this.#pool.isEmpty) return;
    if (this.#options.onDemand) this.#waitAgain(this.#shortestLife);
    else this.#settleEnd(once);
  }

  #waitForConnection(): void {
    this.#cancelPlanned = this.#host.sockets.onConnection(this.#options, () => this.background(this.#launch()));
  }

  #waitForTime(schedule: string): void {
    const due = findNextTime(parseSchedule(schedule), new Date());
    if (!due) return;
    this.#cancelPlanned = this.#host.loop.after(Math.max(0, due.getTime() - Date.now()), () => {
      // The clock may have been set back meanwhile.
      if (Date.now() >= due.getTime() - 1000) this.#startScheduled();
      this.#waitForTime(schedule);
    });
  }

  #startScheduled(): void {
    if (this.#pool.isEmpty) this.background(this.#fill());
    else this.#host.log.warning(`${this.name}: still running, this time of its schedule is left out`);
  }

  #unplan(): void {
    this.#cancelPlanned();
    this.#cancelPlanned = () => {};
  }

  stop(): Promise<void> {
    this.#unplan();
    this.#stopsAsked++;
    this.#starting = undefined;
    if (this.#stopping) return this.#stopping;
    this.#epoch++;
    this.#pool.interrupt();
    if (this.#status === "stopped") return Promise.resolve();
    this.#status = "stopping";
    this.readiness.reset();
    const stopping = this.#stop().finally(() => {
      this.#stopping = undefined;
    });
    this.#stopping = stopping;
    return stopping;
  }

  async #stop(): Promise<void> {
    if (this.#hooks.has("before_stop")) await this.#hooks.call("before_stop");
    await this.#pool.stopAll();
    this.publish("stop", { time: Date.now() / 1000 });
    this.#status = "stopped";
    if (this.#hooks.has("after_stop")) await this.#hooks.call("after_stop");
    this.#host.log.info(`${this.name} stopped`);
  }

  /** Without grace, for somebody who is in a hurry. */
  killAll(): void {
    this.#pool.killAll();
  }

  /** Its processes are left to themselves. */
  abandon(): void {
    this.#unplan();
    this.#epoch++;
    this.#pool.interrupt();
    this.readiness.reset();
    this.#status = "stopped";
  }

  async restart(): Promise<void> {
    const stopping = this.stop();
    const asked = this.#stopsAsked;
    await stopping;
    if (asked === this.#stopsAsked) await this.start();
  }

  async reload({ graceful, sequential }: ReloadOptions): Promise<void> {
    if (!graceful) {
      if (sequential) this.#host.log.warning("with graceful=False, sequential=True is ignored");
      await this.restart();
      return;
    }
    // Processes that came while others are stopped would be forgotten with them.
    const asked = this.#stopsAsked;
    await this.#stopping;
    if (asked !== this.#stopsAsked) return;
    if (this.#status === "stopped") await this.start();
    else if (this.#options.sendHup) this.#pool.hangUpAll();
    else if (!(await (sequential ? this.#pool.replaceInTurn() : this.#pool.replaceAll()))) this.#giveUp();
    this.publish("reload", { time: Date.now() / 1000 });
    this.#host.log.info(`${this.name} reloaded`);
  }

  async setNumprocesses(count: number): Promise<void> {
    if (this.#options.singleton && count > 1)
      throw new InitError("singleton", "Singleton watcher has a single process");
    this.#options = { ...this.#options, numprocesses: Math.max(0, count) };
    await this.#adjust();
  }

  async #adjust(): Promise<void> {
    if (this.#status !== "active" && this.#status !== "starting") return;
    if (this.#options.schedule === undefined && !this.#options.once) await this.#fill();
    await this.#pool.trim();
  }

  async set(values: OptionValues): Promise<void> {
    const sockets = this.#host.sockets.list.map(({ name }) => name);
    const before = this.#options;
    const options = changeWatcher(before, values, { sockets, flapping: before.flapping });
    this.#change(options);
    this.publish("updated", { time: Date.now() / 1000 });
    const isOther = (name: keyof WatcherOptions) => JSON.stringify(before[name]) !== JSON.stringify(options[name]);
    if (this.#status === "stopped") return;
    const piped = [
      this.#changeStream("stdout", before.stdoutStream, options.stdoutStream),
      this.#changeStream("stderr", before.stderrStream, options.stderrStream),
    ].every(Boolean);
    if (replacing.some(isOther) || !piped) await this.reload({ graceful: true, sequential: false });
    else await this.#adjust();
  }

  /** False where the processes' output cannot be led elsewhere while they run. */
  #changeStream(
    channel: "stdout" | "stderr",
    before: WatcherOptions["stdoutStream"],
    after: WatcherOptions["stdoutStream"],
  ): boolean {
    if (JSON.stringify(before) === JSON.stringify(after)) return true;
    if (!before || !after) return false;
    this.#host.streams.change(this.name, channel, after);
    return true;
  }

  #change(options: WatcherOptions): void {
    this.#options = options;
    this.#factory = new ProcessFactory(this.#host, options);
    this.#programs = new WatcherPrograms(this.#host, this.#host.environment, options, this.#factory);
    this.#hooks = this.#makeHooks();
    this.#flapping = options.flapping && new FlappingDetector(options.flapping, this.#host.checkDelay);
    this.#backoff = options.backoff && new Backoff(options.backoff);
  }

  signal(process: ControlledProcess, signal: number): void {
    const child = this.#pool.find(process);
    if (child) this.background(this.#pool.send(child, signal));
  }

  async kill(
    process: ControlledProcess,
    signal: number | undefined,
    gracefulTimeout: number | undefined,
  ): Promise<void> {
    const child = this.#pool.find(process);
    if (child) await this.#pool.kill(child, signal, gracefulTimeout);
  }

  async extendedStats({ pid }: ControlledProcess): Promise<Readonly<Record<string, unknown>>> {
    if (!this.#hooks.has("extended_stats")) return {};
    const { output } = await this.#hooks.run("extended_stats", { pid });
    return readObject(output);
  }

  async checkHealth(): Promise<string | undefined> {
    const { autostart, once, onDemand, schedule, ready, health } = this.#options;
    const state = this.readiness.state;
    if (state === "failed") return `it failed with ${this.exitCode}`;
    if (once) return state === "ready" || !autostart ? undefined : "it is not done yet";
    if (this.#status !== "active") return !autostart || onDemand ? undefined : `it is ${this.#status}`;
    if (schedule === undefined && this.#pool.children.length === 0) return "no process of it runs";
    if (ready && state !== "ready") return "it is not ready yet";
    if (health === undefined) return undefined;
    const { exitCode, problem } = await this.#programs.runCommand(health, HEALTH_MS);
    return problem ?? (exitCode === 0 ? undefined : `its health program ended with ${exitCode}`);
  }

  startProcess(wid: number, onEnd: (child: Child, ended: native.Ended) => void): Child {
    return this.#factory.start(wid, this.readiness.channel, onEnd);
  }

  onEnd(child: Child, { exitCode, signal }: native.Ended): void {
    this.exitCode = exitCode;
    const time = Date.now() / 1000;
    this.publish("reap", { process_pid: child.pid, time, exit_code: signal === 0 ? exitCode : -signal });
    if (this.#hooks.has("before_reap") || this.#hooks.has("after_reap"))
      this.background(this.#tellReap(child, exitCode));
    // While it starts, the start itself looks at the end what is left.
    if (this.#status !== "active" && this.#status !== "starting") return;
    const how = signal === 0 ? `exit status ${exitCode}` : signalName(signal);
    if (child.isStopping) this.#afterPlannedEnd();
    else this.#afterDeath((native.now() - child.startedAt) / 1000, how);
  }

  async #tellReap(child: Child, exitCode: number): Promise<void> {
    const details = { pid: child.pid, exit_code: exitCode };
    await this.#hooks.call("before_reap", details);
    await this.#hooks.call("after_reap", details);
  }

  #afterPlannedEnd(): void {
    const { respawn, once, schedule, onDemand } = this.#options;
    if (respawn && !once && schedule === undefined && !onDemand) this.background(this.#fill());
    else if (this.#pool.isEmpty && schedule === undefined && this.#status === "active") this.background(this.stop());
  }

  #afterDeath(lifetime: number, how: string): void {
    const { respawn, once, schedule, onDemand } = this.#options;
    const { log } = this.#host;
    if (schedule !== undefined) {
      if (this.exitCode !== 0) log.warning(`${this.name} ended with ${how}`);
      return;
    }
    if (once || !respawn || onDemand) {
      if (!this.#pool.isEmpty || this.#status === "starting") return;
      if (onDemand) this.#waitAgain(this.#shortestLife - lifetime);
      else this.#settleEnd(once);
      return;
    }
    log.info(`${this.name}: a process ended with ${how} after ${lifetime.toFixed(1)} s`);
    const verdict = this.#flapping?.addDeath(native.now() / 1000);
    if (verdict?.kind === "retry") this.#pause(verdict.seconds, verdict.attempt);
    else if (verdict?.kind === "give up") {
      log.info(`${this.name}: flapping detected: reached max retry limit`);
      this.#endByItself();
    } else this.#replace(this.#backoff?.next(lifetime) ?? this.#shortestLife - lifetime);
  }

  /**
   * Seconds from the start of a process before which it is not replaced, as s6 and runit have it: one that always dies must not
   * keep the machine busy. circus, which looks every check_delay, would let it wait longer.
   */
  get #shortestLife(): number {
    return Math.min(SHORTEST_LIFE, this.#host.checkDelay);
  }

  /** At once where this is no time to wait. */
  #replace(seconds: number): void {
    if (seconds > 0) this.#pool.fillIn(seconds, () => this.background(this.#fill()));
    else this.background(this.#fill());
  }

  async #fill(): Promise<boolean> {
    if (await this.#pool.fill()) return true;
    this.#giveUp();
    return false;
  }

  /** Flapping: stopped for a while. */
  #pause(seconds: number, attempt: number): void {
    this.#host.log.info(`${this.name}: flapping detected: retry in ${seconds}s (attempt number ${attempt})`);
    this.background(this.stop());
    this.#cancelPlanned = this.#host.loop.after(seconds * 1000, () => this.background(this.start()));
  }

  /** An on-demand watcher waits for the next connection. */
  #waitAgain(seconds: number): void {
    const epoch = this.#epoch + 1;
    const wait = () => {
      if (epoch === this.#epoch) this.#waitForConnection();
    };
    const pause = () => {
      if (seconds <= 0) wait();
      else this.#cancelPlanned = this.#host.loop.after(seconds * 1000, wait);
    };
    this.background(this.stop().then(pause));
  }

  /** The last process of a watcher that starts no others ended. */
  #settleEnd(once: boolean): void {
    if (!once) this.#endByItself();
    else if (this.exitCode !== 0) {
      this.#host.log.error(`${this.name} failed with ${this.exitCode}`);
      this.#endByItself();
    } else {
      this.readiness.finish();
      this.background(this.stop().then(() => this.#host.onOwnEnd(this)));
    }
  }

  #giveUp(): void {
    if (this.#status !== "active" && this.#status !== "starting") return;
    this.#host.log.error(`${this.name} cannot be started and is given up`);
    this.exitCode = CANNOT_START;
    this.#endByItself();
  }

  #endByItself(): void {
    this.background(
      this.stop().then(() => {
        this.readiness.fail();
        this.#host.onOwnEnd(this);
      }),
    );
  }

  #makeHooks(): Hooks {
    return new Hooks(this.#options.hooks, {
      runHook: (...hook) => this.#programs.runHook(...hook),
      publish: (topic, data) => this.publish(topic, data),
      warn: (message) => this.#host.log.warning(`${this.name}: ${message}`),
    });
  }

  publish(topic: string, data: Readonly<Record<string, unknown>>): void {
    this.#host.publish(`watcher.${this.name.toLowerCase().replaceAll(" ", "_")}.${topic}`, data);
  }

  background(work: Promise<unknown>): void {
    work.catch((error: Error) => this.#host.log.error(`${this.name}: ${error.message}`));
  }
}

/** What extended_stats printed. Throws InitError where it is no JSON object. */
function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new InitError("bad-stats", "the hook extended_stats has to print a JSON object");
}
