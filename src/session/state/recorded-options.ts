import { ExitCode, SlipwayError } from "../../errors.ts";
import { type NamedValues, secretArgsOf, secretVariablesOf, splitPair } from "../secrets/secret-args.ts";
import type { SettledPlace } from "../settings.ts";
import type { SessionOptions } from "../types.ts";

/** A value that is not kept, since it looks like a secret. */
interface Withheld {
  readonly name: string;
  /** It is read again from the variable of its name; else it has to be given again. */
  readonly fromEnvironment: boolean;
}

/** What of a session's options is kept on disk: everything that it needs again, and no secret's value. */
export interface RecordedOptions
  extends Omit<SessionOptions, "engine" | "stateDir" | "environment" | "dockerConfigDir"> {
  readonly withheldArgs: readonly Withheld[];
  /** Of `runSettings.env`. */
  readonly withheldVariables: readonly Withheld[];
}

/** Values that are given anew when a session is resumed. */
export interface GivenAgain {
  readonly buildArgs: NamedValues;
  readonly variables: NamedValues;
}

export function recordOptions(options: SessionOptions): RecordedOptions {
  const { engine, stateDir, environment, dockerConfigDir, ...kept } = options;
  const [args, variables] = [secretArgsOf(options), secretVariablesOf(options)];
  const withhold = (values: NamedValues): readonly Withheld[] =>
    Object.entries(values).map(([name, value]) => ({ name, fromEnvironment: environment[name] === value }));
  return {
    ...kept,
    buildArgs: Object.fromEntries(Object.entries(kept.buildArgs).filter(([name]) => !Object.hasOwn(args, name))),
    runSettings: {
      ...kept.runSettings,
      env: kept.runSettings.env.filter((pair) => !Object.hasOwn(variables, splitPair(pair)[0])),
    },
    withheldArgs: withhold(args),
    withheldVariables: withhold(variables),
  };
}

/**
 * The options as they were. What is given again are withheld values, and no others.
 * @throws SlipwayError OPTION_FIXED, VALUE_MISSING naming them
 */
export function restoreOptions(
  { withheldArgs, withheldVariables, ...kept }: RecordedOptions,
  place: Omit<SettledPlace, "ownsEngine">,
  given: GivenAgain,
): SessionOptions {
  const args = takeAgain("--build-arg", withheldArgs, given.buildArgs, place.environment);
  const variables = takeAgain("--run-arg -e", withheldVariables, given.variables, place.environment);
  const missing = [
    ...args.missing.map((name) => ({ name, option: `--build-arg ${name}` })),
    ...variables.missing.map((name) => ({ name, option: `--run-arg '-e ${name}'` })),
  ];
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    throw new SlipwayError(
      "VALUE_MISSING",
      `the session needs the value of ${names} again: it looks like a secret, so it was not kept`,
      {
        hint: `export it and name it: slipway hack --resume ${missing.map(({ option }) => option).join(" ")}`,
        exitCode: ExitCode.usage,
      },
    );
  }
  const env = Object.entries(variables.values).map(([name, value]) => `${name}=${value}`);
  return {
    ...kept,
    ...place,
    buildArgs: { ...kept.buildArgs, ...args.values },
    runSettings: { ...kept.runSettings, env: [...kept.runSettings.env, ...env] },
  };
}

function takeAgain(
  option: string,
  withheld: readonly Withheld[],
  given: NamedValues,
  environment: SessionOptions["environment"],
): { readonly values: NamedValues; readonly missing: readonly string[] } {
  const fixed = Object.keys(given).filter((name) => !withheld.some((each) => each.name === name));
  if (fixed.length > 0) {
    throw new SlipwayError(
      "OPTION_FIXED",
      `${option} ${fixed.join(", ")} belongs to the beginning of a session and can't change when it is resumed`,
      {
        hint:
          withheld.length > 0
            ? `only these are given again: ${withheld.map(({ name }) => name).join(", ")}`
            : "leave it out: the session kept it",
        exitCode: ExitCode.usage,
      },
    );
  }
  const found = withheld.map(({ name, fromEnvironment }) => {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    return [name, own ?? (fromEnvironment ? environment[name] : undefined)] as const;
  });
  return {
    values: Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    missing: found.flatMap(([name, value]) => (value === undefined ? [name] : [])),
  };
}
