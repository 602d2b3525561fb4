import { isSecretArg } from "../../dockerfile/secret-names.ts";
import type { SessionCore } from "../core.ts";
import type { SessionOptions } from "../types.ts";

export type NamedValues = Readonly<Record<string, string>>;

/** The build arguments whose values are kept secret. */
export function secretArgsOf({ buildArgs }: Pick<SessionOptions, "buildArgs">): NamedValues {
  return Object.fromEntries(Object.entries(buildArgs).filter(([name, value]) => isSecretArg(name, value)));
}

/** The variables of the session's own container whose values are kept secret. */
export function secretVariablesOf({ runSettings }: Pick<SessionOptions, "runSettings">): NamedValues {
  return Object.fromEntries(runSettings.env.map(splitPair).filter(([name, value]) => isSecretArg(name, value)));
}

export function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf("=");
  return equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

/** A build argument reaches every RUN after its ARG, and whatever that writes; a secret only the RUN that mounts it. */
export async function warnOfSecretArgs(core: SessionCore): Promise<void> {
  for (const name of Object.keys(secretArgsOf(core.options))) {
    const id = name.toLowerCase();
    const message = [
      `the build argument ${name} looks like a secret: its value is masked here and left out of the history of the session's images.`,
      `\`finish\` and other builders write it into theirs. Better: --secret id=${id},env=${name}, and in the Dockerfile`,
      `RUN --mount=type=secret,id=${id}`,
    ].join(" ");
    await core.emit({ type: "notice", level: "warning", message });
  }
}
