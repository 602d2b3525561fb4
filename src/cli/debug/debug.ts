import type { Command } from "commander";
import { listen, parseListenAddress } from "../../dap/listen.ts";
import { serveDebugger } from "../../dap/serve.ts";
import { ExitCode } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { sessionOpener } from "./open-session.ts";

/** `slipway dap`: one editor on standard input and output, or any number on a socket until Ctrl-C. */
export async function debug(context: CliContext, command: Command, folder: string): Promise<void> {
  const { listen: address } = command.opts<{ readonly listen?: string }>();
  const open = sessionOpener(context, command, folder);
  if (address === undefined) {
    await serveDebugger({ input: context.stdin, output: context.stdout }, open, context.signal);
  } else {
    const { signal } = context;
    await using listening = await listen(parseListenAddress(address, context.cwd), (socket) =>
      serveDebugger({ input: socket, output: socket }, open, signal),
    );
    context.stdout.write(`listening on ${listening.address}\n`);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  if (context.signal.aborted) context.setExitCode(ExitCode.interrupted);
}
