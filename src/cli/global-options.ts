import type { Command } from "commander";

/** Options that stand before or after any command's name. */
export interface GlobalOptions {
  /** Engine address: `unix://`, `tcp://`, `ssh://`. */
  readonly host: string | undefined;
  /** Name of a docker context. */
  readonly context: string | undefined;
  readonly debug: boolean;
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option(
      "-H, --host <address>",
      "engine to use: unix://…, tcp://…, ssh://… (default: as the docker client finds it)",
    )
    .option("-c, --context <name>", "docker context that names the engine")
    .option("-D, --debug", "print stacks and causes of errors");
}

/** The global options as `command`'s action sees them. */
export function globalOptions(command: Command): GlobalOptions {
  const { host, context, debug } = command.optsWithGlobals<Partial<GlobalOptions>>();
  return { host, context, debug: debug === true };
}

/** The program's version, as its root command knows it. */
export function programVersion(command: Command): string {
  return command.parent === null ? (command.version() ?? "") : programVersion(command.parent);
}
