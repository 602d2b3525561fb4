import { InitError } from "../system/errors.ts";
import type { BackoffOptions, ReadyOptions } from "./configuration.ts";
import { parseSchedule } from "./schedule.ts";
import {
  namesBehind,
  type SectionOptions,
  takeBoolean,
  takeNumber,
  takeParsed,
  takeText,
  tellError,
} from "./section-options.ts";

/** Names between commas or on lines of their own. */
export function takeNames(options: SectionOptions, name: string): readonly string[] {
  return (takeText(options, name) ?? "")
    .split(/[,\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** `ready`: `KIND:VALUE`. */
export function readReady(options: SectionOptions): ReadyOptions | undefined {
  return takeParsed(options, "ready", parseReady);
}

function parseReady(text: string): ReadyOptions {
  const [, kind = "", value = ""] = /^\s*(\w*):?\s*(.*?)\s*$/s.exec(text)!;
  if (kind === "notify" && value === "") return { kind };
  if (kind === "file" && value !== "") return { kind, path: value };
  if (kind === "socket" && value !== "") return { kind, path: value };
  if (kind === "program" && value !== "") return { kind, command: value };
  if (kind === "descriptor" && /^\d+$/.test(value) && Number(value) > 2 && Number(value) < 16)
    return { kind, fd: Number(value) };
  const [, host = "127.0.0.1", port = ""] = /^(?:(.+):)?(\d+)$/.exec(value) ?? [];
  if (kind === "port" && Number(port) >= 1 && Number(port) <= 65535)
    return { kind, host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  throw new InitError(
    "bad-value",
    `not one of file:PATH, port:[HOST:]PORT, socket:PATH, descriptor:3…15, notify, program:COMMAND: ${JSON.stringify(text)}`,
  );
}

/** `schedule`, checked. */
export function readSchedule(options: SectionOptions): string | undefined {
  return takeParsed(options, "schedule", (text) => {
    parseSchedule(text);
    return text.trim();
  });
}

/** `backoff = true` and `backoff.*`, each of which says that it is wanted. */
export function readBackoff(options: SectionOptions): BackoffOptions | undefined {
  const wanted = takeBoolean(options, "backoff", namesBehind(options, "backoff.").length > 0);
  const backoff: BackoffOptions = {
    first: takeNumber(options, "backoff.first", 1, 0),
    longest: takeNumber(options, "backoff.longest", 60, 0),
    factor: takeNumber(options, "backoff.factor", 2, 1),
    resetAfter: takeNumber(options, "backoff.reset_after", 60, 0),
  };
  if (backoff.longest < backoff.first)
    tellError(options, "backoff.longest", `backoff.longest is less than backoff.first: ${backoff.longest}`);
  return wanted ? backoff : undefined;
}

/**
 * `secrets = NAME, …`: the value of NAME is the content of the file that NAME_FILE of the environment names. Takes NAME_FILE
 * out of the environment: programs that know both take them for rivals.
 */
export function readSecrets(options: SectionOptions, environment: Map<string, string>): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of takeNames(options, "secrets")) {
    const path = environment.get(`${name}_FILE`);
    if (path === undefined || path === "")
      tellError(
        options,
        "secrets",
        `secrets: there is no ${name}_FILE in the watcher's environment`,
        "set it in [env:…], or copy the daemon's with copy_env",
      );
    else if (environment.has(name))
      tellError(options, "secrets", `secrets: both ${name} and ${name}_FILE are in the watcher's environment`);
    else files[name] = path;
    environment.delete(`${name}_FILE`);
  }
  return files;
}
