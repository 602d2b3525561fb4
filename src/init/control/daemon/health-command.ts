import type { Arbiter } from "../arbiter.ts";
import type { Properties } from "../protocol.ts";
import { type Command, findWatcher, type Outcome } from "./outcome.ts";
import { optionalText } from "./properties.ts";

/** How all watchers are, or one: what is wrong by the name of the watcher. */
function health(arbiter: Arbiter, properties: Properties): Outcome {
  const name = optionalText(properties, "name");
  const watchers = name === undefined ? arbiter.watchers : [findWatcher(arbiter, name)];
  const answer = Promise.all(
    watchers.map(async (watcher) => [watcher.name, (await watcher.checkHealth()) ?? null] as const),
  );
  return {
    answer: answer.then((all) => ({
      healthy: all.every(([, problem]) => problem === null),
      problems: Object.fromEntries(all.filter(([, problem]) => problem !== null)),
    })),
  };
}

export const healthCommands: Readonly<Record<string, Command>> = { health };
