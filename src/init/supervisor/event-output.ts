import * as native from "native";
import type { SupervisorEvent } from "../control/arbiter.ts";
import { errnoText } from "../system/errors.ts";
import { O_CREAT, O_WRONLY } from "../system/files.ts";
import type { Log } from "./log.ts";
import type { Outlet } from "./outlet.ts";

const O_APPEND = 0o2000;

/** Events as JSON lines, to standard output or into a file that is opened for each: somebody may rotate it. */
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
    const line = new TextEncoder().encode(`${JSON.stringify({ topic, ...data, time })}\n`);
    if (this.#path !== "-") this.#append(this.#path, line);
    else if (this.#standardOutput.hasRoom) this.#standardOutput.write(line);
    else this.#tell("nobody reads standard output");
  }

  #append(path: string, line: Uint8Array): void {
    const fd = native.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644);
    const written = fd < 0 ? fd : native.write(fd, line.buffer, 0, line.length);
    if (fd >= 0) native.close(fd);
    if (written < 0) this.#tell(`${path}: ${errnoText(-written)}`);
    else this.#told = false;
  }

  #tell(why: string): void {
    if (!this.#told) this.#log.error(`events are lost: ${why}`);
    this.#told = true;
  }
}
