import * as native from "native";
import { check, ECHILD, errnoText } from "../system/errors.ts";
import { findExecutable } from "../system/executable.ts";
import { SIGCHLD, SIGKILL } from "../system/signals.ts";
import { processGroups, type User } from "../system/users.ts";
import { Interrupted, type Signals } from "./signals.ts";

export interface Command {
  readonly argv: readonly string[];
  /** `NAME=value` each; all of it. */
  readonly environment: readonly string[];
  readonly directory: string;
  /** Undefined: as the process itself. */
  readonly user: User | undefined;
}

export interface Outcome {
  /** 128+n after a signal; 126: it can't be run, 127: it is not there. */
  readonly exitCode: number;
  /** Why it did not even start. */
  readonly error: string | undefined;
}

/** How long one that was told to end may take. Engines kill a container after ten seconds. */
const GRACE_MS = 8000;

/**
 * Runs a command to its end; it gets the signals that arrive, its output goes where ours goes. After a signal that ends the
 * launch, throws Interrupted when the command is gone.
 */
export function runCommand(command: Command, signals: Signals): Outcome {
  const found = findExecutable(command.argv[0]!, command.environment, command.directory);
  if ("error" in found) return found;
  const input = check(native.open("/dev/null", 0, 0), () => "open /dev/null");
  const { user } = command;
  const started = native.spawn({
    file: found.file,
    argv: command.argv,
    env: command.environment,
    cwd: command.directory,
    uid: user?.uid ?? -1,
    gid: user?.gid ?? -1,
    groups: user ? processGroups(user) : [],
    fds: [input, 1, 2],
    terminal: 0,
    umask: -1,
  });
  native.close(input);
  if (typeof started !== "number") {
    const error = `${started.call} ${command.argv[0]}: ${errnoText(started.error)}`;
    return { exitCode: 126, error };
  }
  return { exitCode: waitFor(started, signals), error: undefined };
}

function waitFor(pid: number, signals: Signals): number {
  let ending: number | undefined;
  let deadline = Number.POSITIVE_INFINITY;
  for (;;) {
    const exitCode = reap(pid);
    if (exitCode !== undefined) {
      if (ending === undefined) return exitCode;
      throw new Interrupted(ending);
    }
    const left = deadline - native.now();
    // Its group has its number: it leads a session of its own.
    if (left <= 0) native.kill(-pid, SIGKILL);
    for (const signal of signals.wait(deadline === Number.POSITIVE_INFINITY ? -1 : Math.max(1, left))) {
      if (signal === SIGCHLD) continue;
      native.kill(-pid, signal);
      if (!signals.isEnding(signal) || ending !== undefined) continue;
      ending = signal;
      deadline = native.now() + GRACE_MS;
    }
  }
}

/** Every child that ended, orphans too; the exit code when the one is among them. */
function reap(pid: number): number | undefined {
  let exitCode: number | undefined;
  for (;;) {
    const ended = native.wait();
    if (ended === 0 || ended === -ECHILD) return exitCode;
    const child = check(ended, () => "wait") as native.Ended;
    if (child.pid === pid) exitCode = child.exitCode;
  }
}
