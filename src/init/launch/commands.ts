import * as native from "native";
import { applyPolicy, describeFailures } from "../permissions/apply-policy.ts";
import type { PolicyFolder } from "../permissions/read-policy.ts";
import { check, InitError } from "../system/errors.ts";
import { findExecutable } from "../system/executable.ts";
import { readText } from "../system/files.ts";
import { Accounts } from "./accounts.ts";
import type { Change } from "./change.ts";
import { type CommandLine, readCommandLine, UsageError } from "./command-line.ts";
import { configure } from "./configure.ts";
import { describePolicy, developmentVariables } from "./editor-policy.ts";
import { configureHelp, DEFAULT_FILE, launchHelp } from "./help.ts";
import { type LaunchFile, readLaunchFile } from "./launch-file.ts";
import { print, tell } from "./messages.ts";
import { nameOf, runPrepareStep, StepFailed } from "./run-prepare-step.ts";
import { computing, Signals } from "./signals.ts";
import { applySwitches } from "./switches.ts";
import { overlayVariables, Variables } from "./variables.ts";

/** The launch file that the command line names, with its switches applied. */
export function openLaunch(line: CommandLine) {
  const file = line.values.get("--file")?.at(-1) ?? DEFAULT_FILE;
  const variables = new Variables(native.environment(), readText);
  const launch = applySwitches(readLaunchFile(readText(file), file), variables, line.words);
  return { file, variables, launch };
}

/** Ends only with an error: what follows is another program. */
export function launch(args: readonly string[]): number {
  const line = readCommandLine(args, { flags: ["--help", "-h"], values: ["--file"] });
  if (line.flags.size > 0) {
    print(launchHelp);
    return 0;
  }
  const signals = new Signals();
  const { file, variables, launch } = openLaunch(line);
  const next = nextProgram(launch, line.command, file);
  const act = (change: Change) => {
    tell(change.summary);
    change.apply();
  };
  if (launch.development) native.umask(EDITOR_UMASK);
  const settings = configure({ launch, file, variables, act, share, warn: tell, interrupt: () => signals.check() });
  for (const step of launch.prepare) {
    tell(`prepare: ${nameOf(step)}`);
    runPrepareStep(step, settings, native.environment(), signals);
    signals.check();
  }
  return become(next, launch);
}

/** What members of the editor group make, the others can change. */
const EDITOR_UMASK = 0o002;

/** Files of others that only root could change are told, and no reason not to launch. */
function share(where: PolicyFolder): void {
  const applied = applyPolicy(where);
  if (applied.changed > 0) tell(`share ${where.folder} with the editor group: ${applied.changed} made right`);
  describeFailures(applied, where.folder).forEach(tell);
}

/** What the launch becomes: words, and whether they are our own supervisor's. */
interface NextProgram {
  readonly argv: readonly string[];
  readonly isSupervisor: boolean;
}

/** Looked at first: a launch that leads nowhere should not begin. */
function nextProgram(launch: LaunchFile, command: readonly string[] | undefined, file: string): NextProgram {
  if (command !== undefined) {
    if (command.length === 0) throw new UsageError("no command behind --", undefined);
    return { argv: command, isSupervisor: false };
  }
  if (launch.supervisor === undefined)
    throw new UsageError(`${file} names no supervisor`, "add supervisor: FILE, or give a command: -- COMMAND");
  return { argv: ["circusd", launch.supervisor], isSupervisor: true };
}

function become({ argv, isSupervisor }: NextProgram, launch: LaunchFile): number {
  const environment = overlayVariables(native.environment(), developmentVariables(launch));
  const file = isSupervisor ? ownFile() : findCommand(argv[0]!, environment);
  const failed = native.exec(file, argv, environment, isSupervisor ? 1 : 0);
  check(failed, () => `exec ${file}`);
  return 1;
}

/** By its path, so that it is listed by its name; the kernel's own link where the file was replaced since. */
function ownFile(): string {
  const link = "/proc/self/exe";
  const path = native.readlink(link);
  return typeof path === "string" && typeof native.stat(path) !== "number" ? path : link;
}

function findCommand(name: string, environment: readonly string[]): string {
  const found = findExecutable(name, environment, ".");
  if ("error" in found) throw new StepFailed(name, found.exitCode, found.error);
  return found.file;
}

export function configureOnly(args: readonly string[]): number {
  const line = readCommandLine(args, { flags: ["--help", "-h", "--diff"], values: ["--file"] });
  if (line.flags.has("--help") || line.flags.has("-h")) {
    print(configureHelp);
    return 0;
  }
  if (line.command !== undefined) throw new UsageError("configure runs no command", undefined);
  const isDiff = line.flags.has("--diff");
  const signals = new Signals();
  const accounts = new Accounts();
  let count = 0;
  const act = (change: Change) => {
    count++;
    if (isDiff) {
      print(`${computing(() => change.diff())}\n`);
      return;
    }
    tell(change.summary);
    change.apply();
  };
  const tellOrShare = (where: PolicyFolder) => {
    if (!isDiff) return share(where);
    const lines = describePolicy(where, accounts);
    count += lines.length;
    print(lines.map((line) => `${line}\n`).join(""));
  };
  try {
    configure({ ...openLaunch(line), act, share: tellOrShare, warn: tell, interrupt: () => signals.check() });
  } catch (error) {
    // 1 says that something would change.
    if (isDiff && error instanceof InitError && error.code !== "interrupted") throw new LookFailed(error);
    throw error;
  }
  return isDiff && count > 0 ? 1 : 0;
}

/** `--diff` could not look at something. */
export class LookFailed extends InitError {
  readonly exitCode = 2;

  constructor(cause: InitError) {
    super(cause.code, cause.message);
  }
}
