import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dialect } from "../../src/dockerfile/dialect.ts";
import { enterStage, evaluate } from "../../src/dockerfile/evaluate.ts";
import { emptyImageConfig, type ImageConfig } from "../../src/dockerfile/image-config.ts";
import { parseDockerfile } from "../../src/dockerfile/parse.ts";
import { planBuild } from "../../src/dockerfile/plan.ts";
import type { BuildPlan, StageState } from "../../src/dockerfile/plan-types.ts";
import { normalizePlatform, parsePlatform } from "../../src/dockerfile/platform.ts";
import { connectEngine, type EngineClient } from "../../src/engine/client.ts";
import { type ConfigJson, printConfig } from "../../src/engine/config-json.ts";
import { parseEndpoint } from "../../src/engine/endpoint.ts";
import { inspectImage, readHistory } from "../../src/engine/images.ts";
import type { PreparedFixture } from "./fixture.ts";

/** What an image says of itself, apart from its files. */
export interface Metadata {
  readonly config: ConfigJson;
  readonly author: string | undefined;
  /** The entries that this Dockerfile adds, oldest first. */
  readonly history: readonly string[];
}

/** What the evaluation of the Dockerfile's instructions alone, without running any, says that the image will be. */
export async function evaluateFixture(host: string, fixture: PreparedFixture, dialect: Dialect): Promise<Metadata> {
  const platform = { os: "linux", architecture: "amd64", variant: undefined };
  const plan = planBuild(
    parseDockerfile(await readFile(join(fixture.context, valuesOf("-f", fixture)[0] ?? "Dockerfile"), "utf8")),
    {
      target: valuesOf("--target", fixture)[0],
      buildArgs: Object.fromEntries(valuesOf("--build-arg", fixture).map((pair) => pair.split(/=(.*)/s, 2))),
      targetPlatform: normalizePlatform(parsePlatform(valuesOf("--platform", fixture)[0] ?? "linux", platform)!),
      buildPlatform: platform,
      contexts: [],
      dialect,
    },
  );
  await using engine = connectEngine(parseEndpoint(host, undefined));
  const history: string[] = [];
  const { config } = await replayStage(engine, plan, plan.targetIndex, history);
  return { config: printConfig(config), author: config.author, history: history.filter((entry) => entry !== "") };
}

/** The same of an image that BuildKit has built. */
export async function readMetadata(host: string, reference: string): Promise<Metadata> {
  await using engine = connectEngine(parseEndpoint(host, undefined));
  const image = (await inspectImage(engine, reference))!;
  const history = await readHistory(engine, image);
  return {
    config: printConfig(image.config),
    author: image.config.author,
    history: history.filter(({ comment }) => comment?.startsWith("buildkit.")).map(({ createdBy }) => createdBy),
  };
}

async function replayStage(
  engine: EngineClient,
  plan: BuildPlan,
  index: number,
  history: string[],
): Promise<StageState> {
  const { base, stage } = plan.stages[index]!;
  const parent = base.kind === "stage" ? await replayStage(engine, plan, base.index, history) : undefined;
  const config = parent?.config ?? (base.kind === "image" ? await configOf(engine, base.reference) : emptyImageConfig);
  const entered = enterStage(plan, index, { config, state: parent });
  let { state } = entered;
  for (const instruction of [...entered.triggers, ...stage.instructions]) {
    const step = evaluate(state, instruction);
    history.push(step.createdBy);
    state = step.state;
  }
  return state;
}

async function configOf(engine: EngineClient, reference: string): Promise<ImageConfig> {
  return (await inspectImage(engine, reference))!.config;
}

function valuesOf(flag: string, { args }: PreparedFixture): readonly string[] {
  return args.filter((_, index) => args[index - 1] === flag);
}
