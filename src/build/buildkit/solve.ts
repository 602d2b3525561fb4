import { randomBytes } from "node:crypto";
import type { EngineClient } from "../../engine/client.ts";
import type { BuildListener } from "../build-events.ts";
import { connectGrpc, type GrpcClient } from "../grpc/client.ts";
import { type SolveRequest, solveRequest, solveResponse, statusRequest, statusResponse } from "./messages.ts";
import { createProgressDecoder } from "./progress.ts";

/** What the exporter tells of the image: `containerimage.digest`, `containerimage.config.digest`. */
export type SolveResult = Readonly<Record<string, string>>;

/**
 * Runs one build on the engine's BuildKit through its control API (`POST /grpc`, which Docker has since 18.09): unlike `POST /build` it
 * knows named contexts, cache filters and incremental contexts, and its errors carry the place in the Dockerfile.
 * Throws GrpcError. Aborting cancels the build on the engine.
 */
export async function solve(
  engine: EngineClient,
  request: Omit<SolveRequest, "ref">,
  listener: BuildListener,
  signal: AbortSignal | undefined,
): Promise<SolveResult> {
  const connection = await engine.hijack("POST", "/grpc", { upgrade: "h2c", signal });
  using control = connectGrpc(connection);
  const ref = randomBytes(12).toString("hex");
  const finished = new AbortController();
  const progress = followProgress(control, ref, listener, finished.signal);
  try {
    for await (const answer of control.call(
      "/moby.buildkit.v1.Control/Solve",
      solveRequest.encode({ ...request, ref }),
      { signal },
    )) {
      return solveResponse.decode(answer).exporterResponse;
    }
    return {};
  } finally {
    // The last reports come with or just after the answer; a build that never became a job has none.
    const grace = setTimeout(() => finished.abort(), 3_000);
    await progress;
    clearTimeout(grace);
  }
}

/** Progress is a comfort: when it can't be had, the result of the build still tells what there is to tell. */
async function followProgress(
  control: GrpcClient,
  ref: string,
  listener: BuildListener,
  signal: AbortSignal,
): Promise<void> {
  const report = createProgressDecoder(listener);
  try {
    for await (const answer of control.call("/moby.buildkit.v1.Control/Status", statusRequest.encode({ ref }), {
      signal,
    })) {
      report(statusResponse.decode(answer));
    }
  } catch {
    return;
  }
}
