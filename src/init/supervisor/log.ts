import * as native from "native";
import type { LogLevel } from "../circus/configuration.ts";
import { check, errnoText } from "../system/errors.ts";
import { O_CREAT, O_WRONLY } from "../system/files.ts";
import type { Outlet } from "./outlet.ts";
import { formatTime } from "./time-format.ts";

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 };
const O_APPEND = 0o2000;

/** The supervisor's own log, in circus's format. */
export class Log {
  readonly #standardError: Outlet;
  #level: LogLevel = "info";
  #path = "-";
  #fd: number | undefined;
  /** Messages that standard error had no room for. */
  #lost = 0;

  constructor(standardError: Outlet) {
    this.#standardError = standardError;
  }

  /** `path`: `-` is standard error. Throws InitError where the file cannot be opened. */
  configure(level: LogLevel, path: string): void {
    this.#level = level;
    this.#path = path;
    this.reopen();
  }

  /** After somebody moved the file away. Throws InitError. */
  reopen(): void {
    const path = this.#path;
    const fd =
      path === "-" ? undefined : check(native.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644), () => `open ${path}`);
    if (this.#fd !== undefined) native.close(this.#fd);
    this.#fd = fd;
  }

  debug(message: string): void {
    this.#say("debug", message);
  }

  info(message: string): void {
    this.#say("info", message);
  }

  warning(message: string): void {
    this.#say("warning", message);
  }

  error(message: string): void {
    this.#say("error", message);
  }

  #say(level: LogLevel, message: string): void {
    if (ranks[level] < ranks[this.#level]) return;
    const time = formatTime("%Y-%m-%d %H:%M:%S", new Date());
    const line = `${time} circus[${native.pid()}] [${level.toUpperCase()}] ${message}\n`;
    if (this.#fd === undefined) this.#toStandardError(line);
    else this.#toFile(this.#fd, line);
  }

  #toStandardError(line: string): void {
    if (!this.#standardError.hasRoom) {
      this.#lost++;
      return;
    }
    const before = this.#lost === 0 ? "" : `(${this.#lost} messages before this one found no reader)\n`;
    this.#lost = 0;
    this.#standardError.write(new TextEncoder().encode(before + line));
  }

  /** A full disk costs the message, not the supervisor: standard error hears of it instead. */
  #toFile(fd: number, line: string): void {
    const bytes = new TextEncoder().encode(line);
    const count = native.write(fd, bytes.buffer, 0, bytes.length);
    if (count < 0) this.#toStandardError(`${this.#path}: ${errnoText(-count)}: ${line}`);
  }
}
