import { ExitCode, SlipwayError } from "../../errors.ts";
import { formatAge, formatSize } from "../../format.ts";
import {
  type KeptPlace,
  type KeptSession,
  type Orphan,
  type PrunePlan,
  planSessionPrune,
  pruneSessions,
} from "../../index.ts";
import type { SessionsPruneOptions } from "../commands/sessions.ts";
import type { CliContext } from "../context.ts";
import { confirmer } from "../open-engine.ts";
import { layTable } from "../output/table.ts";
import { count, describeRemoved } from "./remove.ts";

/** `slipway sessions prune`: the plan, the question, and then what the plan says. */
export async function pruneTheSessions(
  context: CliContext,
  options: SessionsPruneOptions,
  place: KeptPlace,
): Promise<void> {
  const olderThan = options.olderThan === undefined ? undefined : parseAge(options.olderThan);
  const plan = await planSessionPrune({ ...place, olderThan, all: options.all, others: options.others });
  context.stdout.write(
    describePlan(plan)
      .map((line) => `${line}\n`)
      .join(""),
  );
  if (plan.sessions.length + plan.orphans.length + plan.volumes.length === 0) return;
  if (options.yes !== true) {
    const ask = confirmer(context, { enter: "no" });
    if (ask === undefined) {
      throw new SlipwayError("NOT_CONFIRMED", "nothing was removed: there is nobody to ask", {
        hint: "read the plan, then add --yes",
      });
    }
    if (!(await ask("Remove that?"))) return void context.stdout.write("Nothing was removed.\n");
  }
  const pruned = await pruneSessions(plan, place);
  for (const session of pruned.sessions) context.stdout.write(`${describeRemoved(session)}\n`);
  for (const orphan of pruned.orphans)
    context.stdout.write(`Removed what ${orphan.session} had left: ${objectsOf(orphan)}\n`);
  for (const volume of pruned.volumes) context.stdout.write(`Removed the volume ${volume}\n`);
  for (const { what, why } of pruned.failures) context.stderr.write(`${what} was not removed: ${why}\n`);
  if (pruned.failures.length > 0) context.setExitCode(ExitCode.failure);
}

function describePlan({ sessions, kept, orphans, strangers, volumes }: PrunePlan): string[] {
  const lines: string[] = [];
  const add = (heading: string, rows: readonly (readonly string[])[]) => {
    if (rows.length > 0) lines.push(heading, ...layTable(rows.map(([first, ...rest]) => [`  ${first}`, ...rest])));
  };
  add("Sessions to remove, with their containers and images:", sessions.map(rowOf));
  add(
    "Of sessions that are not kept any more:",
    orphans.map((orphan) => [orphan.session, objectsOf(orphan), orphan.engine]),
  );
  add(
    "Volumes of the agent that nothing else uses (the next session makes them anew):",
    volumes.map(({ name, engine }) => [name, engine]),
  );
  if (lines.length === 0) lines.push("There is nothing to remove.");
  add(
    "These stay:",
    kept.map(({ session, reason }) => [session.id, session.held?.dockerfile ?? "", reason]),
  );
  add(
    "Of sessions that are none of this folder's; --others removes that too:",
    strangers.map((orphan) => [orphan.session, objectsOf(orphan), orphan.engine]),
  );
  return lines;
}

function rowOf({ id, held, lastUsed, size }: KeptSession): string[] {
  return [
    id,
    held?.dockerfile ?? "",
    formatAge(Date.now() - lastUsed.getTime()),
    held ? `${count(held.containers.length, "container")}, ${count(held.images.length, "image")}` : "",
    size === undefined ? "" : formatSize(size),
  ];
}

function objectsOf({ containers, images }: Orphan): string {
  return `${count(containers, "container")}, ${count(images, "image")}`;
}

const unitMilliseconds: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds in `30m`, `12h`, `7d`, `4w`. @throws SlipwayError USAGE */
export function parseAge(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * unitMilliseconds[unit!]!;
  throw new SlipwayError("USAGE", `--older-than does not understand ${JSON.stringify(text)}`, {
    hint: "give minutes, hours, days or weeks: 30m, 12h, 7d, 4w",
    exitCode: ExitCode.usage,
  });
}
