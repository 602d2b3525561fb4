import { args, signalFd } from "native";
import { InitError } from "../../system/errors.ts";
import { ExitCode, type Settings } from "./calls.ts";
import { commands } from "./catalogue.ts";
import { chooseEndpoint } from "./chosen-endpoint.ts";
import { type CommandLine, globalOptions, integerOption, parseCommandLine, UsageError } from "./command-line.ts";
import { bashCompletion } from "./completion.ts";
import { commandHelp, programHelp, usage } from "./help.ts";
import { printErrorLine, printLine } from "./output.ts";
import { runCommand, version } from "./run-command.ts";
import { Shell } from "./shell.ts";

const timeoutOption = globalOptions.find(({ name }) => name === "timeout")!;

/** Throws UsageError, or InitError where there is no daemon. */
function readSettings({ globals }: CommandLine): Settings {
  const timeoutMs = 1000 * integerOption(globals, timeoutOption);
  const endpoint = chooseEndpoint(globals.endpoint?.toString());
  return { endpoint, timeoutMs, json: globals.json === true, prettify: globals.prettify === true };
}

function run(words: readonly string[]): number {
  const line = parseCommandLine(words, commands);
  if (line.globals.version) printLine(version);
  else if (line.globals.help) printLine(line.command ? commandHelp(line.command) : programHelp(commands.values()));
  else if (line.globals.completion !== undefined) printLine(bashCompletion(`${line.globals.completion}`));
  else {
    const settings = readSettings(line);
    return line.command ? runCommand(settings, line) : new Shell(settings).run();
  }
  return ExitCode.done;
}

/** The exit code. */
export function runCircusctl(): number {
  const [name = "", ...words] = args();
  // It also ignores SIGPIPE: a daemon that closes the connection is told of, not died of.
  signalFd([]);
  try {
    return run(name.endsWith("circus-top") ? ["top", ...words] : words);
  } catch (error) {
    if (error instanceof UsageError) {
      printErrorLine(`usage: ${usage}\ncircusctl: error: ${error.message}`);
      return ExitCode.usage;
    }
    if (!(error instanceof InitError)) throw error;
    printErrorLine(`circusctl: ${error.message}`);
    return ExitCode.failed;
  }
}
