import { Command } from "commander";
import type { KeptPlace } from "../../index.ts";
import type { CliContext } from "../context.ts";
import { globalOptions } from "../global-options.ts";

export interface SessionsListOptions {
  readonly format: string;
  readonly quiet?: boolean;
  readonly trunc: boolean;
  readonly filter: readonly string[];
  readonly size?: boolean;
}

export interface SessionsPruneOptions {
  readonly olderThan?: string;
  readonly all?: boolean;
  readonly others?: boolean;
  readonly yes?: boolean;
}

export function sessionsCommand(context: CliContext): Command {
  const command = new Command("sessions")
    .description("The sessions that are kept: those that were left, and those that a program has open.")
    .addHelpText(
      "after",
      `
Without a command: \`slipway sessions ls\`.

Examples:
  slipway sessions
  slipway sessions rm tp2r5a3f1c
  slipway sessions prune --older-than 7d
  slipway hack --resume tp2r5a3f1c`,
    );
  command.addCommand(listCommand(context), { isDefault: true });
  command.addCommand(removeCommand(context));
  command.addCommand(pruneCommand(context));
  return command;
}

function listCommand(context: CliContext): Command {
  const command = new Command("ls").alias("list");
  return command
    .summary("List them, with what they hold")
    .description(
      "List the sessions that are kept, newest first. Their journals are only read, and their engines may be silent.",
    )
    .option("--format <format>", "table, json, yaml or a template: '{{.Id}} {{.State}}'", "table")
    .option("-q, --quiet", "print only ids; asks no engine")
    .option("--no-trunc", "don't shorten anything")
    .option("-f, --filter <key=value>", "only those: id, state, dockerfile, context, engine; repeatable", collect, [])
    .option("-s, --size", "ask engines what the sessions' images take")
    .addHelpText(
      "after",
      `
States: open (in a program), left, containers-gone (goes on from its images), unreachable (its engine), unreadable (its journal).

Examples:
  slipway sessions ls --size
  slipway sessions ls --filter state=left --format '{{.ID}}\\t{{.Dockerfile}}'`,
    )
    .action(async () => {
      const { listTheSessions } = await import("../sessions/list.ts");
      await listTheSessions(context, command.opts<SessionsListOptions>(), placeOf(context, command));
    });
}

function removeCommand(context: CliContext): Command {
  const command = new Command("rm");
  return command
    .summary("Remove sessions, with what they have on their engines")
    .description(
      "Remove sessions: their containers and images on their engines, then what is kept of them here. Images that you tagged and " +
        "Dockerfiles stay. A session that a program has open is not removed.",
    )
    .argument("<session...>", "ids, as `slipway sessions` shows them")
    .option("--forget", "only drop what is kept here, for engines that are gone for good")
    .addHelpText(
      "after",
      "\nExamples:\n  slipway sessions rm tp2r5a3f1c\n  slipway sessions rm $(slipway sessions ls -q)",
    )
    .action(async (ids: readonly string[]) => {
      const { removeTheSessions } = await import("../sessions/remove.ts");
      const { forget } = command.opts<{ readonly forget?: boolean }>();
      await removeTheSessions(context, ids, { ...placeOf(context, command), forget });
    });
}

function pruneCommand(context: CliContext): Command {
  const command = new Command("prune");
  return command
    .summary("Remove sessions that nobody needs, and what was left behind on engines")
    .description(
      "Show what can go, and remove it after a question: sessions that were left and hold no work that is only in them, " +
        "containers and images of sessions that were forgotten, and volumes of the agent that nothing uses.",
    )
    .option("--older-than <time>", "only sessions that were not used for so long: 30m, 12h, 7d, 4w")
    .option("-a, --all", "also those with hand edits, an unwritten Dockerfile, or a journal that can't be read")
    .option("--others", "also what sessions of others have on the engine: ask them first")
    .option("-y, --yes", "don't ask")
    .addHelpText(
      "after",
      "\nExamples:\n  slipway sessions prune\n  slipway sessions prune --older-than 7d --yes\n  slipway sessions prune --all",
    )
    .action(async () => {
      const { pruneTheSessions } = await import("../sessions/prune.ts");
      await pruneTheSessions(context, command.opts<SessionsPruneOptions>(), placeOf(context, command));
    });
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function placeOf(context: CliContext, command: Command): KeptPlace {
  const { host, context: dockerContext } = globalOptions(command);
  return { environment: context.env, engine: host, dockerContext };
}
