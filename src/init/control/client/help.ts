import type { CommandDescription, CommandOption } from "./command.ts";
import { globalOptions } from "./command-line.ts";

export const usage = "circusctl [options] command [args]";

const INDENT = 24;

/** As Python's argparse lays out: what is too long for its column has a line of its own. */
function row(term: string, text: string): string {
  const start = `  ${term}`;
  return start.length + 2 > INDENT ? `${start}\n${" ".repeat(INDENT)}${text}` : `${start.padEnd(INDENT)}${text}`;
}

function optionRow({ name, value, help, otherwise }: CommandOption): string {
  const suffix = otherwise === undefined ? "" : ` (default: ${otherwise})`;
  return row(`--${name}${value === undefined ? "" : ` ${value}`}`, help + suffix);
}

export function programHelp(commands: Iterable<CommandDescription>): string {
  return `usage: ${usage}

Controls a Circus daemon

Commands:
${[...commands].map(({ name, short }) => row(name, short)).join("\n")}

options:
${globalOptions.map(optionRow).join("\n")}

Without a command it reads commands from its standard input, with completion and help in a terminal.
\`circusctl --help COMMAND\` tells of one command. CIRCUSCTL_ENDPOINT stands in for --endpoint.

exit codes: 0 done, 1 no daemon or wrong arguments, 2 wrong usage, 3 the daemon answered with an error`;
}

export function commandHelp({ name, short, usage: words, help, options }: CommandDescription): string {
  const line = `    $ circusctl ${name} ${words}`.trimEnd();
  const list = options.length === 0 ? "" : `\n\nOptions\n-------\n\n${options.map(optionRow).join("\n")}`;
  return `${short}\n${"=".repeat(short.length)}\n\n${line}\n\n${help}${list}\n`;
}
