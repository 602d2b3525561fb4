import type { Dialect } from "./dialect.ts";
import { dialects } from "./dialect.ts";
import { lookup } from "./environment.ts";
import { expandWord, expandWords } from "./expand.ts";
import type { Platform } from "./image-config.ts";
import { mistake } from "./mistake.ts";
import type { PlanOptions, StageState } from "./plan-types.ts";
import { formatPlatform } from "./platform.ts";
import type { Dockerfile, Instruction } from "./types.ts";

/** Expansion of an instruction's words against the state before it; a mistake names the instruction. */
export interface Expander {
  word(text: string): string;
  words(text: string): readonly string[];
  /** A heredoc's body: variables are replaced, quotes stay. */
  body(text: string): string;
}

export function expanderFor(state: StageState, instruction: Instruction): Expander {
  return createExpander((name) => lookup(state.env, name), state.plan.dockerfile, instruction);
}

export function createExpander(
  find: (name: string) => string | undefined,
  dockerfile: Dockerfile,
  instruction: Instruction,
): Expander {
  const options = { lookup: find, escape: dockerfile.directives.escape };
  const guard = <T>(expand: () => T): T => {
    try {
      return expand();
    } catch (error) {
      throw mistake(instruction, "expansion", error instanceof Error ? error.message : String(error));
    }
  };
  return {
    word: (text) => guard(() => expandWord(text, options)),
    words: (text) => guard(() => expandWords(text, options)),
    body: (text) => guard(() => expandWord(text, { lookup: find, escape: "\\", ignoreQuotes: true })),
  };
}

export function dialectOf(options: PlanOptions): Dialect {
  return options.dialect ?? dialects.current;
}

/** The ARGs that every build has in its global scope; --build-arg overrides them. */
export function predefinedArgs(options: PlanOptions): Readonly<Record<string, string>> {
  const { buildPlatform, targetPlatform, buildArgs, target } = options;
  const predefined = {
    ...platformArgs("BUILD", buildPlatform),
    ...platformArgs("TARGET", targetPlatform),
    ...(dialectOf(options).predefinesTargetStage
      ? { BUILDOSVERSION: "", TARGETOSVERSION: "", TARGETSTAGE: target ?? "default" }
      : {}),
  };
  return Object.fromEntries(Object.entries(predefined).map(([key, value]) => [key, buildArgs[key] ?? value]));
}

/** Proxies given with --build-arg reach every RUN without a declaration, and stay out of history and image. */
export function proxyEnvironment({ buildArgs, ...options }: PlanOptions): readonly string[] {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"];
  if (dialectOf({ buildArgs, ...options }).allProxy) names.push("ALL_PROXY");
  return names.flatMap((name) => {
    const given = Object.keys(buildArgs)
      .sort()
      .filter((key) => key.toUpperCase() === name)
      .at(-1);
    const value = given === undefined ? "" : buildArgs[given]!;
    return value === "" ? [] : [`${name}=${value}`, `${name.toLowerCase()}=${value}`];
  });
}

function platformArgs(prefix: "BUILD" | "TARGET", platform: Platform): Record<string, string> {
  return {
    [`${prefix}PLATFORM`]: formatPlatform(platform),
    [`${prefix}OS`]: platform.os,
    [`${prefix}ARCH`]: platform.architecture,
    [`${prefix}VARIANT`]: platform.variant ?? "",
  };
}
