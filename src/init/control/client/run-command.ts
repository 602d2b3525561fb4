import { runControlCommand, type Settings } from "./calls.ts";
import { controlCommands } from "./catalogue.ts";
import type { CommandLine } from "./command-line.ts";
import { listen } from "./listen.ts";
import { runTop } from "./top.ts";

export const version = `circusctl ${SLIPWAY_VERSION}`;

/** Carries out one command; the exit code. Throws UsageError. `interrupt`: news on it end what has no end of its own. */
export function runCommand(settings: Settings, line: CommandLine, interrupt?: number): number {
  const { command, words, options } = line;
  const control = controlCommands.get(command!.name);
  if (control) return runControlCommand(settings, control, words, options);
  return command!.name === "listen" ? listen(settings, words, interrupt) : runTop(settings, options);
}
