import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface SessionProcess {
  /** Sends command lines; resolves when an event of the given type comes. */
  send(lines: string, eventType: string): Promise<void>;
  close(): Promise<void>;
}

/** A live session that reads commands from a pipe and prints its events. */
export function openSession(slipway: string, project: string): SessionProcess {
  // --rm: nothing stays of it when this process is ended.
  const child = spawn(slipway, ["hack", project, "--script", "-", "--json", "--rm"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  let waiting: { eventType: string; resolve: () => void; reject: (error: Error) => void } | undefined;
  let tail = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    tail = `${tail}${line}\n`.slice(-2000);
    const event = JSON.parse(line) as { type: string };
    if (event.type === waiting?.eventType) waiting.resolve();
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
        child.stdin.write(`${lines}\n`);
      });
    },
    async close() {
      waiting = undefined;
      child.stdin.end();
      await closed;
    },
  };
}
