import fc from "fast-check";
import { expect, test } from "vitest";
import { InitError } from "../system/errors.ts";
import { compareConfigurations } from "./configuration-changes.ts";
import { expandProcess } from "./expand-process.ts";
import { renderFindings } from "./findings.ts";
import { changeWatcher, createWatcher } from "./option-values.ts";
import { readConfiguration } from "./read-configuration.ts";

const words = [
  ..."watcher: socket: plugin: env: env circus DEFAULT a b* [ab ] [ $( (( )) circus. CIRCUS.ENV. wid sockets.a".split(
    " ",
  ),
  ..."cmd args numprocesses stop_signal stdout_stream. stderr_stream.class rlimit_ hooks. flapping. backoff.".split(
    " ",
  ),
  ..."shell schedule ready after secrets once follow include umask port path use copy_env on_demand a_FILE".split(" "),
  ..."FileStream TimedRotatingFileStream filename rotate_when circus.plugins.flapping.Flapping before_start".split(" "),
  ..."true no 1 -1 1e9 9999999999999999999999 0o7 SIGRTMIN+99 * */5 file: port: descriptor: program: ' \" \\ $WID $X".split(
    " ",
  ),
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    ",",
    ".",
    " ",
    "\t",
    "=",
    ":",
    ";",
    "#",
    "\u00e9",
    "\0",
    "\ud800",
  ],
];

const soup = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...words) }, fc.string({ maxLength: 5 })), {
  maxLength: 6,
});
const phrase = soup.map((parts) => parts.join(""));
const header = fc.oneof(
  fc.constantFrom("[circus]", "[env]", "[watcher:a]", "[watcher:b]", "[socket:a]", "[plugin:flapping]", "[env:*]"),
  phrase.map((name) => `[${name}]`),
);
const option = fc.tuple(phrase, fc.constantFrom("=", " = ", ":", ""), phrase).map((parts) => parts.join(""));
const line = fc.oneof(
  { weight: 2, arbitrary: header },
  { weight: 6, arbitrary: option },
  fc.constant("cmd = a $(circus.wid)"),
  option.map((text) => `  ${text}`),
);

/** A file that is right but for what chance puts into the command, its environment and an option. */
const nearlyRight = fc
  .tuple(phrase, phrase, fc.oneof(fc.constant("priority = 1"), option))
  .map(
    ([command, value, last]) =>
      `[watcher:a]\ncmd = a ${command}\nuse_sockets = 1\n${last}\n[env:a]\nX = ${value}\n[socket:a]\nport = 1`,
  );
const ini = fc.oneof(
  fc.array(line, { maxLength: 20 }).map((lines) => lines.join("\n")),
  nearlyRight,
);

function read(text: string) {
  return readConfiguration("/c.ini", {
    readText: (path) => {
      if (path !== "/c.ini") throw new InitError("enoent", `open ${path}: no such file or directory`);
      return text;
    },
    glob: (pattern) => (pattern.includes("*") ? [] : [pattern]),
    environment: { PATH: "/bin", X: "x" },
  });
}

/** Only what is meant for people may be thrown. */
function refuse<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    expect(error.message).not.toBe("");
    return undefined;
  }
}

test("whatever a file says is read, or told with the place where it stands", () => {
  fc.assert(
    fc.property(fc.oneof(ini, fc.string({ unit: "binary" })), (text) => {
      const { configuration, findings } = read(text);
      const lines = text.split(/\r\n|\r|\n/).length;
      expect(configuration === undefined).toBe(findings.some(({ severity }) => severity === "error"));
      for (const { origin, message } of findings) {
        expect(message).not.toBe("");
        expect(origin.file).toBe("/c.ini");
        expect(origin.line).toBeGreaterThanOrEqual(1);
        expect(origin.line).toBeLessThanOrEqual(lines);
      }
      const hints = findings.filter(({ hint }) => hint !== undefined);
      expect(renderFindings(findings).split(/\p{Cc}/u).length).toBe(findings.length + hints.length + 1);
      if (!configuration) return;
      const { circus, sockets, watchers } = compareConfigurations(configuration, read(`\n${text}`).configuration!);
      expect([circus, sockets.added, sockets.removed, ...Object.values(watchers)].flat()).toEqual([]);
      for (const watcher of configuration.watchers)
        refuse(() => expandProcess(watcher, { wid: 1, sockets: { a: 3 }, readText: () => "secret\n" }));
    }),
    { numRuns: 500 },
  );
});

test("whatever control sends as options is taken or refused", () => {
  const context = { sockets: ["a"], flapping: undefined };
  const base = createWatcher("a", { cmd: "a", "stdout_stream.class": "StdoutStream" }, context);
  const values = fc.dictionary(phrase, fc.oneof(phrase, fc.jsonValue({ maxDepth: 2 })), { maxKeys: 5 });
  fc.assert(
    fc.property(values, (options) => {
      const changed = refuse(() => changeWatcher(base, options, context));
      if (changed) expect(Object.keys(changed).sort()).toEqual(Object.keys(base).sort());
      refuse(() => createWatcher("b", options, context));
    }),
    { numRuns: 300 },
  );
});
