import { Command } from "commander";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { confirmer } from "../open-engine.ts";

export function engineCommand(context: CliContext): Command {
  const engine = new Command("engine")
    .description(
      "A Docker engine of Slipway's own, for machines where none answers: its own socket, data folder and network bridge, " +
        "beside any other engine. Needs root.",
    )
    .addHelpText(
      "after",
      `
It lives in $SLIPWAY_ENGINE_DIR, by default ~/.local/share/slipway/engine; images and containers stay there when it is
stopped. Settings of dockerd (mirrors, proxies…) can be added to the file daemon.json in it. With SLIPWAY_ENGINE=private
every command that needs an engine starts it where no other was named and none answers.

Examples:
  slipway engine start
  slipway engine status --format '{{.Socket}}'
  DOCKER_HOST=unix://$(slipway engine status --format '{{.Socket}}') docker ps`,
    );
  engine.addCommand(startCommand(context));
  engine.addCommand(stopCommand(context));
  engine.addCommand(statusCommand(context));
  engine.addCommand(logsCommand(context));
  return engine;
}

function startCommand(context: CliContext): Command {
  return new Command("start")
    .summary("Start it; it goes on when the command has ended")
    .description(
      "Start the private engine and wait until it answers. Prints its address. One that runs already is fine.",
    )
    .option("-y, --yes", "install Debian packages that are missing without asking")
    .addHelpText("after", "\nExamples:\n  slipway engine start\n  export DOCKER_HOST=$(slipway engine start)")
    .action(async ({ yes }: { yes?: boolean }) => {
      const { startWithPackages } = await import("../../engine/connect-or-start.ts");
      const { url } = await startWithPackages({
        ...outsideOf(context),
        confirm: yes === true ? async () => true : confirmer(context),
      });
      context.stdout.write(`${url}\n`);
    });
}

function stopCommand(context: CliContext): Command {
  return new Command("stop")
    .summary("Stop it, and the containers that run in it")
    .description(
      "Stop the private engine. Its running containers are stopped with it: they are named first, and without a terminal " +
        "to ask on they keep it from stopping unless --force is given. Nothing is removed.",
    )
    .option("-f, --force", "stop running containers without asking")
    .addHelpText("after", "\nExamples:\n  slipway engine stop\n  slipway engine stop --force")
    .action(async ({ force }: { force?: boolean }) => {
      const { privateEngineStatus } = await import("../../engine/private-engine/status.ts");
      const { stopPrivateEngine } = await import("../../engine/private-engine/stop.ts");
      const { containers } = await privateEngineStatus(outsideOf(context));
      if (containers.length > 0 && force !== true) {
        const names = containers.map(({ name, image, owner }) => `  ${name} (${image}${owner ? `, ${owner}` : ""})`);
        const named = `containers that run in the private engine:\n${names.join("\n")}`;
        context.stderr.write(`${named}\n`);
        if (!((await confirmer(context)?.("Stop them too?")) ?? false))
          throw new SlipwayError("ENGINE_IN_USE", `not stopped: ${containers.length} of its containers run`, {
            hint: "stop them, or use `slipway engine stop --force`",
          });
      }
      const stopped = await stopPrivateEngine(outsideOf(context));
      context.stderr.write(stopped ? "stopped\n" : "the private engine does not run\n");
    });
}

function statusCommand(context: CliContext): Command {
  return new Command("status")
    .summary("Tell whether it runs, and where everything of it is")
    .description("Tell the state of the private engine. Exits with 1 when it does not run.")
    .option("--format <format>", "table, json, yaml or a template: '{{.Socket}}'", "table")
    .addHelpText(
      "after",
      `
Fields: State (running, starting, stopped, crashed), Version, Pid, Socket, Folder, Log, Bridge, Subnet, StartedAt,
Containers (running now), Orphans (running on after a crash).

Examples:
  slipway engine status
  slipway engine status --format json`,
    )
    .action(async ({ format }: { format: string }) => {
      const { privateEngineStatus } = await import("../../engine/private-engine/status.ts");
      const { printList } = await import("../output/list.ts");
      const status = await privateEngineStatus(outsideOf(context));
      const fields: readonly (readonly [string, unknown])[] = [
        ["State", status.state],
        ["Version", status.version],
        ["Pid", status.pid],
        ["Socket", status.socket],
        ["Folder", status.folder],
        ["Log", status.log],
        ["Bridge", status.bridge],
        ["Subnet", status.subnet],
        ["StartedAt", status.startedAt?.toISOString()],
        ["Containers", status.containers.map(({ name }) => name)],
        ["Orphans", status.orphans],
      ];
      if (format === "table") {
        const shown = fields.filter(
          ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
        );
        const rows = shown.map(([name, value]) => [
          `${name}:`,
          Array.isArray(value) ? value.join(", ") : String(value),
        ]);
        const { layTable } = await import("../output/table.ts");
        context.stdout.write(`${layTable(rows).join("\n")}\n`);
      } else {
        const columns = fields.map(([name, value]) => ({ name, value: () => value ?? null }));
        await printList(context, { columns, rows: [status] }, { format });
      }
      if (status.state !== "running") context.setExitCode(1);
    });
}

function logsCommand(context: CliContext): Command {
  return new Command("logs")
    .summary("Print its log")
    .description("Print the log of the private engine's dockerd, also after it ended.")
    .option("-f, --follow", "go on with what it writes from now on, until Ctrl-C")
    .option("-n, --tail <lines>", "only the last lines")
    .addHelpText("after", "\nExamples:\n  slipway engine logs --tail 20\n  slipway engine logs -f")
    .action(async ({ follow, tail }: { follow?: boolean; tail?: string }) => {
      const { readEngineLog } = await import("../../engine/private-engine/log.ts");
      const lines = tail === undefined ? undefined : parseCount(tail);
      for await (const text of readEngineLog({ ...outsideOf(context), follow: follow === true, tail: lines }))
        context.stdout.write(text);
    });
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text))
    throw new SlipwayError("USAGE", `--tail wants a number of lines, not ${JSON.stringify(text)}`, {
      hint: "as in --tail 100",
      exitCode: ExitCode.usage,
    });
  return Number(text);
}

function outsideOf(context: CliContext) {
  const { env, home, signal, stderr } = context;
  return { env, home, signal, onProgress: (message: string) => void stderr.write(`${message}\n`) };
}
