import type { StreamOptions } from "./configuration.ts";
import { findNearestName, suggestName } from "./findings.ts";
import { parseBoolean, parseInteger } from "./python-values.ts";
import {
  namesBehind,
  type SectionOptions,
  takeInteger,
  takeParsed,
  takeText,
  takeWord,
  tellError,
  tellWarning,
} from "./section-options.ts";

type StreamClass = StreamOptions["class"];
type Timed = Extract<StreamOptions, { class: "TimedRotatingFileStream" }>;

const known: Readonly<Record<StreamClass, readonly string[]>> = {
  FileStream: ["filename", "max_bytes", "backup_count", "time_format"],
  WatchedFileStream: ["filename", "time_format"],
  TimedRotatingFileStream: ["filename", "backup_count", "time_format", "rotate_when", "rotate_interval", "utc"],
  StdoutStream: [],
  FancyStdoutStream: ["color", "time_format"],
  NamedStdoutStream: [],
};

const colors = ["red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const moments: readonly Timed["rotateWhen"][] = [
  "S",
  "M",
  "H",
  "D",
  "midnight",
  "W0",
  "W1",
  "W2",
  "W3",
  "W4",
  "W5",
  "W6",
];

/** `stdout_stream.*` or `stderr_stream.*`; undefined: the section has none, or it is wrong. */
export function readStream(
  options: SectionOptions,
  stream: "stdout_stream" | "stderr_stream",
): StreamOptions | undefined {
  if (options.section.options.has(stream)) {
    options.asked.add(stream);
    tellError(options, stream, `${stream} alone says nothing`, `write ${stream}.class, ${stream}.filename…`);
  }
  const names = namesBehind(options, `${stream}.`);
  if (names.length === 0) return undefined;
  const key = (name: string) => `${stream}.${name}`;
  for (const name of names) options.asked.add(key(name));

  const className = readClass(options, stream);
  if (className === undefined) return undefined;
  tellUnused(options, stream, className, names);

  switch (className) {
    case "StdoutStream":
    case "NamedStdoutStream":
      return { class: className };
    case "FancyStdoutStream":
      return {
        class: className,
        color: readColor(options, key("color")),
        timeFormat: takeText(options, key("time_format")) || "%Y-%m-%d %H:%M:%S",
      };
  }

  const filename = takeWord(options, key("filename"));
  if (filename === undefined) {
    tellError(options, key("class"), `${className} needs ${key("filename")}`);
    return undefined;
  }
  const timeFormat = takeText(options, key("time_format"));
  const backupCount = takeInteger(options, key("backup_count"), 0, 0);
  switch (className) {
    case "FileStream":
      return {
        class: className,
        filename,
        maxBytes: takeInteger(options, key("max_bytes"), 0, 0),
        backupCount,
        timeFormat,
      };
    case "WatchedFileStream":
      return { class: className, filename, timeFormat };
    case "TimedRotatingFileStream":
      return {
        class: className,
        filename,
        backupCount,
        timeFormat,
        rotateWhen: readMoment(options, key("rotate_when")),
        rotateInterval: takeParsed(options, key("rotate_interval"), parseInteger) ?? 1,
        utc: takeParsed(options, key("utc"), parseBoolean) ?? false,
      };
  }
}

/** A class's name, with or without circus's own package before it. */
function readClass(options: SectionOptions, stream: string): StreamClass | undefined {
  const written = takeWord(options, `${stream}.class`);
  if (written === undefined) {
    if (takeWord(options, `${stream}.filename`) !== undefined) return "FileStream";
    tellError(options, `${stream}.class`, `${stream} has neither a class nor a filename`);
    return undefined;
  }
  const name = written.replace(/^circus\.stream\.(file_stream\.)?/, "");
  if (Object.hasOwn(known, name)) return name as StreamClass;
  if (name === "QueueStream" || name.includes(".")) {
    const why = name === "QueueStream" ? "keeps output where nobody reads it" : "is written in Python";
    tellWarning(options, `${stream}.class`, `${written} ${why}: StdoutStream is taken instead`);
    return "StdoutStream";
  }
  tellError(options, `${stream}.class`, `no such stream class: ${written}`, suggestName(name, Object.keys(known)));
  return undefined;
}

function tellUnused(options: SectionOptions, stream: string, className: StreamClass, names: readonly string[]): void {
  const used = known[className];
  for (const name of names) {
    if (name === "class" || used.includes(name)) continue;
    const nearest = findNearestName(name, used);
    const hint =
      nearest !== undefined
        ? `did you mean ${stream}.${nearest}?`
        : name === "refresh_time"
          ? "circus has no use for it either"
          : undefined;
    tellWarning(options, `${stream}.${name}`, `${className} has no option ${name}`, hint);
  }
}

function readColor(options: SectionOptions, name: string): string | undefined {
  const color = takeWord(options, name);
  if (color === undefined || colors.includes(color)) return color;
  tellWarning(options, name, `no such color: ${color}; one is chosen at random`, suggestName(color, colors));
  return undefined;
}

function readMoment(options: SectionOptions, name: string): Timed["rotateWhen"] {
  const written = takeWord(options, name);
  const moment = moments.find((known) => known.toLowerCase() === written?.toLowerCase());
  if (moment === undefined) {
    const what =
      written === undefined ? "TimedRotatingFileStream needs rotate_when" : `no such rotate_when: ${written}`;
    tellError(options, name, what, `one of ${moments.join(", ")}`);
  }
  return moment ?? "midnight";
}
