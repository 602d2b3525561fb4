import { expect, test } from "vitest";
import { InitError } from "../system/errors.ts";
import { compilePattern } from "../system/shell-pattern.ts";
import type { Configuration, ConfigurationReading, WatcherOptions } from "./configuration.ts";
import { renderFindings } from "./findings.ts";
import { readConfiguration } from "./read-configuration.ts";

type Files = Readonly<Record<string, string>>;

const daemon = { PATH: "/usr/bin:/bin", HOME: "/root" };

function read(files: string | Files, environment: Readonly<Record<string, string>> = daemon): ConfigurationReading {
  const all: Files = typeof files === "string" ? { "/etc/circus.ini": files } : files;
  return readConfiguration("/etc/circus.ini", {
    environment,
    readText(path) {
      const text = all[path];
      if (text === undefined) throw new InitError("enoent", `open ${path}: no such file or directory`);
      return text;
    },
    glob: (pattern) => Object.keys(all).filter((path) => compilePattern(pattern).test(path)),
  });
}

function readWell(files: string | Files, environment?: Readonly<Record<string, string>>): Configuration {
  const { configuration, findings } = read(files, environment);
  expect(renderFindings(findings)).toBe("");
  return configuration!;
}

function findings(files: string | Files, environment?: Readonly<Record<string, string>>): string {
  return renderFindings(read(files, environment).findings);
}

const app = (lines: string) => `[watcher:app]\ncmd = app\n${lines}`;

function readWatcher(lines: string, environment?: Readonly<Record<string, string>>): WatcherOptions {
  return readWell(app(lines), environment).watchers[0]!;
}

test("a watcher has circus's defaults", () => {
  expect(readWatcher("")).toEqual({
    name: "app",
    cmd: "app",
    args: "",
    shell: false,
    shellArgs: "",
    workingDir: undefined,
    uid: undefined,
    gid: undefined,
    env: {},
    envFiles: {},
    copyEnv: false,
    copyPath: false,
    warmupDelay: 0,
    autostart: true,
    numprocesses: 1,
    rlimits: {},
    stdoutStream: undefined,
    stderrStream: undefined,
    stdinSocket: undefined,
    closeChildStdin: true,
    closeChildStdout: false,
    closeChildStderr: false,
    sendHup: false,
    stopSignal: 15,
    stopChildren: false,
    maxRetry: 5,
    gracefulTimeout: 30,
    priority: 0,
    singleton: false,
    useSockets: false,
    maxAge: 0,
    maxAgeVariance: 30,
    onDemand: false,
    respawn: true,
    flapping: undefined,
    hooks: {},
    once: false,
    after: [],
    ready: undefined,
    health: undefined,
    schedule: undefined,
    backoff: undefined,
    extras: {},
    origin: { file: "/etc/circus.ini", line: 1 },
  });
});

test("all mistakes are told at once, with file, line and hint", () => {
  const text = `[circus]
loglevel = verbose
follow = ap
[watcher:app]
cmd = 'app
numproceses = 2
numprocesses = two
stop_signal = SIGFOO
hooks.before_start = my.hooks.check
rlimit_nofiles = 10
stdout_stream.class = FileStreem
after = db
[wathcer:db]
cmd = db
nonsense
`;
  expect(findings(text)).toBe(`/etc/circus.ini:2: warning: no such loglevel: verbose; info is taken
  hint: known are debug, info, warning, error, critical
/etc/circus.ini:3: error: follow: there is no watcher ap
  hint: did you mean app?
/etc/circus.ini:5: error: cmd: a single quote is not closed
/etc/circus.ini:6: warning: unknown option "numproceses" of [watcher:app]
  hint: did you mean numprocesses?
/etc/circus.ini:7: error: numprocesses: not a whole number: "two"
/etc/circus.ini:8: error: stop_signal: no such signal: SIGFOO
/etc/circus.ini:9: error: hooks.before_start: my.hooks.check is a Python function, and hooks are programs here
  hint: name a program, such as /usr/local/bin/hook: it gets CIRCUS_WATCHER and CIRCUS_HOOK, and 0 means true
/etc/circus.ini:10: error: no such limit: nofiles
  hint: did you mean nofile?
/etc/circus.ini:11: error: no such stream class: FileStreem
  hint: did you mean FileStream?
/etc/circus.ini:12: error: after: there is no watcher db
  hint: known are app
/etc/circus.ini:13: warning: unknown section [wathcer:db]
  hint: did you mean [watcher:db]?
/etc/circus.ini:15: error: neither [section] nor "name = value": nonsense
`);
});

