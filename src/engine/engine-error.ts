import { ExitCode, SlipwayError } from "../errors.ts";
import { hintFor } from "./engine-hints.ts";

export type EngineErrorKind =
  | "bad-request"
  | "unauthorized"
  | "not-found"
  | "conflict"
  | "not-implemented"
  | "server"
  /** The connection broke, or what came is no Engine API answer. */
  | "protocol";

export interface EngineRefusal {
  readonly method: string;
  /** With its query, without the version prefix and build arguments. */
  readonly path: string;
  /** 0 where no answer came. */
  readonly status: number;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The engine answered, and refused: its own message, and what was asked. Code: `ENGINE_` and the kind. */
export class EngineError extends SlipwayError {
  override readonly name = "EngineError";
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly kind: EngineErrorKind;
  /** What the engine itself said. */
  readonly engineMessage: string;

  constructor(refusal: EngineRefusal) {
    const kind = kindOf(refusal);
    super(
      `ENGINE_${kind.toUpperCase().replaceAll("-", "_")}`,
      `${refusal.message} (${refusal.method} ${refusal.path}${refusal.status === 0 ? "" : `: ${refusal.status}`})`,
      {
        hint: refusal.hint ?? hintFor(refusal.message),
        cause: refusal.cause,
        exitCode: kind === "unauthorized" || kind === "protocol" ? ExitCode.engine : ExitCode.failure,
      },
    );
    this.method = refusal.method;
    this.path = refusal.path;
    this.status = refusal.status;
    this.kind = kind;
    this.engineMessage = refusal.message;
  }
}

function kindOf({ status, message }: EngineRefusal): EngineErrorKind {
  if (status === 0) return "protocol";
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 404) return "not-found";
  if (status === 409) return "conflict";
  if (status === 501) return "not-implemented";
  if (status < 500) return "bad-request";
  return kindByMessage.find(([pattern]) => pattern.test(message))?.[1] ?? "server";
}

/** Where engines say 500: Podman of a name in use and of an image that is gone, Docker 20.10 of what a registry answered. */
const kindByMessage: readonly (readonly [RegExp, EngineErrorKind])[] = [
  [/name .* is already in use/, "conflict"],
  [/cannot specify 64-byte hexadecimal strings/, "not-found"],
  [/manifest unknown|manifest for \S+ not found|name unknown|repository \S+ not found/i, "not-found"],
  [/no basic auth credentials|unauthorized|authentication required|access .*denied/i, "unauthorized"],
];

/** True for an engine's 404: what was named is not there. */
export function isNotFound(error: unknown): error is EngineError {
  return error instanceof EngineError && error.kind === "not-found";
}
