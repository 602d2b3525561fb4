import { InitError } from "../system/errors.ts";
import type { WatcherOptions } from "./configuration.ts";
import { processForms } from "./process-forms.ts";
import { quoteWord, splitWords } from "./shell-words.ts";
import { type Substitutions, substitute } from "./substitution.ts";

/** What is known when a process is about to start. */
export interface ProcessContext {
  /** From 1; unique within the watcher. */
  readonly wid: number;
  /** Descriptors by the sockets' names. */
  readonly sockets: Readonly<Record<string, number>>;
  /** Reads the files of secrets; throws InitError. */
  readText(path: string): string;
}

export interface ProcessPlan {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where argv[0] is looked for when it has no slash, as Python does it: PATH of `env`, or its own default. */
  readonly path: string;
}

/** Python's os.defpath. */
const DEFAULT_PATH = "/bin:/usr/bin";

/**
 * What a process of a watcher gets. Words are split as Python's shlex does, after the forms are replaced. With `shell` the
 * words are quoted again and go to `/bin/sh -c` as one, as circus does it: operators of the shell in `cmd` mean nothing;
 * `shell_args` are its positional parameters from $0 on. Throws InitError.
 */
export function expandProcess(watcher: WatcherOptions, context: ProcessContext): ProcessPlan {
  const env = { ...watcher.env };
  // A file that a program writes ends with a newline that is not meant.
  for (const [name, path] of Object.entries(watcher.envFiles)) env[name] = context.readText(path).replace(/\r?\n$/, "");
  const forms = processForms(watcher, new Map(Object.entries(env)), context.wid, context.sockets);
  const words = [...expandWords(watcher.cmd, forms, context.wid), ...expandWords(watcher.args, forms, context.wid)];
  if (words.length === 0) throw new InitError("no-command", `watcher ${watcher.name} has no cmd`);
  const argv = watcher.shell
    ? ["/bin/sh", "-c", words.map(quoteWord).join(" "), ...expandWords(watcher.shellArgs, forms, context.wid)]
    : words;
  return { argv, env, path: env.PATH ?? DEFAULT_PATH };
}

/** A command that belongs to a watcher (a hook, `health`, `ready`), with what the watcher's processes get. */
export function expandCommand(command: string, watcher: WatcherOptions, context: ProcessContext): ProcessPlan {
  return expandProcess({ ...watcher, cmd: command, args: [], shell: false, shellArgs: [] }, context);
}

function expandWords(text: string | readonly string[], forms: Substitutions, wid: number): string[] {
  // `$WID` is circus's oldest form.
  const expand = (part: string) => substitute(part, forms).replace(/\$WID\b/g, String(wid));
  return typeof text === "string" ? splitWords(expand(text)) : text.map(expand);
}
