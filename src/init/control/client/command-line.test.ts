import { describe, expect, test } from "vitest";
import { commands, controlCommands } from "./catalogue.ts";
import { ArgumentError, type ControlCommand } from "./command.ts";
import { parseCommandLine, UsageError } from "./command-line.ts";

const parse = (line: string) =>
  parseCommandLine(
    line.split(" ").filter((word) => word !== ""),
    commands,
  );

function messageOf(line: string) {
  const { command, words, options } = parse(line);
  return (controlCommands.get(command!.name) as ControlCommand).message(words, options);
}

describe("the command line", () => {
  test("has circusctl's options before and behind the command, and the command's own", () => {
    expect(parse("--endpoint /x --json start web --waiting --match=regex --timeout 9")).toMatchObject({
      command: { name: "start" },
      words: ["web"],
      options: { waiting: true, match: "regex" },
      globals: { endpoint: "/x", json: true, timeout: "9" },
    });
  });

  test("takes options shortened, and none behind --", () => {
    expect(parse("stop --wait x").options).toEqual({ waiting: true });
    expect(parse("add x -- ls --start")).toMatchObject({ words: ["x", "ls", "--start"], options: {} });
  });

  test.each([
    ["foo", "unrecognized arguments: foo"],
    ["list -x --foo", "unrecognized arguments: -x --foo"],
    ["start --match", "argument --match: expected one argument"],
    ["start --waiting=1", "argument --waiting: ignored explicit argument '1'"],
  ])("%s is wrong", (line, reason) => {
    expect(() => parse(line)).toThrow(new UsageError(reason));
  });
});

/** As circus's own circusctl sends them. */
describe("the message of", () => {
  test.each([
    ["list", {}],
    ["list web", { name: "web" }],
    ["start", { waiting: false, match: "glob" }],
    ["stop w* --waiting", { name: "w*", waiting: true, match: "glob" }],
    ["reload web --terminate", { name: "web", graceful: false, waiting: false, sequential: false }],
    ["incr web 3", { name: "web", nb: 3, waiting: false }],
    ["add --start web sleep 5", { name: "web", cmd: "sleep 5", start: true }],
    ["rm web --nostop", { name: "web", waiting: false, nostop: true }],
    ["signal web 12 --children HUP", { name: "web", pid: 12, children: true, recursive: false, signum: "HUP" }],
    ["kill web --signum INT", { name: "web", signum: "INT", waiting: false }],
    ["get web cmd args", { name: "web", keys: ["cmd", "args"] }],
    ["set web GRACEFUL_TIMEOUT 2 send_hup yes", { name: "web", options: { graceful_timeout: 2, send_hup: true } }],
    ["set web env A=1,B=2 --waiting", { name: "web", waiting: true, options: { env: { A: "1", B: "2" } } }],
    ["set web stop_signal SIGRTMIN+1 rlimit_nofile 9", { name: "web", options: { stop_signal: 35, rlimit_nofile: 9 } }],
    [
      "set web hooks before_start:a,after_stop:b",
      { name: "web", options: { hooks: { before_start: "a", after_stop: "b" } } },
    ],
    ["stats web 12", { name: "web", process: 12, extended: false }],
    ["quit --waiting", { waiting: true }],
  ])("%s", (line, message) => {
    expect(messageOf(line)).toEqual(message);
  });

  test.each([
    ["list a b", "Invalid number of arguments"],
    ["status a b", "message invalid"],
    ["options", "number of arguments invalid"],
    ["reload a b", "invalid number of arguments"],
    ["dstats x", "Invalid message"],
    ["set web numprocesses", "Invalid number of arguments"],
    ["set web a 1 b", "List of key/values is invalid"],
    ["set web nope 1", "unknown key 'nope'"],
    ["incr web x", "not a number: x"],
  ])("%s is refused", (line, reason) => {
    expect(() => messageOf(line)).toThrow(new ArgumentError(reason));
  });
});
