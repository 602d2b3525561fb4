import type { SupervisorEvent } from "../control/arbiter.ts";
import { errnoText } from "../system/errors.ts";
import { appendToFile } from "./appended-file.ts";
import type { Log } from "./log.ts";
import type { Outlet } from "./outlet.ts";

/** Events as JSON lines, to standard output or into a file. */
export class EventOutput {
  readonly #standardOutput: Outlet;
  readonly #log: Log;
  #path: string | undefined;
  #told = false;

  constructor(standardOutput: Outlet, log: Log) {
    this.#standardOutput = standardOutput;
    this.#log = log;
  }

  /** `-` is standard output; undefined: nowhere. */
  configure(path: string | undefined): void {
    this.#path = path;
  }

  take({ topic, time, data }: SupervisorEvent): void {
    if (this.#path === undefined) return;
    const line = `${JSON.stringify({ topic, ...data, time })}\n`;
    if (this.#path === "-") {
      if (this.#standardOutput.hasRoom) this.#standardOutput.write(new TextEncoder().encode(line));
      else this.#tell("nobody reads standard output");
      return;
    }
    const written = appendToFile(this.#path, line);
    if (written < 0) this.#tell(`${this.#path}: ${errnoText(-written)}`);
    else this.#told = false;
  }

  #tell(why: string): void {
    if (!this.#told) this.#log.error(`events are lost: ${why}`);
    this.#told = true;
  }
}
