import type { HookName, HookOptions, WatcherOptions } from "../circus/configuration.ts";
import { expandCommand } from "../circus/expand-process.ts";
import { InitError } from "../system/errors.ts";
import type { HookDetails } from "./hooks.ts";
import { ownIdentity } from "./identity.ts";
import type { ProcessFactory, ProcessHost } from "./process-factory.ts";
import { type ProgramResult, type ProgramRun, runProgram } from "./program-run.ts";

/** Runs what belongs to a watcher besides its processes: hooks, and programs that are asked how it is. */
export class WatcherPrograms {
  readonly #host: ProcessHost;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #options: WatcherOptions;
  readonly #factory: ProcessFactory;

  /** `environment` is the supervisor's own. */
  constructor(
    host: ProcessHost,
    environment: Readonly<Record<string, string>>,
    options: WatcherOptions,
    factory: ProcessFactory,
  ) {
    this.#host = host;
    this.#environment = environment;
    this.#options = options;
    this.#factory = factory;
  }

  /** As the watcher's processes are run. */
  runCommand(command: string, milliseconds: number): Promise<ProgramResult> {
    return this.#run(() => {
      const { argv, env, path } = this.#expand(command);
      return { argv, env, path, identity: this.#factory.identity, milliseconds, captures: false };
    });
  }

  /** As the supervisor's own user, like circus's hooks, which are functions within it. None takes longer than a stop may. */
  runHook(name: HookName, hook: HookOptions, details: HookDetails): Promise<ProgramResult> {
    return this.#run(() => {
      const { argv, env: given, path } = this.#expand(hook.command);
      const own = Object.entries({ watcher: this.#options.name, hook: name, ...details })
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [`CIRCUS_${key.toUpperCase()}`, String(value)]);
      const env: Record<string, string> = { ...this.#environment, ...given, ...Object.fromEntries(own) };
      const milliseconds = this.#options.gracefulTimeout * 1000;
      const captures = name === "extended_stats";
      return { argv, env, path: env.PATH ?? path, identity: ownIdentity, milliseconds, captures };
    });
  }

  /** A command that cannot be expanded, or a user that is not there, is a program that cannot be started. */
  async #run(plan: () => Omit<ProgramRun, "cwd">): Promise<ProgramResult> {
    let run: ProgramRun;
    try {
      run = { ...plan(), cwd: this.#factory.workingDir };
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      return { exitCode: 127, problem: error.message, output: "" };
    }
    return runProgram(this.#host, run);
  }

  #expand(command: string) {
    const sockets = Object.fromEntries(this.#host.sockets.list.map(({ name, fd }) => [name, fd]));
    return expandCommand(command, this.#options, this.#factory.context(1, sockets));
  }
}
