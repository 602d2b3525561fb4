import * as native from "native";
import type { CircusOptions, Configuration, WatcherOptions } from "../circus/configuration.ts";
import { compareConfigurations } from "../circus/configuration-changes.ts";
import { createWatcher } from "../circus/option-values.ts";
import type {
  Arbiter,
  ControlledSocket,
  ControlledWatcher,
  OptionValues,
  ReloadOptions,
  SupervisorEvent,
} from "../control/arbiter.ts";
import { check, InitError } from "../system/errors.ts";
import { O_RDWR } from "../system/files.ts";
import type { Loop } from "../system/loop.ts";
import { SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGWINCH } from "../system/signals.ts";
import { endLeftovers } from "./leftovers.ts";
import type { Log } from "./log.ts";
import type { Outlet } from "./outlet.ts";
import { Reaper } from "./reaper.ts";
import { takeSignals } from "./signal-intake.ts";
import { SocketSet } from "./sockets.ts";
import { StreamRegistry } from "./streams/stream-registry.ts";
import { Turns } from "./turns.ts";
import { sleep } from "./waiting.ts";
import { SupervisedWatcher, type WatcherHost } from "./watcher.ts";

/** How long the last output may wait for its reader. */
const FLUSH_MS = 1000;

/** These are used once, at the start. */
const fixed: ReadonlySet<keyof CircusOptions> = new Set(["endpoint", "endpointOwner", "pidfile", "development"]);

export interface SupervisorSetting {
  readonly loop: Loop;
  readonly log: Log;
  readonly standard: Readonly<Record<1 | 2, Outlet>>;
  /** Reads the configuration. Throws InitError with all mistakes. */
  readonly read: () => Configuration;
  readonly environment: Readonly<Record<string, string>>;
  /** Options of `[circus]` changed that need no restart of anything. */
  readonly apply: (options: CircusOptions) => void;
  /** Everything is stopped. */
  readonly onEnd: (exitCode: number) => void;
}

/** circus's arbiter: all watchers and sockets, the signals, the end. */
export class Supervisor implements Arbiter {
  readonly #setting: SupervisorSetting;
  #configuration: Configuration;
  readonly #host: WatcherHost;
  readonly #reaper = new Reaper();
  /** Of what changes which watchers there are. */
  readonly #turns = new Turns();
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  readonly #watchers: SupervisedWatcher[] = [];
  #quitting: Promise<void> | undefined;

