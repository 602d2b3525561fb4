import { Command, Option } from "commander";
import { type BaseVariant, baseVariants, defaultTag, parseBaseSpec } from "../../build/base/suite.ts";
import { parseReference } from "../../engine/reference.ts";
import { formatDuration } from "../../format.ts";
import type { CliContext } from "../context.ts";
import { openCommandEngine } from "../open-engine.ts";
import { showProgress } from "../output/progress.ts";

export interface BaseCommandOptions {
  readonly variant?: BaseVariant;
  readonly include?: readonly string[];
  readonly tag?: readonly string[];
  readonly mirror?: string;
  readonly platform?: string;
  readonly quiet?: boolean;
}

export function baseCommand(context: CliContext): Command {
  const command = new Command("base");
  return command
    .description(
      "Make a base image from Debian's packages, with mmdebstrap or debootstrap, and put it into the engine. The same packages give the same image id.",
    )
    .argument(
      "<distribution>",
      "debian:SUITE, such as debian:bookworm, debian:trixie or debian:bookworm-slim; or slipway/base[:SUITE]",
    )
    .addOption(
      new Option(
        "--variant <name>",
        "minbase: required packages and apt; slim: the same without documentation",
      ).choices(baseVariants),
    )
    .option("--include <package…>", "further packages, comma-separated; repeatable", collect)
    .option("-t, --tag <name>", "name of the image; repeatable (default: the distribution's name)", collect)
    .option(
      "--mirror <url>",
      "archive to fetch from; security updates come from URL-security (default: http://deb.debian.org/debian)",
    )
    .option("--platform <platform>", "OS/ARCHITECTURE[/VARIANT], such as linux/arm64 (default: this machine's)")
    .option("-q, --quiet", "print nothing but the image's id")
    .addHelpText(
      "after",
      `
The image's times are those of the suite's release, or SOURCE_DATE_EPOCH (seconds since 1970). Its labels tell what it contains:
slipway.base.suite, .variant, .include, .packages and .packages-digest.

slipway/base is Debian with cron, logrotate and OpenSSH under slipway-init: for images of more than one process (docs/base-image.md). It
is built on debian:SUITE, which is made first where the engine has none.

Examples:
  slipway base debian:bookworm
  slipway base slipway/base
  slipway base debian:trixie --variant slim --include ca-certificates,curl -t team/base:1
  slipway base debian:bookworm --platform linux/arm64    (tagged debian:bookworm-arm64)
  slipway --host ssh://build.example.org base debian:bookworm`,
    )
    .action(async (distribution: string) => {
      const { isInitBase, makeInitBase } = await import("../base/init-base.ts");
      if (isInitBase(distribution)) await makeInitBase(context, command, distribution);
      else await runBase(context, command, distribution);
    });
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

async function runBase(context: CliContext, command: Command, distribution: string): Promise<void> {
  const options = command.opts<BaseCommandOptions>();
  const spec = parseBaseSpec(distribution, {
    variant: options.variant,
    include: options.include ?? [],
    mirror: options.mirror,
    platform: options.platform,
  });
  const tags = options.tag ?? [defaultTag(spec)];
  for (const tag of tags) parseReference(tag);
  const { buildBase } = await import("../../build/base/build-base.ts");
  await using engine = await openCommandEngine(context, command);
  const started = Date.now();
  using progress = showProgress(context);
  const onProgress = (text: string) => {
    if (options.quiet !== true) progress.update("base", { text: `${tags[0]}: ${text}` });
  };
  const image = await buildBase(engine, spec, { env: context.env, tags, onProgress, signal: context.signal });
  if (options.quiet === true) context.stdout.write(`${image.id}\n`);
  else {
    const contents = `Debian ${image.version}, ${image.packages} packages, by ${image.tool}`;
    progress.finish(
      "base",
      `${tags.join(", ")} is ${image.id.slice(0, 19)} (${contents}, ${formatDuration(Date.now() - started)})`,
    );
  }
}
