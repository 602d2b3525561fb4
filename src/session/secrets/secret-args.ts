import { isSecretArg } from "../../dockerfile/secret-names.ts";
import type { SessionCore } from "../core.ts";
import type { SessionOptions } from "../types.ts";

/** Names of the build arguments whose values are kept secret. */
export function secretArgsOf(buildArgs: SessionOptions["buildArgs"]): readonly string[] {
  return Object.keys(buildArgs).filter((name) => isSecretArg(name, buildArgs[name]!));
}

/** A build argument reaches every RUN after its ARG, and whatever that writes; a secret only the RUN that mounts it. */
export async function warnOfSecretArgs(core: SessionCore): Promise<void> {
  for (const name of core.secrets.args) {
    const id = name.toLowerCase();
    const message = [
      `the build argument ${name} looks like a secret: its value is masked here and left out of the history of the session's images.`,
      `\`finish\` and other builders write it into theirs. Better: --secret id=${id},env=${name}, and in the Dockerfile`,
      `RUN --mount=type=secret,id=${id}`,
    ].join(" ");
    await core.emit({ type: "notice", level: "warning", message });
  }
}