  constructor(setting: SupervisorSetting) {
    const { loop, log, standard, environment } = setting;
    this.#setting = setting;
    this.#configuration = setting.read();
    const checkDelay = () => this.options.checkDelay;
    this.#host = {
      loop,
      log,
      reaper: this.#reaper,
      nothing: check(native.open("/dev/null", O_RDWR, 0), () => "open /dev/null"),
      environment,
      get checkDelay() {
        return checkDelay();
      },
      streams: new StreamRegistry(loop, log, standard),
      sockets: new SocketSet(loop),
      publish: (topic, data) => this.#publish(topic, data),
      isEnding: () => this.#quitting !== undefined,
      onOwnEnd: (watcher) => this.#followEnd(watcher),
    };
    if (native.pid() !== 1) native.becomeReaper();
    const signals = [SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGWINCH];
    takeSignals(loop, signals, (signal) => this.#takeSignal(signal));
    for (const options of this.#configuration.watchers) this.#addWatcher(options);
  }

  get watchers(): readonly SupervisedWatcher[] {
    return [...this.#watchers].sort((a, b) => b.options.priority - a.options.priority);
  }

  get sockets(): readonly ControlledSocket[] {
    return this.#host.sockets.list;
  }

  get options(): Configuration["circus"] {
    return this.#configuration.circus;
  }

  /** Throws InitError for one that cannot be had. */
  openSockets(): void {
    for (const socket of this.#configuration.sockets) this.#host.sockets.open(socket);
  }

  closeSockets(): void {
    this.#host.sockets.closeAll();
  }

  start(): void {
    const { log } = this.#setting;
    log.info(`Starting master on pid ${native.pid()}`);
    if (this.sockets.length > 0) log.info("sockets started");
    this.#background(this.startWatchers(this.watchers));
    log.info("Arbiter now waiting for commands");
  }

  async startWatchers(watchers: readonly ControlledWatcher[]): Promise<void> {
    const later: Promise<void>[] = [];
    for (const watcher of this.#own(watchers)) {
      if (this.#quitting) break;
      if (!watcher.options.autostart || !this.#watchers.includes(watcher)) continue;
      const started = watcher.options.after.length > 0 ? this.#startAfterOthers(watcher) : watcher.start();
      later.push(started);
      // One that fails must not keep the others from starting; it is told below.
      if (watcher.options.after.length === 0) await started.catch(() => {});
      const { warmupDelay } = this.#configuration.circus;
      if (warmupDelay > 0) await sleep(this.#host.loop, warmupDelay * 1000);
    }
    await Promise.all(later);
  }

  async #startAfterOthers(watcher: SupervisedWatcher): Promise<void> {
    const { generation } = watcher;
    for (const name of watcher.options.after) {
      const other = this.#find(name);
      if (!other || (await other.readiness.settled())) continue;
      this.#host.log.error(`${watcher.name} is not started: ${name} failed`);
      watcher.exitCode = other.exitCode;
      watcher.readiness.fail();
      this.#followEnd(watcher);
      return;
    }
    // Somebody may have stopped, started or removed it meanwhile.
    if (!this.#quitting && generation === watcher.generation) await watcher.start();
  }

  /** Those that started after others stop before them. */
  async stopWatchers(watchers: readonly ControlledWatcher[]): Promise<void> {
    const own = this.#own(watchers).reverse();
    const stopped = new Map<string, Promise<void>>();
    const stop = (watcher: SupervisedWatcher): Promise<void> => {
      const known = stopped.get(watcher.name);
      if (known) return known;
      const dependents = own.filter(({ options }) => options.after.includes(watcher.name));
      const done =
        dependents.length === 0 ? watcher.stop() : Promise.all(dependents.map(stop)).then(() => watcher.stop());
      stopped.set(watcher.name, done);
      return done;
    };
    await Promise.all(own.map(stop));
  }

  async restartWatchers(watchers: readonly ControlledWatcher[]): Promise<void> {
    await this.stopWatchers(watchers);
    await this.startWatchers(watchers);
  }

  reload(options: ReloadOptions): Promise<void> {
    return this.#turns.run(`reload ${options.graceful} ${options.sequential}`, () => this.#reload(options));
  }

  async #reload(options: ReloadOptions): Promise<void> {
    this.#host.streams.reopenAll();
    for (const watcher of this.watchers) {
      if (this.#quitting) return;
      await watcher.reload(options);
      const { warmupDelay } = this.#configuration.circus;
      if (warmupDelay > 0) await sleep(this.#host.loop, warmupDelay * 1000);
    }
  }

  add(name: string, cmd: string, values: OptionValues): ControlledWatcher {
    if (name === "") throw new InitError("no-name", "command name shouldn't be empty");
    if (this.#find(name)) throw new InitError("already-exists", `'${name}' already exist`);
    const sockets = this.sockets.map((socket) => socket.name);
    const watcher = this.#addWatcher(
      createWatcher(name, { ...values, cmd }, { sockets, flapping: this.#configuration.flapping }),
    );
    watcher.publish("add", { time: Date.now() / 1000 });
    return watcher;
  }

  async remove(watcher: ControlledWatcher, { nostop }: { readonly nostop: boolean }): Promise<void> {
    const [own] = this.#own([watcher]);
    if (!own) return;
    this.#watchers.splice(this.#watchers.indexOf(own), 1);
    own.publish("remove", { time: Date.now() / 1000 });
    if (nostop) own.abandon();
    else await own.stop();
  }

  restart(): Promise<void> {
    return this.#turns.run("restart", () => this.#restart());
  }

  async #restart(): Promise<void> {
    if (this.#quitting) return;
    const configuration = this.#setting.read();
    await this.stopWatchers(this.#watchers);
    if (this.#quitting) return;
    // One that somebody started meanwhile would be forgotten with its processes.
    await Promise.all(this.#watchers.splice(0).map((watcher) => watcher.stop()));
    this.#host.sockets.closeAll();
    this.#take(configuration);
    for (const options of configuration.watchers) if (!this.#find(options.name)) this.#addWatcher(options);
    this.openSockets();
    await this.startWatchers(this.watchers);
  }

  reloadConfiguration(): Promise<void> {
    return this.#turns.run("reloadconfig", () => this.#reloadConfiguration());
  }

  /** Unlike circus it restarts nothing for options of `[circus]`. */
  async #reloadConfiguration(): Promise<void> {
    if (this.#quitting) return;
    const configuration = this.#setting.read();
    const { circus, sockets, watchers } = compareConfigurations(this.#configuration, configuration);
    for (const name of circus.filter((option) => fixed.has(option)))
      this.#setting.log.warning(`reloadconfig: ${name} of [circus] counts from the next start on`);
    this.#take(configuration);
    const leaving = this.#named([...watchers.removed, ...watchers.changed.map(({ name }) => name)]);
    const added = [...watchers.changed, ...watchers.added];
    // What was changed by hand counts as the file says again.
    const resized = watchers.resized.map((options) => this.#find(options.name)?.setNumprocesses(options.numprocesses));
    await this.stopWatchers(leaving);
    for (const watcher of leaving) await this.remove(watcher, { nostop: false });
    if (this.#quitting) return;
    for (const name of sockets.removed) this.#host.sockets.close(name);
    for (const socket of sockets.added) this.#host.sockets.open(socket);
    const started = added.filter(({ name }) => !this.#find(name)).map((options) => this.#addWatcher(options));
    await Promise.all([this.startWatchers(started), ...resized]);
  }

  #take(configuration: Configuration): void {
    this.#configuration = configuration;
    this.#setting.apply(configuration.circus);
  }

  #addWatcher(options: WatcherOptions): SupervisedWatcher {
    const watcher = new SupervisedWatcher(this.#host, options);
    this.#watchers.push(watcher);
    return watcher;
  }

  #find(name: string): SupervisedWatcher | undefined {
    return this.#watchers.find((watcher) => watcher.name.toLowerCase() === name.toLowerCase());
  }

  #named(names: readonly string[]): readonly SupervisedWatcher[] {
    return names.map((name) => this.#find(name)).filter((watcher) => watcher !== undefined);
  }

  quit(): Promise<void> {
    this.#quitting ??= this.#quit();
    return this.#quitting;
  }

  subscribe(listener: (event: SupervisorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whatever goes wrong on the way, it ends. */
  async #quit(): Promise<void> {
    const { loop, log, onEnd } = this.#setting;
    log.info("Arbiter exiting");
    const steps = [
      () => this.stopWatchers(this.#watchers),
      () => endLeftovers(loop, this.#reaper),
      () => this.#flushOutput(),
    ];
    for (const step of steps) await step().catch((error: Error) => log.error(`at the end: ${error.message}`));
    this.#host.sockets.closeAll();
    const followed = this.#find(this.options.follow ?? "");
    loop.after(0, () => onEnd(followed?.exitCode ?? 0));
  }

  async #flushOutput(): Promise<void> {
    const { standard } = this.#setting;
    const deadline = native.now() + FLUSH_MS;
    const flush = () => {
      const rest = Math.max(0, deadline - native.now());
      return Promise.all([standard[1].flush(rest), standard[2].flush(rest)]);
    };
    while (!this.#host.streams.drain() && native.now() < deadline) await flush();
    await flush();
  }

  #takeSignal(signal: number): void {
    if (signal === SIGCHLD) this.#reaper.reap();
    else if (signal === SIGHUP) this.#background(this.reload({ graceful: true, sequential: false }));
    else if (signal === SIGUSR1) this.#host.streams.reopenAll();
    else if (signal === SIGTERM || signal === SIGINT || signal === SIGQUIT) {
      // Who asks a second time at the keyboard does not want to wait.
      if (this.#quitting && signal !== SIGTERM) for (const watcher of this.#watchers) watcher.killAll();
      this.#background(this.quit());
    }
  }

  #followEnd(watcher: SupervisedWatcher): void {
    if (watcher.name !== this.options.follow) return;
    this.#host.log.info(`${watcher.name} ended with ${watcher.exitCode}, and all ends with it`);
    this.#background(this.quit());
  }

  #own(watchers: readonly ControlledWatcher[]): SupervisedWatcher[] {
    return this.watchers.filter((watcher) => watchers.includes(watcher));
  }

  #publish(topic: string, data: Readonly<Record<string, unknown>>): void {
    const time = typeof data.time === "number" ? data.time : Date.now() / 1000;
    for (const listener of this.#listeners) listener({ topic, time, data });
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: Error) => this.#setting.log.error(error.message));
  }
}
