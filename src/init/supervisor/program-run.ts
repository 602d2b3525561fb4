import * as native from "native";
import { check, EAGAIN } from "../system/errors.ts";
import { type Loop, POLLIN } from "../system/loop.ts";
import { SIGKILL, signalName } from "../system/signals.ts";
import { type ProcessStart, startProcess } from "./process-start.ts";
import type { Reaper } from "./reaper.ts";

/** What a program may print that is asked for something. */
const MAX_OUTPUT = 1 << 16;

export interface ProgramHost {
  readonly loop: Loop;
  readonly reaper: Reaper;
  /** /dev/null */
  readonly nothing: number;
}

export interface ProgramResult {
  readonly exitCode: number;
  /** Why it did not end by itself: it could not be started, a signal ended it, it took too long. */
  readonly problem: string | undefined;
  /** Empty unless it was asked for. */
  readonly output: string;
}

export interface ProgramRun extends Omit<ProcessStart, "fds"> {
  readonly milliseconds: number;
  /** Its standard output is the answer; else it prints where the supervisor prints. */
  readonly captures: boolean;
}

/** Runs a program that belongs to a watcher: a hook, a check. One that hangs is killed with its process group. */
export function runProgram(host: ProgramHost, run: ProgramRun): Promise<ProgramResult> {
  const capture = run.captures ? check(native.pipe(), () => "pipe") : undefined;
  let pid: number;
  try {
    pid = startProcess({ ...run, fds: [host.nothing, capture?.[1] ?? 1, 2] });
  } catch (error) {
    if (capture) native.close(capture[0]);
    return Promise.resolve({ exitCode: 127, problem: (error as Error).message, output: "" });
  } finally {
    if (capture) native.close(capture[1]);
  }
  return new Promise((resolve) => {
    let late = false;
    const cancel = host.loop.after(run.milliseconds, () => {
      late = true;
      native.kill(-pid, SIGKILL);
    });
    const finishOutput = capture ? collect(host.loop, capture[0]) : () => "";
    host.reaper.watch(pid, ({ exitCode, signal }) => {
      cancel();
      const ended = signal === 0 ? undefined : `${signalName(signal)} ended it`;
      const problem = late ? `it took longer than ${run.milliseconds / 1000} s` : ended;
      resolve({ exitCode, problem, output: finishOutput() });
    });
  });
}

/** Reads as it comes, so that nobody waits in a full pipe; the returned function ends that. */
function collect(loop: Loop, fd: number): () => string {
  const buffer = new Uint8Array(MAX_OUTPUT);
  let length = 0;
  let open = true;
  native.setNonblocking(fd);
  /** What comes after the buffer is full takes the place of its last byte: it is too long to be of use anyway. */
  const read = () => {
    const at = Math.min(length, MAX_OUTPUT - 1);
    const count = native.read(fd, buffer.buffer, at, MAX_OUTPUT - at);
    if (count > 0) length = at + count;
    return count;
  };
  const watcher = {
    fd,
    wants: () => POLLIN,
    ready: () => {
      const count = read();
      if (count > 0 || count === -EAGAIN) return;
      close();
    },
  };
  const close = () => {
    if (!open) return;
    open = false;
    loop.unwatch(watcher);
    native.close(fd);
  };
  loop.watch(watcher);
  return () => {
    while (open && read() > 0);
    close();
    return new TextDecoder().decode(buffer.slice(0, length));
  };
}
