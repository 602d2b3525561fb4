import type { BuildListener } from "../../build/build-events.ts";
import { buildImage } from "../../build/build-image.ts";
import type { BuildOptions } from "../../build/build-options.ts";
import { readIgnoreBeside } from "../../build/context/ignore-file.ts";
import { imageName } from "../../build/image-name.ts";
import type { EngineClient } from "../../engine/client.ts";
import { composeState, type FoundState, findStates, type StateSearch, shortenBuild } from "./session-states.ts";

/**
 * Builds an image, with the states of a session standing in for the steps that made them. Where they are all that was
 * asked for, no builder is needed. Errors: as buildImage.
 */
export async function buildFromStates(
  engine: EngineClient,
  search: StateSearch,
  options: BuildOptions,
  {
    session,
    listener,
    signal,
  }: { readonly session: string; readonly listener: BuildListener; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly imageId: string }> {
  const found = await findStates(search);
  const tell = (states: readonly FoundState[]) => {
    const what =
      states.length === 0 ? "nothing: it holds no step as this build asks for it" : nameSteps(states, search);
    listener({ type: "notice", message: `from the session ${session}: ${what}` });
  };
  const whole = found.find((state) => isWhole(state, search));
  if (whole) {
    tell([whole]);
    const { config, platform } = whole.stage.steps.at(-1)!.after;
    const imageId = await composeState(search, whole, {
      tags: options.tags.map(imageName),
      config: { ...config, labels: { ...config.labels, ...options.labels } },
      // BuildKit writes a platform that was asked for into the image, whatever its base is.
      platform: options.platform === undefined ? platform : search.wanted.plan.options.targetPlatform,
    });
    return { imageId };
  }
  await using shortened = await shortenBuild(search, found);
  tell(shortened.states);
  if (shortened.states.length === 0) return await buildImage(engine, options, listener, signal);
  const dockerfile = {
    kind: "text",
    text: shortened.text,
    ignore: await readIgnoreBeside(options.dockerfile),
    name: search.dockerfilePath,
  } as const;
  return await buildImage(engine, { ...options, dockerfile }, listener, signal);
}

function isWhole({ index, stage, count }: FoundState, { wanted }: StateSearch): boolean {
  return index === wanted.plan.targetIndex && stage.problem === undefined && count === stage.steps.length + 1;
}

/** `steps 1–4 and 6–9`, as a session counts them. */
function nameSteps(states: readonly FoundState[], { wanted }: StateSearch): string {
  const ranges = states.map(({ index, count }) => {
    const first = wanted.plan.stages[index]!.stage.from.number;
    return [first, first + count - 1] as const;
  });
  const words = ranges.sort(([a], [b]) => a - b).map(([first, last]) => `${first}–${last}`);
  return `steps ${words.join(", ").replace(/, (?=[^,]*$)/, " and ")}`;
}
