import { isAbsolute, join } from "node:path";

/** Where Slipway keeps sessions and the prompt's history (XDG Base Directory Specification: relative values are ignored). */
export function stateFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const state = env.XDG_STATE_HOME;
  return join(state !== undefined && isAbsolute(state) ? state : join(home, ".local/state"), "slipway");
}
