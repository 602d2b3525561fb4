import { emptyImageConfig } from "../../dockerfile/image-config.ts";
import type { BuildPlan, Source } from "../../dockerfile/plan-types.ts";
import { matchesPlatform } from "../../dockerfile/platform.ts";
import type { EngineClient } from "../../engine/client.ts";
import { inspectImage } from "../../engine/images.ts";
import type { StageBase } from "../replay/wanted-steps.ts";

export type KnownBase = Omit<StageBase, "state">;

/** What a build of the plan would start its stages on, as far as that is on the engine now; nothing is pulled. By stage. */
export async function findBases(
  engine: EngineClient,
  plan: BuildPlan,
  contexts: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<number, KnownBase>> {
  const bases = new Map<number, KnownBase>();
  for (const index of plan.order) {
    const { base, platform } = plan.stages[index]!;
    if (base.kind === "scratch") {
      bases.set(index, { key: "scratch", config: emptyImageConfig, platform: plan.options.targetPlatform });
      continue;
    }
    const reference = imageOf(base, contexts);
    const image = reference === undefined ? undefined : await inspectImage(engine, reference);
    if (image && matchesPlatform(image.platform, platform)) {
      bases.set(index, { key: image.id, config: image.config, platform: image.platform });
    }
  }
  return bases;
}

function imageOf(source: Source, contexts: Readonly<Record<string, string>>): string | undefined {
  if (source.kind === "image") return source.reference;
  if (source.kind !== "context") return undefined;
  return /^docker-image:\/\/(.+)$/.exec(contexts[source.name ?? ""] ?? "")?.[1];
}
