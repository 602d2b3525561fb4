import * as native from "native";
import { readCommandLine, UsageError } from "../launch/command-line.ts";
import { openLaunch } from "../launch/commands.ts";
import { deployHelp } from "../launch/help.ts";
import { print, tell } from "../launch/messages.ts";
import { readSettings } from "../launch/settings.ts";
import { Signals } from "../launch/signals.ts";
import { deploy } from "./deploy.ts";

/** `slipway-init deploy`. Answers the exit code. */
export function deployProject(args: readonly string[]): number {
  const line = readCommandLine(args, { flags: ["--help", "-h", "--force", "--list"], values: ["--file", "--only"] });
  if (line.flags.has("--help") || line.flags.has("-h")) {
    print(deployHelp);
    return 0;
  }
  if (line.command !== undefined) throw new UsageError("deploy runs no command", undefined);
  const signals = new Signals();
  const { launch, file, variables } = openLaunch(line);
  const settings = readSettings(launch, file, variables, (path) => path);
  const options = {
    only: line.values.get("--only") ?? [],
    force: line.flags.has("--force"),
    list: line.flags.has("--list"),
  };
  deploy({ settings, options, environment: native.environment(), signals, tell, print });
  return 0;
}
