import { lookup, moveToEnd } from "./environment.ts";
import { readHeredocWord } from "./heredoc.ts";
import { mistake } from "./mistake.ts";
import type { Evaluated, RunOperation, StageState } from "./plan-types.ts";
import { resolveMounts } from "./resolve-mounts.ts";
import { dialectOf, expanderFor, proxyEnvironment } from "./scope.ts";
import { resolveSource } from "./sources.ts";
import type { Command, RunInstruction } from "./types.ts";

const scriptFolder = "/dev/pipes/";

/** A shell-form command under the stage's SHELL. */
export function withShell(state: StageState, line: string): readonly string[] {
  const shell = state.config.shell ?? [];
  return [...(shell.length > 0 ? shell : ["/bin/sh", "-c"]), line];
}

export function evaluateRun(state: StageState, instruction: RunInstruction): Evaluated {
  const { argv, scripts } = commandOf(state, instruction.command);
  if (argv.length === 0) throw mistake(instruction, "run-empty", "RUN needs a command");
  const workdir = state.config.workingDir || "/";
  const expander = expanderFor(state, instruction);
  const mounts = resolveMounts({
    instruction,
    workdir,
    expand: expander.word,
    resolve: (name) => resolveSource(state.plan, state.stageIndex, instruction, name),
  });
  const agent = mounts.find((mount) => mount.type === "ssh");
  const env =
    agent && lookup(state.env, "SSH_AUTH_SOCK") === undefined
      ? moveToEnd(state.env, "SSH_AUTH_SOCK", agent.target)
      : state.env;
  const operation: RunOperation = {
    kind: "run",
    argv,
    env: [...env, ...proxyEnvironment(state.plan.options)],
    workdir,
    user: state.config.user,
    listPrimaryGroup: dialectOf(state.plan.options).listsPrimaryGroup,
    scripts,
    mounts,
    network: (instruction.network || "default") as RunOperation["network"],
    security: (instruction.security || "sandbox") as RunOperation["security"],
  };
  return { state, operation, createdBy: `RUN ${[...argsInHistory(state), ...argv].join(" ")} # buildkit` };
}

/**
 * A heredoc that is the whole command is the script itself: handed to the shell, or, with a shebang, put into a file that
 * the shell starts. Any other heredoc is the shell's own affair.
 */
function commandOf(state: StageState, command: Command): Pick<RunOperation, "argv" | "scripts"> {
  if (command.form === "exec") return { argv: command.args, scripts: [] };
  const [heredoc] = command.heredocs;
  if (!heredoc) return { argv: withShell(state, command.line), scripts: [] };
  if (!readHeredocWord(command.line.trim())) {
    const bodies = command.heredocs.map(({ content, name }) => `\n${content}${name}`);
    return { argv: withShell(state, command.line + bodies.join("")), scripts: [] };
  }
  if (!heredoc.content.startsWith("#!")) return { argv: withShell(state, heredoc.content), scripts: [] };
  const path = scriptFolder + heredoc.name;
  return { argv: withShell(state, path), scripts: [{ path, content: heredoc.content, mode: 0o755 }] };
}

/** `|2 A=b C=d`: the ARGs in scope with the values that they have for this command. */
function argsInHistory(state: StageState): readonly string[] {
  const pairs = state.args.map(({ key, value }) => [key, lookup(state.env, key) ?? value ?? ""] as const);
  const shown = dialectOf(state.plan.options).joinsRepeatedArgsInHistory ? [...new Map(pairs)] : pairs;
  return shown.length === 0 ? [] : [`|${shown.length}`, ...shown.map(([key, value]) => `${key}=${value}`)];
}
