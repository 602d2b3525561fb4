import type { Arbiter, ControlledWatcher } from "../arbiter.ts";
import { type Properties, RequestError } from "../protocol.ts";
import { requireText } from "./properties.ts";

/** What a command leads to. */
export interface Outcome {
  /** What the client is told, waited for in any case; nothing but `ok` where it is left out. */
  readonly answer?: Properties | Promise<Properties>;
  /**
   * Ends when the processes have followed; then with what a client that waits is told instead. One that doesn't wait is still
   * told of errors that show before anything had to be waited for.
   */
  readonly done?: Promise<Properties | undefined>;
}

/** Carries out one command. Throws RequestError, or InitError of the supervisor. */
export type Command = (arbiter: Arbiter, properties: Properties) => Outcome;

/** A watcher by its name, in any case, as circus keeps them. */
export function findWatcher(arbiter: Arbiter, name: string): ControlledWatcher {
  const found = arbiter.watchers.find((watcher) => watcher.name.toLowerCase() === name.toLowerCase());
  if (!found) throw new RequestError(`program ${name} not found`);
  return found;
}

export function namedWatcher(arbiter: Arbiter, properties: Properties): ControlledWatcher {
  return findWatcher(arbiter, requireText(properties, "name"));
}

export async function afterwards(
  work: Promise<unknown>,
  properties?: () => Properties,
): Promise<Properties | undefined> {
  await work;
  return properties?.();
}
