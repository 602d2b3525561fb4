import { BuildError } from "../build-error.ts";
import type { BuildEvent, SourceLines } from "../build-events.ts";
import type { LoadedDockerfile } from "../dockerfile-text.ts";
import type { GrpcError } from "../grpc/grpc-error.ts";
import { locateStep } from "../locate-step.ts";
import { rpcStatus } from "./messages.ts";

/** Bytes kept of what each step printed, for the message in case it fails. */
const keptOutput = 8 * 1024;
const shownLines = 20;

/** Remembers what an error message will need: which step failed and the last lines that it printed. */
export function createFailureRecord(dockerfile: LoadedDockerfile | undefined): {
  observe(event: BuildEvent): void;
  describe(error: GrpcError): BuildError;
} {
  const outputs = new Map<string, Buffer>();
  let failed: { readonly step: string; readonly name: string } | undefined;
  return {
    observe: (event) => {
      if (event.type === "output") {
        const kept = Buffer.concat([outputs.get(event.step) ?? Buffer.alloc(0), event.data]);
        outputs.set(event.step, kept.length > keptOutput ? kept.subarray(-keptOutput) : kept);
      } else if (event.type === "step" && event.state === "failed") failed ??= event;
      else if (event.type === "step" && event.state !== "started") outputs.delete(event.step);
    },
    describe: (error) =>
      new BuildError({
        reason: reasonOf(error.message),
        source: detailedSource(error, dockerfile) ?? locate(dockerfile, failed?.name),
        step: failed?.name,
        output: failed === undefined ? [] : lastLines(outputs.get(failed.step)),
        cause: error,
      }),
  };
}

/** Without the wrappings that name the solver's inner workings. */
function reasonOf(message: string): string {
  return message.replace(
    /^(failed to solve: |rpc error: code = \w+ desc = |failed to solve with frontend dockerfile\.v0: |failed to create LLB definition: )+/,
    "",
  );
}

function locate(dockerfile: LoadedDockerfile | undefined, step: string | undefined): SourceLines | undefined {
  if (dockerfile === undefined || step === undefined) return undefined;
  return locateStep(dockerfile.model, dockerfile.name, step);
}

function lastLines(output: Buffer | undefined): string[] {
  if (output === undefined) return [];
  return output
    .toString()
    .trimEnd()
    .split(/\r?\n|\r/)
    .slice(-shownLines);
}

interface SourceDetail {
  readonly info?: { readonly filename?: string };
  readonly ranges?: readonly {
    readonly start?: { readonly line?: number };
    readonly end?: { readonly line?: number };
  }[];
}

/** Newer engines tell the place themselves: `errdefs.Source` among the status's details, as JSON (util/grpcerrors). */
function detailedSource(error: GrpcError, dockerfile: LoadedDockerfile | undefined): SourceLines | undefined {
  if (error.details === undefined) return undefined;
  const detail = rpcStatus.decode(error.details).details.find(({ typeUrl }) => /errdefs\.Source\b/.test(typeUrl));
  if (detail === undefined) return undefined;
  const { info, ranges } = JSON.parse(Buffer.from(detail.value).toString()) as SourceDetail;
  const start = ranges?.[0]?.start?.line;
  if (start === undefined) return undefined;
  return { file: dockerfile?.name ?? info?.filename ?? "Dockerfile", start, end: ranges?.at(-1)?.end?.line ?? start };
}