test("environments are put together from the least special to the most", () => {
  const { watchers } = readWell(
    `[env:web*, api]
BOTH = wild
LAST = wild
[watcher:web1]
cmd = web --path $(circus.env.path) --both ((circus.env.BOTH))
copy_env = True
[watcher:other]
cmd = other $(circus.env.home)
[env]
BOTH = common
Mixed = $HOME/bin:$NONE:$lower:$(circus.env.HOME)
[env:web1]
PATH = $PATH:/srv/bin
LAST = own
`,
  );
  expect(watchers.map(({ name, cmd, env }) => ({ name, cmd, env }))).toEqual([
    { name: "other", cmd: "other /root", env: { BOTH: "common", Mixed: "/root/bin::$lower:/root" } },
    {
      name: "web1",
      cmd: "web --path /usr/bin:/bin:/srv/bin --both wild",
      env: {
        PATH: "/usr/bin:/bin:/srv/bin",
        HOME: "/root",
        BOTH: "wild",
        Mixed: "/root/bin::$lower:/root",
        LAST: "own",
      },
    },
  ]);
});

test("what the main file says wins over included files", () => {
  const files = {
    "/etc/circus.ini": "[circus]\ninclude = conf.d/*.ini\ninclude_dir = more\n[watcher:a]\nnumprocesses = 5\n",
    "/etc/conf.d/a.ini": "[watcher:a]\ncmd = a\nnumprocesses = 2\n",
    "/etc/more/b.ini": "[watcher:b]\ncmd = b\n",
  };
  expect(readWell(files).watchers.map(({ name, cmd, numprocesses }) => ({ name, cmd, numprocesses }))).toEqual([
    { name: "a", cmd: "a", numprocesses: 5 },
    { name: "b", cmd: "b", numprocesses: 1 },
  ]);
});

test("a file that is not there is an error, an include that matches none a warning", () => {
  expect(findings({})).toBe(
    "/etc/circus.ini:1: error: cannot read /etc/circus.ini: open /etc/circus.ini: no such file or directory\n",
  );
  expect(findings("[circus]\ninclude = none.ini\n[watcher:a]\ncmd = a")).toMatch(
    /^\/etc\/circus.ini:2: warning: include: \/etc\/none.ini matches no file\n/,
  );
});

test("watchers that wait for each other are an error", () => {
  const text = ["a", "b", "c"].map((name, index) => `[watcher:${name}]\ncmd = x\nafter = ${"bca"[index]}\n`).join("");
  expect(findings(text)).toBe(
    "/etc/circus.ini:3: error: after: watchers wait for each other: a after b after c after a\n",
  );
});

test("a watcher needs a command, which args may be", () => {
  expect(findings("[watcher:a]\nnumprocesses = 1")).toBe("/etc/circus.ini:1: error: watcher a has no cmd\n");
  expect(findings("[watcher:a]\nargs = sleep 1")).toBe("");
});

test("development mode adds the watcher that keeps permissions, and a umask for the group", () => {
  const names = (lines: string, environment = {}) => {
    const { watchers, circus } = readWell(`[circus]\n${lines}\n${app("")}`, { ...daemon, ...environment });
    return [...watchers.map(({ name }) => name), circus.umask];
  };
  expect(names("")).toEqual(["app", undefined]);
  expect(names("development = true")).toEqual(["app", "permissions", 0o002]);
  expect(names("development = true", { SLIPWAY_DEVELOPMENT: "0" })).toEqual(["app", undefined]);
  expect(names("", { SLIPWAY_DEVELOPMENT: "1" })).toEqual(["app", "permissions", 0o002]);
  expect(names("umask = 022", { SLIPWAY_DEVELOPMENT: "1" })).toEqual(["app", "permissions", 0o022]);
  const own = readWell("[circus]\ndevelopment = 1\n[watcher:permissions]\ncmd = mine\n").watchers;
  expect(own.map(({ cmd }) => cmd)).toEqual(["mine"]);
  expect(findings(app(""), { SLIPWAY_DEVELOPMENT: "perhaps" })).toContain("neither true nor false: perhaps");
});
