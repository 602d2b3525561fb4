import type { Writable } from "node:stream";
import type { BuildEvent } from "../../build/build-events.ts";
import type { BuildProgress } from "./build-progress.ts";

/** One JSON object a line, in the shape of BuildKit's SolveStatus, as docker's `--progress=rawjson` prints it. */
export function rawBuildProgress(stderr: Writable): BuildProgress {
  const started = new Map<string, string>();
  return {
    listener: (event) => {
      const status = statusOf(event, started);
      if (status !== undefined) stderr.write(`${JSON.stringify(status)}\n`);
    },
    [Symbol.dispose]: () => {},
  };
}

function statusOf(event: BuildEvent, started: Map<string, string>): object | undefined {
  switch (event.type) {
    case "step": {
      const time = new Date(event.time).toISOString();
      if (event.state === "started") started.set(event.step, time);
      const completed = event.state === "started" ? {} : { completed: time };
      const outcome = {
        ...(event.state === "cached" ? { cached: true } : {}),
        ...(event.error ? { error: event.error } : {}),
      };
      return {
        vertexes: [
          { digest: event.step, name: event.name, started: started.get(event.step), ...completed, ...outcome },
        ],
      };
    }
    case "output": {
      const data = Buffer.from(event.data).toString("base64");
      return {
        logs: [
          { vertex: event.step, stream: event.stream === "stdout" ? 1 : 2, data, timestamp: new Date().toISOString() },
        ],
      };
    }
    case "transfer": {
      const { step, id, name, current, total, done } = event;
      const completed = done ? { completed: new Date().toISOString() } : {};
      return {
        statuses: [
          { id, vertex: step, name, current, total: total ?? 0, timestamp: new Date().toISOString(), ...completed },
        ],
      };
    }
    case "warning":
      return { warnings: [{ short: Buffer.from(event.message).toString("base64"), url: event.url }] };
    default:
      return undefined;
  }
}
