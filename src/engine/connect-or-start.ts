import { userInfo } from "node:os";
import { connectEngine, type EngineClient } from "./client.ts";
import type { UnixEndpoint } from "./endpoint.ts";
import { type FindOptions, locateEngine, NoEngineError } from "./find-engine.ts";

export interface OpenOptions extends FindOptions {
  /** Asks a yes-or-no question; only where a person can answer. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
}

/**
 * What every command that needs an engine calls. Where nobody named one and none answers, the private one is started:
 * outright with SLIPWAY_ENGINE=private, else when the person says yes. Errors: those of `locateEngine` and
 * `startPrivateEngine`.
 */
export async function openEngine(options: OpenOptions): Promise<EngineClient> {
  try {
    return (await locateEngine(options)).engine;
  } catch (error) {
    if (!(error instanceof NoEngineError) || !(await mayStart(options))) throw error;
  }
  const engine = connectEngine(await startWithPackages(options));
  await engine.apiVersion({ signal: options.signal });
  return engine;
}

async function mayStart({ env, confirm }: OpenOptions): Promise<boolean> {
  if (env.SLIPWAY_ENGINE === "private") return true;
  // Who is not root would be asked in vain.
  if (userInfo().uid !== 0) return false;
  return (await confirm?.("No container engine answers. Start a private one?")) ?? false;
}

/** Starts the private engine; packages that it lacks are offered, where there is somebody to say yes. */
export async function startWithPackages(
  options: Pick<OpenOptions, "env" | "home" | "confirm" | "onProgress" | "signal">,
): Promise<UnixEndpoint> {
  const { startPrivateEngine } = await import("./private-engine/start.ts");
  const { findProgram, installCommand, installPackages, MissingProgramsError } = await import(
    "./private-engine/programs.ts"
  );
  try {
    return await startPrivateEngine(options);
  } catch (error) {
    if (!(error instanceof MissingProgramsError)) throw error;
    const { packages, programs } = error.missing;
    if ((await findProgram("apt-get", options.env)) === undefined) throw error;
    const question = `Missing: ${programs.join(", ")}. Run \`${installCommand(packages)}\`?`;
    if (!((await options.confirm?.(question)) ?? false)) throw error;
    await installPackages(packages, { onOutput: (line) => options.onProgress?.(line), signal: options.signal });
  }
  return await startPrivateEngine(options);
}
