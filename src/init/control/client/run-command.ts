import { runControlCommand, type Settings } from "./calls.ts";
import { controlCommands } from "./catalogue.ts";
import type { CommandLine } from "./command-line.ts";
import { listen } from "./listen.ts";
import type { Keys } from "./terminal.ts";
import { runTop } from "./top.ts";

export const version = `circusctl ${SLIPWAY_VERSION}`;

/** Carries out one command; the exit code. Throws UsageError. `keys`: of a terminal that is raw already. */
export function runCommand(settings: Settings, line: CommandLine, keys?: Keys): number {
  const { command, words, options } = line;
  const control = controlCommands.get(command!.name);
  if (control) return runControlCommand(settings, control, words, options);
  return command!.name === "listen" ? listen(settings, words) : runTop(settings, options, keys);
}
