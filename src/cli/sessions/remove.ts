import { ExitCode, SlipwayError } from "../../errors.ts";
import { type KeptPlace, type RemovedSession, removeSession } from "../../index.ts";
import type { CliContext } from "../context.ts";
import { reportError } from "../report-error.ts";

/** `slipway sessions rm`: each one on its own; the exit code is that of the first that could not be removed. */
export async function removeTheSessions(
  context: CliContext,
  ids: readonly string[],
  place: KeptPlace & { readonly forget: boolean | undefined },
): Promise<void> {
  let exitCode: number = ExitCode.ok;
  for (const id of ids) {
    try {
      context.stdout.write(`${describeRemoved(await removeSession(id, place))}\n`);
    } catch (error) {
      if (!(error instanceof SlipwayError) || ids.length === 1) throw error;
      exitCode ||= reportError(context, error, { json: false, debug: false, interrupted: false });
    }
  }
  context.setExitCode(exitCode);
}

export function describeRemoved({ id, held, engine, containers, images, used }: RemovedSession): string {
  const of = held ? ` (${held.dockerfile})` : "";
  if (engine === undefined) {
    const rest = held
      ? `${count(held.containers.length, "container")} and ${count(held.images.length, "image")} of it stay on ${held.engine}`
      : "what it has on an engine stays there";
    return `Forgot ${id}${of}: ${rest}`;
  }
  const stays = used.length === 0 ? "" : `; ${count(used.length, "image")} that somebody uses or named stay`;
  return `Removed ${id}${of}: ${count(containers.length, "container")}, ${count(images.length, "image")}${stays}`;
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
