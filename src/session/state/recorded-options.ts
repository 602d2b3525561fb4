import { ExitCode, SlipwayError } from "../../errors.ts";
import { secretArgsOf } from "../secrets/secret-args.ts";
import type { SettledPlace } from "../settings.ts";
import type { SessionOptions } from "../types.ts";

/** A build argument whose value is not kept. */
interface WithheldArg {
  readonly name: string;
  /** It is read again from the variable of its name; else it has to be given again. */
  readonly fromEnvironment: boolean;
}

/** What of a session's options is kept on disk: everything that it needs again, and no secret's value. */
export interface RecordedOptions
  extends Omit<SessionOptions, "engine" | "stateDir" | "environment" | "dockerConfigDir"> {
  readonly withheldArgs: readonly WithheldArg[];
}

export function recordOptions(options: SessionOptions): RecordedOptions {
  const { engine, stateDir, environment, dockerConfigDir, ...kept } = options;
  const secret = secretArgsOf(kept.buildArgs);
  return {
    ...kept,
    buildArgs: Object.fromEntries(Object.entries(kept.buildArgs).filter(([name]) => !secret.includes(name))),
    withheldArgs: secret.map((name) => ({ name, fromEnvironment: environment[name] === kept.buildArgs[name] })),
  };
}

/**
 * The options as they were. `given` are build arguments that were given anew: those that are withheld, and no others.
 * @throws SlipwayError BUILD_ARG_FIXED, BUILD_ARG_MISSING naming the arguments
 */
export function restoreOptions(
  { withheldArgs, ...kept }: RecordedOptions,
  place: Omit<SettledPlace, "ownsEngine">,
  given: SessionOptions["buildArgs"],
): SessionOptions {
  const withheld = withheldArgs.map(({ name }) => name);
  const fixed = Object.keys(given).filter((name) => !withheld.includes(name));
  if (fixed.length > 0) {
    const again = withheld.length > 0 ? `only these are given again: ${withheld.join(", ")}` : "leave it out";
    throw new SlipwayError(
      "BUILD_ARG_FIXED",
      `the build argument ${fixed.join(", ")} belongs to the beginning of a session and can't change when it is resumed`,
      { hint: again, exitCode: ExitCode.usage },
    );
  }
  const values = withheldArgs.map(({ name, fromEnvironment }) => {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    return [name, own ?? (fromEnvironment ? place.environment[name] : undefined)] as const;
  });
  const missing = values.filter(([, value]) => value === undefined).map(([name]) => name);
  if (missing.length > 0) {
    throw new SlipwayError(
      "BUILD_ARG_MISSING",
      `the session needs the value of ${missing.join(", ")} again: it looks like a secret, so it was not kept`,
      {
        hint: `export it and name it: slipway hack --resume ${missing.map((name) => `--build-arg ${name}`).join(" ")}`,
        exitCode: ExitCode.usage,
      },
    );
  }
  return {
    ...kept,
    ...place,
    buildArgs: { ...kept.buildArgs, ...Object.fromEntries(values) } as SessionOptions["buildArgs"],
  };
}
