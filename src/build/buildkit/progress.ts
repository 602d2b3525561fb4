import type { BuildListener, BuildStepState } from "../build-events.ts";
import type { StatusResponse, Timestamp, Vertex } from "./messages.ts";

/**
 * Turns BuildKit's status reports into build events: a vertex is reported again and again as it changes, an event only tells news.
 */
export function createProgressDecoder(listener: BuildListener): (report: StatusResponse) => void {
  const states = new Map<string, BuildStepState>();
  const names = new Map<string, string>();

  const reportVertex = (vertex: Vertex) => {
    const state = vertexState(vertex);
    names.set(vertex.digest, vertex.name);
    if (state === undefined || states.get(vertex.digest) === state) return;
    const announced = states.has(vertex.digest);
    states.set(vertex.digest, state);
    const step = (reported: BuildStepState, at: Timestamp | null) =>
      listener({
        type: "step",
        step: vertex.digest,
        name: vertex.name,
        state: reported,
        time: milliseconds(at),
        error: reported === "failed" ? vertex.error : undefined,
      });
    if (!announced && state !== "started") step("started", vertex.started ?? vertex.completed);
    step(state, state === "started" ? vertex.started : vertex.completed);
  };

  return (report) => {
    for (const vertex of report.vertexes) reportVertex(vertex);
    for (const log of report.logs) {
      listener({ type: "output", step: log.vertex, stream: log.stream === 2 ? "stderr" : "stdout", data: log.msg });
    }
    for (const status of report.statuses) {
      listener({
        type: "transfer",
        step: status.vertex,
        id: status.id,
        name: status.id.replace(/:$/, ""),
        current: status.current,
        total: status.total > 0 ? status.total : undefined,
        done: status.completed !== null,
      });
    }
    for (const warning of report.warnings) {
      listener({
        type: "warning",
        message: Buffer.from(warning.short).toString(),
        detail: warning.detail.map((line) => Buffer.from(line).toString()),
        url: warning.url || undefined,
        line: warning.ranges[0]?.start?.line,
      });
    }
  };
}

function vertexState(vertex: Vertex): BuildStepState | undefined {
  // BuildKit reports the steps beside a failed or cancelled one with an error of their own.
  if (vertex.error !== "") return /context canceled|^canceled/i.test(vertex.error) ? "canceled" : "failed";
  if (vertex.completed !== null) return vertex.cached ? "cached" : "done";
  if (vertex.started !== null) return "started";
  return undefined;
}

function milliseconds(time: Timestamp | null): number {
  return time === null ? Date.now() : time.seconds * 1000 + time.nanos / 1e6;
}
