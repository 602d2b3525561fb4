import { homedir } from "node:os";
import type { EngineClient } from "../../engine/client.ts";
import { findEngine } from "../../engine/find-engine.ts";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";

/** Milliseconds that an engine has to answer: who lists sessions doesn't want to wait for one that is switched off. */
const PATIENCE = 3000;

export interface EngineSearch {
  /** `--host` */
  readonly address?: string | undefined;
  /** `--context` */
  readonly dockerContext?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The engines of sessions, each connected to when it is first asked for, and let go of together. */
export class Engines implements AsyncDisposable {
  readonly #search: EngineSearch;
  readonly #byUrl = new Map<string, Promise<EngineClient>>();
  #chosen: Promise<EngineClient> | undefined;

  constructor(search: EngineSearch) {
    this.#search = search;
  }

  /** The one that a new session would be on. @throws what finding an engine throws */
  async chosen(): Promise<EngineClient> {
    const { address, dockerContext } = this.#search;
    this.#chosen ??= this.#find({ host: address, context: dockerContext });
    return await this.#chosen;
  }

  /** @throws SlipwayError SESSION_ENGINE_UNREACHABLE */
  async at(url: string): Promise<EngineClient> {
    // What a context or an option names may have certificates that its URL alone doesn't tell of.
    const chosen = await this.chosen().catch(() => undefined);
    if (chosen?.endpoint.url === url) return chosen;
    let engine = this.#byUrl.get(url);
    if (!engine) {
      engine = this.#find({ host: url });
      this.#byUrl.set(url, engine);
    }
    return await engine.catch((cause) => {
      throw new SlipwayError("SESSION_ENGINE_UNREACHABLE", `the engine ${url} does not answer: ${messageOf(cause)}`, {
        hint: "start it, or make it reachable",
        exitCode: ExitCode.engine,
        cause,
      });
    });
  }

  async #find(choice: { readonly host: string | undefined; readonly context?: string | undefined }) {
    const signal = AbortSignal.timeout(PATIENCE);
    return await findEngine({ ...choice, env: this.#search.environment, home: homedir(), signal }).catch((error) => {
      if (!signal.aborted || error instanceof SlipwayError) throw error;
      throw new SlipwayError("ENGINE_UNREACHABLE", `no answer within ${PATIENCE / 1000} s`, {
        hint: "start the engine, or name another one with --host",
        exitCode: ExitCode.engine,
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of [this.#chosen, ...this.#byUrl.values()]) {
      await (await engine?.catch(() => undefined))?.[Symbol.asyncDispose]();
    }
  }
}
