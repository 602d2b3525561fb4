import * as native from "native";
import type { Loop } from "../system/loop.ts";
import { listDescendants } from "../system/processes.ts";
import { SIGCONT, SIGKILL, SIGTERM } from "../system/signals.ts";
import type { Reaper } from "./reaper.ts";
import { waitUntil } from "./waiting.ts";

/** What nobody asked to stop gets this long after SIGTERM: a `docker stop` waits for ten seconds in all. */
const GRACE_MS = 1000;
/** Beyond it, what even SIGKILL does not end hangs in the kernel; our own end must not. */
const KILL_MS = 1000;

/**
 * A PID 1 reaches all of its container with -1. Another process finds its descendants in /proc; without that it knows none but
 * its watchers', which are gone by now.
 */
function signalAll(signal: number): void {
  if (native.pid() === 1) native.kill(-1, signal);
  else for (const { pid } of listDescendants()) native.kill(pid, signal);
}

/** Ends orphans and whatever else is left: SIGTERM, then SIGKILL. Takes no time where nothing is left. */
export async function endLeftovers(loop: Loop, reaper: Reaper): Promise<void> {
  const gone = () => !reaper.reap();
  const subscribe = (listener: () => void) => reaper.afterDeaths(listener);
  if (gone()) return;
  signalAll(SIGTERM);
  // A stopped process would not hear of it.
  signalAll(SIGCONT);
  if (await waitUntil(loop, subscribe, gone, GRACE_MS)) return;
  signalAll(SIGKILL);
  await waitUntil(loop, subscribe, gone, KILL_MS);
}
