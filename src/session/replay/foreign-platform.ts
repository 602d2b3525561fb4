import { formatPlatform, matchesPlatform } from "../../dockerfile/platform.ts";
import type { SessionCore, SessionStage } from "../core.ts";

/**
 * What keeps a command from running, with the remedy where that is the platform of its stage: the engine's kernel runs programs of
 * another one only where emulation is registered with it (binfmt_misc).
 */
export function explainPlatform(core: SessionCore, stage: SessionStage, error: string): string {
  const engine = core.planOptions.buildPlatform;
  const platform = stage.wanted?.entered.platform ?? engine;
  if (!error.endsWith("exec format error") || matchesPlatform(platform, engine)) return error;
  return `${error}: programs for ${formatPlatform(platform)} don't run on the engine's machine, which is ${formatPlatform(engine)}
hint: install emulation there: on Debian \`apt-get install qemu-user-static\`; elsewhere \`docker run --privileged --rm tonistiigi/binfmt --install ${platform.architecture}\``;
}
