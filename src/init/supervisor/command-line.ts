import type { LogLevel } from "../circus/configuration.ts";
import { InitError } from "../system/errors.ts";

export interface CircusdArguments {
  readonly kind: "run" | "check";
  readonly file: string;
  readonly loglevel: LogLevel | undefined;
  readonly logoutput: string | undefined;
  readonly pidfile: string | undefined;
}

export type CommandLine =
  | CircusdArguments
  | { readonly kind: "help" | "version" }
  | { readonly kind: "command"; readonly argv: readonly string[]; readonly toGroup: boolean };

export const usage = `Usage: circusd [OPTIONS] FILE          supervise what circus's ini file says
       slipway-init [OPTIONS] FILE     the same
       slipway-init [-g] -- CMD ARG…   run one command under this PID 1

Options:
  --check              tell all mistakes of FILE with their lines, and run nothing
  --log-level LEVEL    debug, info, warning, error or critical
  --log-output FILE    where the log goes; - is standard error
  --pidfile FILE       where the pid is written
  -g                   signals go to the command's process group, not to the command alone
  --version            print the version
  --help               print this

Signals: TERM, INT and QUIT stop all watchers in order (INT or QUIT a second time: at once), HUP reloads
them, USR1 opens log files again. A single command gets every signal itself.

Exit status: that of the watcher that [circus] follow names, or of the single command (128+n when signal n
ended it); else 0 after a stop. 1: FILE has mistakes, or a socket or a file cannot be had. 126, 127: the
command cannot be run, is not there. 64: wrong command line.
`;

const levels: readonly string[] = ["debug", "info", "warning", "error", "critical"];

function fail(message: string): never {
  throw new InitError("usage", message);
}

function isLevel(word: string): word is LogLevel {
  return levels.includes(word);
}

/** The words behind the program's name. Throws InitError with the code `usage`. */
export function readCommandLine(words: readonly string[]): CommandLine {
  const rest = [...words];
  let file: string | undefined;
  let check = false;
  let toGroup = false;
  let loglevel: LogLevel | undefined;
  let logoutput: string | undefined;
  let pidfile: string | undefined;
  while (rest.length > 0) {
    const word = rest.shift()!;
    const [name, attached] = word.startsWith("--") && word.includes("=") ? splitOption(word) : [word, undefined];
    const value = () => attached ?? rest.shift() ?? fail(`${name} needs a value`);
    if (name === "--help" || name === "-h") return { kind: "help" };
    if (name === "--version") return { kind: "version" };
    if (name === "--") {
      if (file !== undefined) fail(`either ${file} or a command`);
      if (rest.length === 0) fail("which command?");
      return { kind: "command", argv: rest, toGroup };
    }
    if (name === "--check") check = true;
    else if (name === "-g") toGroup = true;
    else if (name === "--log-level") {
      const level = value().toLowerCase();
      loglevel = isLevel(level) ? level : fail(`no such log level: ${level}; ${levels.join(", ")}`);
    } else if (name === "--log-output") logoutput = value();
    else if (name === "--pidfile") pidfile = value();
    else if (name === "--daemon")
      fail("--daemon is not to be had: in a container PID 1 stays, and elsewhere the shell's & or a unit file does it");
    else if (name === "--logger-config")
      fail("--logger-config is not to be had: it configures Python's logging; see --log-level and --log-output");
    else if (word.startsWith("-")) fail(`unknown option ${word}`);
    else if (file !== undefined) fail(`one FILE only: ${file}, ${word}`);
    else file = word;
  }
  if (toGroup) fail("-g needs a command behind --");
  if (file === undefined) return fail("which FILE?");
  return { kind: check ? "check" : "run", file, loglevel, logoutput, pidfile };
}

function splitOption(word: string): readonly [name: string, value: string] {
  const end = word.indexOf("=");
  return [word.slice(0, end), word.slice(end + 1)];
}
