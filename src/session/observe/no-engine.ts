import type { EngineClient } from "../../engine/client.ts";
import { SlipwayError } from "../../errors.ts";

/** Who only watches a session says nothing to its engine. */
export function noEngine(url: string): EngineClient {
  const refuse = async (): Promise<never> => {
    throw readOnly("that needs the engine");
  };
  return {
    // Only its URL is ever shown.
    endpoint: { kind: "unix", url, path: "" },
    apiVersion: refuse,
    request: refuse,
    json: refuse,
    execute: refuse,
    hijack: refuse,
    [Symbol.asyncDispose]: async () => {},
  };
}

export function readOnly(what: string): SlipwayError {
  return new SlipwayError("SESSION_READ_ONLY", `${what}, and this session is only watched`, {
    hint: "list, status, states, output, env, break and diff N work here; for the rest, leave its other program and resume it without --read-only",
  });
}
