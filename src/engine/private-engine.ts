import type { Environment } from "./docker-config.ts";
import type { UnixEndpoint } from "./endpoint.ts";
import { privateEnginePlaces } from "./private-engine/places.ts";
import { runningEndpoint } from "./private-engine/state.ts";

export { privateEnginePlaces } from "./private-engine/places.ts";

/** The private engine's endpoint while it runs; whether it answers is not asked. */
export async function runningPrivateEngine(env: Environment, home: string): Promise<UnixEndpoint | undefined> {
  return await runningEndpoint(privateEnginePlaces(env, home));
}
