import { signalNames } from "../../system/signals.ts";
import { ask, type Settings } from "./calls.ts";
import { commands } from "./catalogue.ts";
import type { ArgumentKind, CommandOption } from "./command.ts";
import { globalOptions, UsageError } from "./command-line.ts";
import { CallError } from "./connection.ts";
import { settableOptions } from "./option-conversion.ts";

const names = (options: readonly CommandOption[]) => options.map(({ name }) => `--${name}`);

/** What the last of the words, which may be empty, can become. */
export function completeWords(words: readonly string[], settings: Settings): string[] {
  const last = words.at(-1) ?? "";
  return candidates(words.slice(0, -1), last, settings)
    .filter((candidate) => candidate.startsWith(last))
    .sort();
}

function candidates(before: readonly string[], last: string, settings: Settings): readonly string[] {
  const at = before.findIndex((word) => commands.has(word));
  if (at === -1) return last.startsWith("-") ? names(globalOptions) : [...commands.keys(), "help"];
  const command = commands.get(before[at]!)!;
  if (before[0] === "help") return [];
  if (last.startsWith("-")) return names(command.options);
  const option = command.options.find(({ name }) => before.at(-1) === `--${name}`);
  if (option?.value !== undefined) return option.value.includes("|") ? option.value.split("|") : [];
  const position = before.slice(at + 1).filter((word) => !word.startsWith("-")).length;
  return wordsOf(kindAt(command.name, command.arguments, position), settings);
}

/** `set` has pairs of a key and a value. */
function kindAt(name: string, kinds: readonly ArgumentKind[], position: number): ArgumentKind | undefined {
  if (name === "set" && position > 0) return position % 2 === 1 ? "option" : "any";
  return kinds[Math.min(position, kinds.length - 1)];
}

function wordsOf(kind: ArgumentKind | undefined, settings: Settings): readonly string[] {
  if (kind === "watcher") return watcherNames(settings);
  if (kind === "option") return settableOptions;
  if (kind === "signal") return signalNames();
  return kind === "command" ? [...commands.keys()] : [];
}

/** None where the daemon does not tell: a person who types is not to be bothered. */
function watcherNames(settings: Settings): readonly string[] {
  try {
    const { watchers } = ask(settings, "list", {});
    return Array.isArray(watchers) ? watchers : [];
  } catch (error) {
    if (error instanceof CallError) return [];
    throw error;
  }
}

/** A script for bash's `complete`: names of watchers come from the daemon. Throws UsageError of another shell. */
export function bashCompletion(shell: string): string {
  if (shell !== "bash") throw new UsageError(`argument --completion: invalid choice: '${shell}' (choose from 'bash')`);
  const takesWatcher = [...commands.values()].filter(({ arguments: kinds }) => kinds[0] === "watcher");
  const options = [...commands.values()].map(
    (command) => `    ${command.name}) options="${names(command.options).join(" ")}" ;;`,
  );
  return `# bash completion of circusctl: eval "$(circusctl --completion bash)"
_circusctl() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="" at options=""
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
    ${[...commands.keys()].join("|")})
      command="\${COMP_WORDS[at]}"
      break ;;
    esac
  done
  if [[ -z $command ]]; then
    if [[ $word == -* ]]; then options="${names(globalOptions).join(" ")}"; else options="${[...commands.keys()].join(" ")}"; fi
  elif [[ $word == -* ]]; then
    case "$command" in
${options.join("\n")}
    esac
  elif [[ $at -eq $((COMP_CWORD - 1)) ]]; then
    case "$command" in
    ${takesWatcher.map(({ name }) => name).join("|")})
      options="$("\${COMP_WORDS[0]}" list 2>/dev/null | tr , ' ')" ;;
    esac
  elif [[ $command == set || $command == get ]]; then
    options="${settableOptions.join(" ")}"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}
complete -F _circusctl circusctl`;
}
