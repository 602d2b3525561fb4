import type { HookName, HookOptions } from "../circus/configuration.ts";
import type { ProgramResult } from "./program-run.ts";

export type HookDetails = Readonly<Record<string, string | number | undefined>>;

/** These count as true when something goes wrong in them, as with circus. */
const ignored: ReadonlySet<HookName> = new Set([
  "before_stop",
  "after_stop",
  "before_signal",
  "after_signal",
  "before_reap",
  "after_reap",
  "extended_stats",
]);

export interface HookHost {
  /** The environment of the hook gets `details` as CIRCUS_NAME. */
  runHook(name: HookName, hook: HookOptions, details: HookDetails): Promise<ProgramResult>;
  publish(topic: string, data: Readonly<Record<string, unknown>>): void;
  warn(message: string): void;
}

/**
 * A watcher's hooks, programs in place of circus's Python callables: 0 is True, 1 is False, and any other end is what an exception
 * is to circus: True where it is to be ignored, else False.
 */
export class Hooks {
  readonly #hooks: Readonly<Partial<Record<HookName, HookOptions>>>;
  readonly #host: HookHost;

  constructor(hooks: Readonly<Partial<Record<HookName, HookOptions>>>, host: HookHost) {
    this.#hooks = hooks;
    this.#host = host;
  }

  has(name: HookName): boolean {
    return this.#hooks[name] !== undefined;
  }

  async call(name: HookName, details: HookDetails = {}): Promise<boolean> {
    return (await this.run(name, details)).accepted;
  }

  async run(name: HookName, details: HookDetails): Promise<{ readonly accepted: boolean; readonly output: string }> {
    const hook = this.#hooks[name];
    if (!hook) return { accepted: true, output: "" };
    const { exitCode, problem, output } = await this.#host.runHook(name, hook, details);
    const time = Date.now() / 1000;
    if (problem === undefined && exitCode <= 1) {
      this.#host.publish("hook_success", { name, time });
      return { accepted: exitCode === 0, output };
    }
    const error = problem ?? `it ended with ${exitCode}`;
    this.#host.warn(`Hook '${name}' failed: ${error}`);
    this.#host.publish("hook_failure", { name, time, error });
    return { accepted: hook.ignoreFailure || ignored.has(name), output };
  }
}
