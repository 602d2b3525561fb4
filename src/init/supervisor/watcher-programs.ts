import type { HookName, HookOptions, WatcherOptions } from "../circus/configuration.ts";
import { expandCommand } from "../circus/expand-process.ts";
import type { HookDetails } from "./hooks.ts";
import { ownIdentity } from "./identity.ts";
import type { ProcessFactory, ProcessHost } from "./process-factory.ts";
import { type ProgramResult, runProgram } from "./program-run.ts";

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

  /** As the watcher's processes are run. Rejects with InitError where the command cannot be expanded. */
  async runCommand(command: string, milliseconds: number): Promise<ProgramResult> {
    const { argv, env, path } = this.#expand(command);
    const { workingDir: cwd, identity } = this.#factory;
    return runProgram(this.#host, { argv, env, path, cwd, identity, milliseconds, captures: false });
  }

  /** As the supervisor's own user, like circus's hooks, which are functions within it. None takes longer than a stop may. */
  async runHook(name: HookName, hook: HookOptions, details: HookDetails): Promise<ProgramResult> {
    const plan = this.#expand(hook.command);
    const own = Object.entries({ watcher: this.#options.name, hook: name, ...details })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`CIRCUS_${key.toUpperCase()}`, String(value)]);
    const env: Record<string, string> = { ...this.#environment, ...plan.env, ...Object.fromEntries(own) };
    return runProgram(this.#host, {
      argv: plan.argv,
      env,
      path: env.PATH ?? plan.path,
      cwd: this.#factory.workingDir,
      identity: ownIdentity,
      milliseconds: this.#options.gracefulTimeout * 1000,
      captures: name === "extended_stats",
    });
  }

  #expand(command: string) {
    const sockets = Object.fromEntries(this.#host.sockets.list.map(({ name, fd }) => [name, fd]));
    return expandCommand(command, this.#options, this.#factory.context(1, sockets));
  }
}
