import type { BuildListener, SourceLines } from "../build-events.ts";
import type { LoadedDockerfile } from "../dockerfile-text.ts";

/** Follows what a classic build prints. */
export interface ClassicRecord {
  read(text: string): void;
  transfer(
    id: string | undefined,
    status: string,
    detail: { readonly current?: number; readonly total?: number },
  ): void;
  /** The last step went well. */
  finish(): void;
  /** The last step failed: what an error message needs. */
  fail(error: string): {
    readonly source: SourceLines | undefined;
    readonly step: string | undefined;
    readonly output: readonly string[];
  };
  builtImage(): string | undefined;
}

const shownLines = 20;

interface OpenStep {
  readonly id: string;
  readonly name: string;
  cached: boolean;
  output: string[];
}

/** Docker writes `Step 2/3 : RUN make`, Podman `STEP 2/3: RUN make`; what follows up to the next such line belongs to the step. */
export function createOutputReader(listener: BuildListener, dockerfile: LoadedDockerfile | undefined): ClassicRecord {
  const rest = { stdout: "", stderr: "" };
  let step: OpenStep | undefined;
  let image: string | undefined;

  const report = (state: "started" | "done" | "cached" | "failed", error?: string) => {
    if (step !== undefined) listener({ type: "step", step: step.id, name: step.name, state, time: Date.now(), error });
  };
  const close = () => {
    report(step?.cached ? "cached" : "done");
    step = undefined;
  };
  const readLine = (line: string, stream: "stdout" | "stderr") => {
    const opened = /^step (\d+)\/(\d+) ?: (.*)$/i.exec(line);
    if (opened !== null) {
      close();
      step = { id: opened[1]!, name: `[${opened[1]}/${opened[2]}] ${opened[3]}`, cached: false, output: [] };
      report("started");
      return;
    }
    image = /^Successfully built ([0-9a-f]{12,64})$/.exec(line)?.[1] ?? image;
    if (/^ ?---> Using cache|^--> Using cache/.test(line) && step !== undefined) step.cached = true;
    // The builder's own notes: intermediate images and containers, commits.
    if (
      /^ ?--+> |^Removing intermediate container|^COMMIT |^Successfully (built|tagged) /.test(line) ||
      step === undefined
    )
      return;
    step.output = [...step.output.slice(1 - shownLines), line];
    listener({ type: "output", step: step.id, stream, data: Buffer.from(`${line}\n`) });
  };

  const readRest = () => {
    for (const stream of ["stdout", "stderr"] as const) {
      if (rest[stream] !== "") readLine(rest[stream], stream);
      rest[stream] = "";
    }
  };

  return {
    read: (text) => {
      const stream = text.startsWith(standardErrorColour) ? "stderr" : "stdout";
      const lines = (rest[stream] + withoutColour(text, stream)).split("\n");
      rest[stream] = lines.pop()!;
      for (const line of lines) readLine(line.replace(/\r$/, ""), stream);
    },
    transfer: (id, status, { current, total }) => {
      if (step === undefined || id === undefined) return;
      const done = /complete|already exists/i.test(status);
      listener({ type: "transfer", step: step.id, id, name: `${id} ${status}`, current: current ?? 0, total, done });
    },
    finish: () => {
      readRest();
      close();
    },
    fail: (error) => {
      readRest();
      report("failed", error);
      const number = step === undefined ? undefined : Number(step.id);
      const failed = { step: step?.name, output: step?.output ?? [], source: locate(dockerfile, number) };
      step = undefined;
      return failed;
    },
    builtImage: () => image,
  };
}

/** Docker's classic builder paints each piece of standard error red; nothing else tells the streams apart. */
const standardErrorColour = "\u001b[91m";
const colourEnd = "\u001b[0m";

function withoutColour(text: string, stream: "stdout" | "stderr"): string {
  return stream === "stdout" ? text : text.slice(standardErrorColour.length).replace(colourEnd, "");
}

/** The classic builder counts every instruction of the stages that it builds, from the first FROM. */
function locate(dockerfile: LoadedDockerfile | undefined, step: number | undefined): SourceLines | undefined {
  if (dockerfile === undefined || step === undefined) return undefined;
  const instructions = dockerfile.model.stages.flatMap((stage) => [stage.from, ...stage.instructions]);
  const range = instructions[step - 1]?.range;
  return range === undefined ? undefined : { file: dockerfile.name, start: range.start.line, end: range.end.line };
}
