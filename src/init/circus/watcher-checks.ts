import type { WatcherOptions } from "./configuration.ts";
import { findNearestName, suggestName } from "./findings.ts";
import { processFormNames, processForms } from "./process-forms.ts";
import { type SectionOptions, takeParsed, tellError, tellWarning } from "./section-options.ts";
import { splitWords } from "./shell-words.ts";
import { findUnknownForms } from "./substitution.ts";
import type { WatcherContext } from "./watcher-options.ts";

/** Words and forms of the command, as far as they are known before a process starts. */
export function checkCommand(
  options: SectionOptions,
  watcher: WatcherOptions,
  { environment, sockets }: WatcherContext,
): void {
  const descriptors = Object.fromEntries(sockets.map((name) => [name, 0]));
  const secrets = Object.entries(watcher.envFiles);
  const variables = secrets.length === 0 ? environment : new Map([...environment, ...secrets]);
  const forms = processForms(watcher, variables, 1, descriptors);
  let words = 0;
  for (const name of ["cmd", "args", "shell_args"] as const) {
    const text = String(name === "shell_args" ? watcher.shellArgs : watcher[name]);
    for (const written of findUnknownForms(text, forms)) {
      const hint = nearestForm(written, processFormNames(variables, sockets));
      tellWarning(options, name, `${name}: nothing replaces ${written}`, hint);
    }
    if (/\$WID\b/.test(text)) tellWarning(options, name, `${name}: $WID is circus's old form`, "write $(circus.wid)");
    // What cannot be split is told, and not told again as missing.
    const split = text === "" ? [] : (takeParsed(options, name, () => splitWords(text)) ?? [text]);
    if (name !== "shell_args") words += split.length;
  }
  if (words === 0) tellError(options, "cmd", `watcher ${watcher.name} has no cmd`);
  if (watcher.shellArgs !== "" && !watcher.shell)
    tellWarning(options, "shell_args", "shell_args has no effect without shell");
  if (!watcher.useSockets && /circus\.sockets\./i.test(`${watcher.cmd} ${watcher.args}`))
    tellWarning(
      options,
      "cmd",
      "without use_sockets the socket's descriptor is closed in the process",
      "set use_sockets = True",
    );
}

function nearestForm(written: string, known: readonly string[]): string | undefined {
  const name = written.replace(/^..circus\.|\)+$/gi, "");
  const nearest = findNearestName(name, known);
  return nearest === undefined ? undefined : `did you mean $(circus.${nearest})?`;
}

/** Options that need or exclude each other. */
export function checkCombinations(options: SectionOptions, watcher: WatcherOptions, { sockets }: WatcherContext): void {
  const { stdinSocket } = watcher;
  if (watcher.singleton && watcher.numprocesses > 1)
    tellError(options, "numprocesses", `a singleton has one process, not ${watcher.numprocesses}`);
  if (!watcher.singleton && watcher.numprocesses === 0)
    tellWarning(options, "numprocesses", "with numprocesses = 0 no process is started");
  if (watcher.copyPath && !watcher.copyEnv) tellError(options, "copy_path", "copy_path needs copy_env");
  else if (watcher.copyPath)
    tellWarning(options, "copy_path", "copy_path has no effect: there is no Python's sys.path");
  if (stdinSocket !== undefined && !sockets.includes(stdinSocket))
    tellError(options, "stdin_socket", `there is no socket ${stdinSocket}`, suggestName(stdinSocket, sockets));
  if (watcher.onDemand && sockets.length === 0)
    tellWarning(options, "on_demand", "on_demand waits for a connection, and there is no [socket:…]");
  if (watcher.once && watcher.schedule !== undefined)
    tellError(options, "once", "once and schedule exclude each other");
  if (watcher.once && watcher.onDemand) tellError(options, "once", "once and on_demand exclude each other");
}
