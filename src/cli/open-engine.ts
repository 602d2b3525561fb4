import type { Command } from "commander";
import type { EngineClient } from "../engine/client.ts";
import type { CliContext } from "./context.ts";
import { globalOptions } from "./global-options.ts";

/** The engine that `command` was told to use, found or started; see `openEngine` in the engine's own layer. */
export async function openCommandEngine(context: CliContext, command: Command): Promise<EngineClient> {
  const { openEngine } = await import("../engine/connect-or-start.ts");
  const { host, context: contextName } = globalOptions(command);
  const { env, home, signal } = context;
  return await openEngine({
    host,
    context: contextName,
    ...{ env, home, signal },
    confirm: confirmer(context),
    onProgress: (message) => context.stderr.write(`${message}\n`),
  });
}

/** Asks a yes-or-no question, Enter meaning `enter`; undefined where nobody can answer. */
export function confirmer(
  context: CliContext,
  { enter = "yes" }: { readonly enter?: "yes" | "no" } = {},
): ((question: string) => Promise<boolean>) | undefined {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true) return undefined;
  return async (question) => {
    const { createInterface } = await import("node:readline/promises");
    const lines = createInterface({ input: context.stdin, output: context.stderr });
    try {
      const choice = enter === "yes" ? "[Y/n]" : "[y/N]";
      const answer = await lines.question(`${question} ${choice} `, { signal: context.signal });
      return /^y(es)?$/i.test(answer.trim() || enter);
    } finally {
      lines.close();
    }
  };
}
