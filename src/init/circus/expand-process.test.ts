import { expect, test } from "vitest";
import { InitError } from "../system/errors.ts";
import { expandCommand, expandProcess, type ProcessContext } from "./expand-process.ts";
import { createWatcher, type OptionValues } from "./option-values.ts";

const files: Readonly<Record<string, string>> = { "/run/secrets/db": "s3cret\n" };
const context: ProcessContext = {
  wid: 7,
  sockets: { web: 12 },
  readText(path) {
    const text = files[path];
    if (text === undefined) throw new InitError("enoent", `open ${path}: no such file or directory`);
    return text;
  },
};

function createApp(values: OptionValues) {
  return createWatcher("app", values, { sockets: ["web"], flapping: undefined });
}

function argv(values: OptionValues): readonly string[] {
  return expandProcess(createApp(values), context).argv;
}

test("the forms of a process are replaced, in any case, and unknown ones stay", () => {
  const cmd = "app --fd $(circus.sockets.web) --wid ((CIRCUS.WID)) --home $(circus.env.Home) $(circus.nothing)";
  expect(
    argv({ cmd, args: "-n $(circus.numprocesses) $(circus.shell) $(circus.graceful_timeout)", env: { HOME: "/h" } }),
  ).toEqual([
    ...["app", "--fd", "12", "--wid", "7", "--home", "/h", "$(circus.nothing)"],
    ...["-n", "1", "False", "30.0"],
  ]);
});

test("values are split with the words around them, as circus does", () => {
  expect(argv({ cmd: "app $(circus.env.OPTIONS)", env: { OPTIONS: "-a 'b c'" } })).toEqual(["app", "-a", "b c"]);
  expect(argv({ cmd: "app", args: ["$(circus.wid) x", "y"] })).toEqual(["app", "7 x", "y"]);
});

test("a shell gets the words quoted, and shell_args behind them", () => {
  expect(argv({ cmd: "echo a; exit", args: "$HOME", shell: true, shell_args: "zero $(circus.wid)" })).toEqual([
    "/bin/sh",
    "-c",
    "echo 'a;' exit '$HOME'",
    "zero",
    "7",
  ]);
});

test("$WID is the old form, and only as a word of its own", () => {
  expect(argv({ cmd: "app $WID --id=$WID.$WIDTH" })).toEqual(["app", "7", "--id=7.$WIDTH"]);
});

test("a secret's file is read when the process starts", () => {
  const watcher = createApp({ cmd: "app", secrets: "DB", env: { DB_FILE: "/run/secrets/db", PATH: "/opt/bin" } });
  expect(expandProcess(watcher, context)).toEqual({
    argv: ["app"],
    env: { DB: "s3cret", PATH: "/opt/bin" },
    path: "/opt/bin",
  });
  const lost = createApp({ cmd: "app", secrets: "DB", env: { DB_FILE: "/run/secrets/none" } });
  expect(() => expandProcess(lost, context)).toThrow("open /run/secrets/none: no such file or directory");
});

test("a command of a watcher gets what its processes get", () => {
  const watcher = createApp({ cmd: "app --all", args: "more", shell: true, env: { PORT: "80" } });
  expect(expandCommand("curl -f localhost:$(circus.env.port)", watcher, context)).toEqual({
    argv: ["curl", "-f", "localhost:80"],
    env: { PORT: "80" },
    path: "/bin:/usr/bin",
  });
});
