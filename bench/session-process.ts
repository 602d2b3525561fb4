import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** An event as docs/events.md describes it. */
export interface SessionEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface SessionProcess {
  /** Sends command lines, if any; resolves with the next event of the given type. */
  send(lines: string, eventType: string): Promise<SessionEvent>;
  close(): Promise<void>;
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
  let tail = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    tail = `${tail}${line}\n`.slice(-2000);
    const event = JSON.parse(line) as SessionEvent;
    if (event.type === waiting?.eventType) waiting.resolve(event);
    else if (event.type === "error") waiting?.reject(new Error(line));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    tail = `${tail}${text}`.slice(-2000);
  });
  child.once("close", (code) => waiting?.reject(new Error(`The session ended with exit status ${code}.\n${tail}`)));
  return {
    send(lines, eventType) {
      return new Promise((resolve, reject) => {
        waiting = { eventType, resolve, reject };
        if (lines !== "") child.stdin.write(`${lines}\n`);
      });
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
