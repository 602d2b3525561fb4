import * as native from "native";
import { ENOENT, errnoText, InitError } from "../system/errors.ts";
import { findExecutable } from "../system/executable.ts";
import { Loop } from "../system/loop.ts";
import { SIGCHLD } from "../system/signals.ts";
import { endLeftovers } from "./leftovers.ts";
import { Reaper } from "./reaper.ts";
import { takeSignals } from "./signal-intake.ts";

/**
 * Those that the kernel sends for a mistake of the program itself keep their meaning; 9 and 19 cannot be taken; 21 and 22 are the
 * terminal's to a background group; 32 and 33 belong to the C library.
 */
const keptSignals: ReadonlySet<number> = new Set([4, 5, 6, 7, 8, 9, 11, 19, 21, 22, 31, 32, 33]);
const LAST_SIGNAL = 64;

export interface SingleCommand {
  readonly argv: readonly string[];
  /** Signals go to the command's whole process group, not to the command alone. */
  readonly toGroup: boolean;
}

/**
 * Runs one command as tini does: every signal is passed on to it, orphans are collected, and its status becomes ours (128+n when
 * a signal ended it). What it leaves behind ends with it. Throws InitError where the command cannot be started.
 */
export function runSingleCommand({ argv, toGroup }: SingleCommand): void {
  const loop = new Loop();
  const reaper = new Reaper();
  if (native.pid() !== 1) native.becomeReaper();
  const signals = Array.from({ length: LAST_SIGNAL }, (_, index) => index + 1).filter((n) => !keptSignals.has(n));
  let pid = 0;
  takeSignals(loop, signals, (signal) => {
    if (signal === SIGCHLD) reaper.reap();
    else native.kill(toGroup ? -pid : pid, signal);
  });
  pid = start(argv);
  reaper.watch(pid, ({ exitCode }) => {
    endLeftovers(loop, reaper).then(() => native.exit(exitCode));
  });
  loop.run();
}

function start(argv: readonly string[]): number {
  const env = native.environment();
  const cwd = ".";
  const name = argv[0]!;
  const executable = findExecutable(name, env, cwd);
  if ("error" in executable) throw new CommandProblem(executable.error, executable.exitCode);
  const keep = { uid: -1, gid: -1, groups: [], umask: -1, fds: [], terminal: 0, groupOnly: 1 } as const;
  const started = native.spawn({ file: executable.file, argv, env, cwd, ...keep });
  if (typeof started === "number") return started;
  const { call, error } = started;
  throw new CommandProblem(`${call} ${name}: ${errnoText(error)}`, error === ENOENT ? 127 : 126);
}

/** The command cannot be started; the exit code is a shell's. */
export class CommandProblem extends InitError {
  readonly exitCode: 126 | 127;

  constructor(message: string, exitCode: 126 | 127) {
    super("cannot-start", message);
    this.exitCode = exitCode;
  }
}
