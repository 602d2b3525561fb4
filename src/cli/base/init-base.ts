import { join } from "node:path";
import type { Command } from "commander";
import { parseBasePlatform } from "../../build/base/architecture.ts";
import { defaultTag, parseBaseSpec } from "../../build/base/suite.ts";
import { inspectImage } from "../../engine/images.ts";
import { parseReference } from "../../engine/reference.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { formatDuration } from "../../format.ts";
import type { BaseCommandOptions } from "../commands/base.ts";
import type { CliContext } from "../context.ts";
import { openCommandEngine } from "../open-engine.ts";
import { showBuildProgress } from "../output/build-progress.ts";
import { showProgress } from "../output/progress.ts";

const NAME = /^slipway\/base(?::([a-z]+))?$/;

/** Whether `slipway base` is asked for the image with slipway-init. */
export function isInitBase(distribution: string): boolean {
  return NAME.test(distribution);
}

/** `slipway base slipway/base[:SUITE]` */
export async function makeInitBase(context: CliContext, command: Command, distribution: string): Promise<void> {
  const options = command.opts<BaseCommandOptions>();
  refuseDebianOptions(options);
  const suite = NAME.exec(distribution)?.[1] ?? "bookworm";
  const debian = { variant: undefined, include: [], mirror: options.mirror, platform: options.platform };
  const spec = parseBaseSpec(`debian:${suite}`, debian);
  const platform = options.platform === undefined ? undefined : parseBasePlatform(options.platform);
  const base = defaultTag(spec);
  const tags = options.tag ?? [base.replace("debian:", "slipway/base:")];
  for (const tag of tags) parseReference(tag);
  const quiet = options.quiet === true;
  const { env, signal } = context;
  const started = Date.now();
  await using engine = await openCommandEngine(context, command);
  if ((await inspectImage(engine, base, { signal })) === undefined) {
    const { buildBase } = await import("../../build/base/build-base.ts");
    using progress = showProgress(context);
    const onProgress = (text: string) => {
      if (!quiet) progress.update("base", { text: `${base}: ${text}` });
    };
    await buildBase(engine, spec, { env, tags: [base], onProgress, signal });
    progress.finish("base");
  }
  const { buildInitBase } = await import("../../build/base/build-init-base.ts");
  let imageId: string;
  {
    using progress = showBuildProgress(quiet ? "quiet" : "auto", context);
    const { listener } = progress;
    const dockerConfigDir = env.DOCKER_CONFIG || join(context.home, ".docker");
    ({ imageId } = await buildInitBase(engine, { base, platform, tags, env, dockerConfigDir, listener, signal }));
  }
  const took = formatDuration(Date.now() - started);
  context.stdout.write(
    quiet ? `${imageId}\n` : `${tags.join(", ")} is ${imageId.slice(0, 19)} (from ${base}, ${took})\n`,
  );
}

function refuseDebianOptions({ variant, include }: BaseCommandOptions): void {
  if (variant === undefined && include === undefined) return;
  throw new SlipwayError("USAGE", "slipway/base takes no --variant and no --include", {
    hint: "add packages in a Dockerfile of your own, FROM slipway/base",
    exitCode: ExitCode.usage,
  });
}
