import { arch } from "node:os";
import { Command } from "commander";
import type { HealthCheck } from "../../engine/health.ts";
import { ExitCode } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { globalOptions } from "../global-options.ts";

export function doctorCommand(context: CliContext): Command {
  return new Command("doctor")
    .description(
      "Look at the engine and at this machine, and tell what works, what does not, and how to mend it. Changes nothing. " +
        "Exits with 1 when something that is needed fails.",
    )
    .option("--format <format>", "table, json, yaml or a template: '{{.Name}}: {{.Status}}'", "table")
    .addHelpText(
      "after",
      `
Fields: Name, Status (ok, warn, fail), Detail, Mend.

Examples:
  slipway doctor
  slipway --host ssh://box doctor
  slipway doctor --format json`,
    )
    .action(async ({ format }: { format: string }, command: Command) => {
      const checks = await collectChecks(context, command);
      if (format === "table") await printChecks(context, checks);
      else {
        const { printList } = await import("../output/list.ts");
        const columns = [
          { name: "Name", value: (check: HealthCheck) => check.name },
          { name: "Status", value: (check: HealthCheck) => check.status },
          { name: "Detail", value: (check: HealthCheck) => check.detail },
          { name: "Mend", value: (check: HealthCheck) => check.mend ?? "" },
        ];
        await printList(context, { columns, rows: checks }, { format });
      }
      if (checks.some(({ status }) => status === "fail")) context.setExitCode(ExitCode.failure);
    });
}

async function collectChecks(context: CliContext, command: Command): Promise<HealthCheck[]> {
  const health = await import("../../engine/health.ts");
  const { checkAgent } = await import("../../index.ts");
  const { env, home, signal } = context;
  const { host, context: contextName } = globalOptions(command);
  const engine = await health.checkEngine({ host, context: contextName, env, home, signal });
  const platform = engine.info ?? { os: "linux", architecture: arch() === "arm64" ? "arm64" : "amd64" };
  return [
    ...engine.checks,
    ...(await health.checkPrivateEngine({ env, home, signal })),
    await checkAgent(platform),
    await health.checkCredentials({ env, home }),
    ...(await health.checkPrograms(env)),
  ];
}

async function printChecks(context: CliContext, checks: readonly HealthCheck[]): Promise<void> {
  const { styleFor } = await import("../output/style.ts");
  const style = styleFor(context.stdout, context.env);
  const paint = { ok: style.success, warn: style.warning, fail: style.error };
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = " ".repeat(4 + 2 + width + 2);
  const lines = checks.flatMap(({ name, status, detail, mend }) => [
    `${paint[status](status.padEnd(4))}  ${style.name(name.padEnd(width))}  ${detail.replaceAll("\n", `\n${indent}`)}`,
    ...(mend === undefined ? [] : [`${indent}${style.hint(mend)}`]),
  ]);
  context.stdout.write(`${lines.join("\n")}\n`);
}
