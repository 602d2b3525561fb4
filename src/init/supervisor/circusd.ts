import * as native from "native";
import { checkConfiguration } from "../circus/check-configuration.ts";
import type { CircusOptions, Configuration } from "../circus/configuration.ts";
import { openFileSource } from "../circus/file-source.ts";
import { renderFindings } from "../circus/findings.ts";
import { readConfiguration } from "../circus/read-configuration.ts";
import { ControlServer } from "../control/daemon/server.ts";
import { errnoText, InitError } from "../system/errors.ts";
import { O_RDWR } from "../system/files.ts";
import { Loop } from "../system/loop.ts";
import { print } from "../system/print.ts";
import { type CircusdArguments, readCommandLine, usage } from "./command-line.ts";
import { EventOutput } from "./event-output.ts";
import { findIdentity } from "./identity.ts";
import { readIdentityFiles } from "./identity-files.ts";
import { Log } from "./log.ts";
import { Outlet } from "./outlet.ts";
import { claimPidfile } from "./pidfile.ts";
import { CommandProblem, runSingleCommand } from "./single-command.ts";
import { Supervisor } from "./supervisor.ts";

const VERSION = "0.1.0";
const MISTAKE = 1;
const WRONG_COMMAND_LINE = 64;

/** Never returns: the program ends with its exit status. */
export function runCircusd(): void {
  fillStandardDescriptors();
  try {
    run();
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    print(2, `slipway-init: ${error.message}\n`);
    if (error.code === "usage") print(2, usage);
    native.exit(
      error.code === "usage" ? WRONG_COMMAND_LINE : error instanceof CommandProblem ? error.exitCode : MISTAKE,
    );
  }
}

function run(): void {
  const line = readCommandLine(native.args().slice(1));
  if (line.kind === "command") runSingleCommand(line);
  else if (line.kind === "run") supervise(line);
  else if (line.kind === "check") check(line);
  else {
    print(1, line.kind === "help" ? usage : `slipway-init ${VERSION}\n`);
    native.exit(0);
  }
}

/** A descriptor that is closed at the start would become some socket or log, and a child's output would go there. */
function fillStandardDescriptors(): void {
  for (let fd = native.open("/dev/null", O_RDWR, 0); fd >= 0; fd = native.open("/dev/null", O_RDWR, 0)) {
    if (fd <= 2) continue;
    native.close(fd);
    return;
  }
}

function check({ file }: CircusdArguments): void {
  const { text, exitCode } = checkConfiguration(file, openFileSource());
  print(1, text);
  native.exit(exitCode);
}

/** Warnings go to the log. Throws InitError with all findings when there are errors. */
function readFile(file: string, log: Log): Configuration {
  const { configuration, findings } = readConfiguration(file, openFileSource());
  if (!configuration)
    throw new InitError("bad-configuration", `${file} has mistakes\n${renderFindings(findings).trimEnd()}`);
  for (const line of renderFindings(findings).trimEnd().split("\n")) if (line !== "") log.warning(line);
  return configuration;
}

function supervise({ file, loglevel, logoutput, pidfile }: CircusdArguments): void {
  const loop = new Loop();
  let log: Log | undefined;
  const gone = (name: string) => (errno: number) => log?.error(`${name} is lost: ${errnoText(errno)}`);
  const standard = {
    1: new Outlet(1, loop, gone("standard output")),
    2: new Outlet(2, loop, gone("standard error")),
  };
  log = new Log(standard[2]);
  const apply = (circus: CircusOptions) => {
    log.configure(loglevel ?? circus.loglevel, logoutput ?? circus.logoutput);
    if (circus.umask !== undefined) native.umask(circus.umask);
    events.configure(circus.events);
  };
  const events = new EventOutput(standard[1], log);
  const supervisor = new Supervisor({
    loop,
    log,
    standard,
    read: () => readFile(file, log),
    environment: openFileSource().environment,
    apply,
    onEnd: (exitCode) => {
      const finish = () => {
        release();
        native.exit(exitCode);
      };
      if (control) control.finish().then(finish, finish);
      else finish();
    },
  });
  const { options } = supervisor;
  apply(options);
  supervisor.subscribe((event) => events.take(event));
  const release = claimPidfile(pidfile ?? options.pidfile);
  let control: ControlServer | undefined;
  try {
    supervisor.openSockets();
    control = openControl(loop, supervisor, log);
  } catch (error) {
    supervisor.closeSockets();
    release();
    throw error;
  }
  supervisor.start();
  loop.run((error) => log.error(`internal error: ${error}\n${error instanceof Error ? (error.stack ?? "") : ""}`));
}

/** Where nobody said where it should be, and there is no place, the watchers run without it. */
function openControl(loop: Loop, arbiter: Supervisor, log: Log): ControlServer | undefined {
  const { endpoint, endpointOwner } = arbiter.options;
  const report = (message: string) => log.warning(message);
  try {
    const owner =
      endpointOwner === undefined ? undefined : findIdentity(endpointOwner, undefined, readIdentityFiles()).uid;
    return new ControlServer({ loop, arbiter, endpoint, owner, report });
  } catch (error) {
    if (!(error instanceof InitError) || endpoint !== undefined || endpointOwner !== undefined) throw error;
    log.warning(`nobody can control this program: ${error.message}`);
    return undefined;
  }
}
