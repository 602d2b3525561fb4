import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** An event as docs/events.md describes it, and when it came (`performance.now()`). */
export interface SessionEvent {
  readonly type: string;
  readonly at: number;
  readonly [field: string]: unknown;
}

export interface SessionProcess {
  readonly pid: number;
  /** Sends command lines, if any; resolves with the first event of the given type from now on. */
  send(lines: string, eventType: string): Promise<SessionEvent>;
  /** The first event of the given type after the one that was waited for last. */
  next(eventType: string): Promise<SessionEvent>;
  close(): Promise<void>;
}

/**
 * Milliseconds in which a session that is asked nothing has long prepared what likely comes next. Commands that are sent
 * together leave it no time to.
 */
export const THINKING = 2000;

/** As a person who looks at what the last command did. */
export async function think(): Promise<void> {
  await sleep(THINKING);
}

/** A live session that prints its events, and reads commands from a pipe unless `words` say something else. */
export function openSession(
  slipway: string,
  project: string,
  words: readonly string[] = ["--script", "-"],
): SessionProcess {
  // --rm: nothing stays of it when this process is ended.
  const child = spawn(slipway, ["hack", project, ...words, "--json", "--rm"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  let waiting:
    | { eventType: string; resolve: (event: SessionEvent) => void; reject: (error: Error) => void }
    | undefined;
  let unseen: SessionEvent[] = [];
  let ended: Error | undefined;
  let tail = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    tail = `${tail}${line}\n`.slice(-2000);
    const event = { ...(JSON.parse(line) as { type: string }), at: performance.now() };
    if (event.type === "output") return;
    unseen.push(event);
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    tail = `${tail}${text}`.slice(-2000);
  });
  child.once("close", (code) => {
    ended = new Error(`The session ended with exit status ${code}.\n${tail}`);
    waiting?.reject(ended);
  });

  function look(): void {
    while (waiting) {
      const event = unseen.shift();
      if (!event) return;
      if (event.type === waiting.eventType) waiting.resolve(event);
      else if (event.type === "error") waiting.reject(new Error(JSON.stringify(event)));
      else continue;
      waiting = undefined;
    }
  }

  function next(eventType: string): Promise<SessionEvent> {
    return new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      waiting = { eventType, resolve, reject };
      look();
    });
  }

  return {
    pid: child.pid!,
    next,
    send(lines, eventType) {
      unseen = [];
      const answer = next(eventType);
      if (lines !== "") child.stdin.write(`${lines}\n`);
      return answer;
    },
    async close() {
      waiting = undefined;
      child.stdin.end();
      // What watches reads no input.
      child.kill("SIGTERM");
      await closed;
    },
  };
}
