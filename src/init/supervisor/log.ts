import * as native from "native";
import type { LogLevel } from "../circus/configuration.ts";
import { check, errnoText } from "../system/errors.ts";
import { appendToFile } from "./appended-file.ts";
import type { Outlet } from "./outlet.ts";
import { formatTime } from "./time-format.ts";

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 };

/** The supervisor's own log, in circus's format. */
export class Log {
  readonly #standardError: Outlet;
  #level: LogLevel = "info";
  #path = "-";
  /** Messages that standard error had no room for. */
  #lost = 0;

  constructor(standardError: Outlet) {
    this.#standardError = standardError;
  }

  /** `path`: `-` is standard error. Throws InitError where the file cannot be written. */
  configure(level: LogLevel, path: string): void {
    this.#level = level;
    this.#path = path;
    if (path !== "-") check(appendToFile(path, ""), () => `open ${path}`);
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
    if (this.#path === "-") this.#toStandardError(line);
    else this.#toFile(line);
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
  #toFile(line: string): void {
    const written = appendToFile(this.#path, line);
    if (written < 0) this.#toStandardError(`${this.#path}: ${errnoText(-written)}: ${line}`);
  }
}
