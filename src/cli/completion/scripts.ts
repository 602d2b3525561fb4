import type { CompletableCommand, CompletableOption } from "./words.ts";

/** A completion script for each shell, as text. */
export const shells = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

function bashScript(commands: readonly CompletableCommand[]): string {
  const paths = commands.map((command) => `    ${quote(command.path.join(" "))}) ;;`);
  const words = commands.map((command) => {
    const all = [...command.commands.map((child) => child.name), ...command.choices, ...command.options.flatMap(names)];
    const listed = command.listedBy === undefined ? "" : ` words+=" $(slipway ${command.listedBy} 2>/dev/null)"`;
    return `    ${quote(command.path.join(" "))}) words=${quote(all.join(" "))}${listed} ;;`;
  });
  const values = commands.flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.listedBy === undefined
        ? []
        : names(option).map(
            (name) => `    ${quote(`${path.join(" ")} ${name}`)}) words="$(slipway ${option.listedBy} 2>/dev/null)" ;;`,
          ),
    ),
  );
  return `# bash completion for slipway
_slipway() {
  local current=\${COMP_WORDS[COMP_CWORD]} path=slipway word words=
  local index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case "$path $word" in
${paths.join("\n")}
    *) continue ;;
    esac
    path="$path $word"
  done
  case $path in
${words.join("\n")}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _slipway slipway
`;
}

function zshScript(commands: readonly CompletableCommand[]): string {
  const functions = commands.map((command) => {
    const options = command.options.flatMap((option) =>
      names(option).map((name) => `    ${quote(zshOption(option, name))}`),
    );
    if (command.commands.length === 0) {
      const rest =
        command.choices.length > 0 ? `1: :(${command.choices.join(" ")})` : `*:file:${zshWords(command) ?? "_files"}`;
      return `${zshName(command.path)}() {\n  _arguments -s -S \\\n${[...options, `    ${quote(rest)}`].join(" \\\n")}\n}`;
    }
    const children = command.commands.map((child) => `        ${quote(zshEscape(child.name, child.summary))}`);
    return `${zshName(command.path)}() {
  local context state line
  local -a commands
  _arguments -C \\
${[...options, "    '1: :->command'", "    '*:: :->arguments'"].join(" \\\n")}
  case $state in
    command)
      commands=(
${children.join("\n")}
      )
      _describe command commands ;;
    arguments)
      (( $+functions[${zshName(command.path)}_$line[1]] )) && ${zshName(command.path)}_$line[1] || _files ;;
  esac
}`;
  });
  return `#compdef slipway\n# zsh completion for slipway\n${functions.join("\n")}\ncompdef _slipway slipway\n`;
}

function zshName(path: readonly string[]): string {
  return `_${path.join("_")}`;
}

function zshEscape(name: string, summary: string): string {
  return `${name.replaceAll(":", "\\:")}:${summary}`;
}

function zshOption(option: CompletableOption, name: string): string {
  const text = option.description.replace(/[[\]:\\]/g, "\\$&");
  if (!option.takesValue) return `*${name}[${text}]`;
  return `*${name}[${text}]:value:${zshWords(option) ?? "_files"}`;
}

function zshWords({ choices, listedBy }: Pick<CompletableOption, "choices" | "listedBy">): string | undefined {
  if (listedBy !== undefined) return `($(slipway ${listedBy} 2>/dev/null))`;
  return choices.length > 0 ? `(${choices.join(" ")})` : undefined;
}

function fishScript(commands: readonly CompletableCommand[]): string {
  const lines = commands.flatMap((command) => {
    const condition = fishCondition(command);
    const children = command.commands.map(
      (child) => `complete -c slipway -n ${condition} -f -a ${quote(child.name)} -d ${quote(child.summary)}`,
    );
    const choices = command.choices.map((choice) => `complete -c slipway -n ${condition} -f -a ${quote(choice)}`);
    const listed =
      command.listedBy === undefined
        ? []
        : [`complete -c slipway -n ${condition} -f -a ${quote(`(slipway ${command.listedBy} 2>/dev/null)`)}`];
    const options = command.options.map((option) => fishOption(condition, option));
    return [...children, ...choices, ...listed, ...options];
  });
  return `# fish completion for slipway\n${lines.join("\n")}\n`;
}

function fishCondition(command: CompletableCommand): string {
  const words = command.path.slice(1);
  const children = command.commands.map((child) => child.name);
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const unseen = children.length > 0 ? [`not __fish_seen_subcommand_from ${children.join(" ")}`] : [];
  return quote([...seen, ...unseen].join("; and ") || "true");
}

function fishOption(condition: string, option: CompletableOption): string {
  return [
    `complete -c slipway -n ${condition}`,
    option.short === undefined ? "" : ` -s ${option.short.slice(1)}`,
    option.long === undefined ? "" : ` -l ${option.long.slice(2)}`,
    option.takesValue ? " -r" : "",
    option.choices.length > 0 ? ` -f -a ${quote(option.choices.join(" "))}` : "",
    option.listedBy === undefined ? "" : ` -f -a ${quote(`(slipway ${option.listedBy} 2>/dev/null)`)}`,
    ` -d ${quote(option.description)}`,
  ].join("");
}

function names(option: CompletableOption): string[] {
  return [option.long, option.short].filter((name) => name !== undefined);
}

/** For a POSIX shell; fish reads the same for these texts. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
