import type { CircusOptions, LogLevel } from "./configuration.ts";
import { suggestName } from "./findings.ts";
import { parseMask } from "./python-values.ts";
import {
  type SectionOptions,
  takeBoolean,
  takeNumber,
  takeParsed,
  takeUnknown,
  takeWord,
  tellError,
  tellUnavailable,
  tellWarning,
} from "./section-options.ts";

const levels: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];

const unavailable: Readonly<Record<string, string>> = {
  pubsub_endpoint: "events come from `circusctl listen`, or go where the option events says",
  multicast_endpoint: "there is no discovery of other daemons",
  fqdn_prefix: "there is no discovery of other daemons",
  stream_backend: "there is one way to read streams",
};

/** Options of circus's own daemons, which matter only where these were wanted. */
const companions = {
  httpd: { options: ["httpd_host", "httpd_port", "httpd_close_outputs"], instead: "there is no web console" },
  statsd: {
    options: ["stats_endpoint", "statsd_close_outputs"],
    instead: "`circusctl stats` and `top` need no daemon",
  },
};

/** `[circus]`. */
export function readCircusOptions(options: SectionOptions): CircusOptions {
  // Read by the files' reader.
  for (const name of ["include", "include_dir"]) options.asked.add(name);
  tellUnavailable(options, unavailable);
  tellCompanions(options);
  const debug = takeBoolean(options, "debug", false);
  if (debug) tellWarning(options, "debug", "debug has no effect: it is about the output of circus's own daemons");
  if (takeBoolean(options, "debug_gc", false))
    tellWarning(options, "debug_gc", "debug_gc has no effect: it is about Python's garbage collector");
  const loggers = takeWord(options, "loggerconfig");
  if (loggers !== undefined && loggers.toLowerCase() !== "default")
    tellWarning(
      options,
      "loggerconfig",
      "loggerconfig has no effect: it is read by Python's logging",
      "use loglevel and logoutput",
    );

  const read: CircusOptions = {
    endpoint: readEndpoint(options),
    endpointOwner: takeWord(options, "endpoint_owner"),
    checkDelay: takeNumber(options, "check_delay", 5),
    warmupDelay: takeNumber(options, "warmup_delay", 0, 0),
    umask: takeWord(options, "umask") === undefined ? undefined : takeParsed(options, "umask", parseMask),
    pidfile: takeWord(options, "pidfile"),
    loglevel: readLogLevel(options),
    logoutput: readLogOutput(options),
    debug,
    follow: takeWord(options, "follow"),
    events: takeWord(options, "events"),
    development: takeBoolean(options, "development", false),
  };
  takeUnknown(options);
  return read;
}

function readEndpoint(options: SectionOptions): string | undefined {
  const endpoint = takeWord(options, "endpoint");
  if (endpoint === undefined) return undefined;
  const path = endpoint.replace(/^(ipc|unix):\/\//, "");
  if (!/^\w+:\/\//.test(path)) return path;
  tellWarning(
    options,
    "endpoint",
    `endpoint ${endpoint} is not opened: circusctl comes in by a unix socket only`,
    "say the path of the socket, or leave endpoint out",
  );
  return undefined;
}

function readLogLevel(options: SectionOptions): LogLevel {
  const word = takeWord(options, "loglevel")?.toLowerCase();
  if (word === undefined) return "info";
  const level = levels.find((name) => name === word);
  if (level === undefined)
    tellWarning(options, "loglevel", `no such loglevel: ${word}; info is taken`, suggestName(word, levels));
  return level ?? "info";
}

function readLogOutput(options: SectionOptions): string {
  const output = takeWord(options, "logoutput") ?? "-";
  if (!output.startsWith("syslog://")) return output === "stdout" ? "-" : output;
  tellWarning(options, "logoutput", "logoutput does not go to syslog: it goes to standard error");
  return "-";
}

function tellCompanions(options: SectionOptions): void {
  for (const [name, { options: belonging, instead }] of Object.entries(companions)) {
    for (const option of belonging) options.asked.add(option);
    if (takeBoolean(options, name, false)) tellWarning(options, name, `${name} has no effect: ${instead}`);
  }
}

/** `follow` names a watcher. */
export function checkFollow(options: SectionOptions, followed: string | undefined, watchers: readonly string[]): void {
  if (followed === undefined || watchers.includes(followed)) return;
  tellError(options, "follow", `follow: there is no watcher ${followed}`, suggestName(followed, watchers));
}
