import type { SupervisorEvent } from "../arbiter.ts";
import { ExitCode, type Settings, tellFailure } from "./calls.ts";
import { ClientConnection } from "./connection.ts";
import { printErrorLine, printLine } from "./output.ts";
import { pythonJson } from "./python-text.ts";

/**
 * Prints events until the daemon ends, or somebody interrupts. With `json` as they came, else as circus does: the topic, and
 * what circus's message has.
 */
export function listen(settings: Settings, topics: readonly string[]): number {
  try {
    const connection = new ClientConnection(settings.endpoint, settings.timeoutMs, settings.interrupt);
    try {
      const response = connection.call("listen", { topics }, settings.timeoutMs);
      if (response.status === "error") {
        printErrorLine(`error: ${response.reason}`);
        return ExitCode.refused;
      }
      for (;;) {
        const line = connection.readLine(Number.POSITIVE_INFINITY);
        if (line === undefined) return ExitCode.done;
        printLine(settings.json ? line : describe(JSON.parse(line) as SupervisorEvent));
      }
    } finally {
      connection.close();
    }
  } catch (error) {
    return tellFailure(error);
  }
}

function describe({ topic, time, data }: SupervisorEvent): string {
  return `${topic}: ${pythonJson({ ...data, time })}`;
}
