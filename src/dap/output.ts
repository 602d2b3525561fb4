import { StringDecoder } from "node:string_decoder";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { formatDuration, formatSize } from "../format.ts";
import type { SessionEvent, StepView } from "../session/events.ts";
import type { Client } from "./connection.ts";
import type { DockerfileView } from "./dockerfile-view.ts";

type Progress = Extract<SessionEvent, { type: "progress" }>;
type OutputEvent = DebugProtocol.OutputEvent["body"];

/** Writes what happens in the session to the editor's console. */
export function createConsole(
  client: Client,
  view: DockerfileView,
  { count, showsProgress }: { readonly count: () => number; readonly showsProgress: boolean },
) {
  const decoders = new Map<string, StringDecoder>();
  let lastMessage = "";
  /** The step whose progress the editor draws. */
  let drawn: number | undefined;

  /** A character may be cut between two pieces. */
  function decode(key: string, data: Uint8Array): string {
    const decoder = decoders.get(key) ?? new StringDecoder("utf8");
    decoders.set(key, decoder);
    return decoder.write(Buffer.from(data));
  }
  const tell = async (output: string, more: Partial<OutputEvent> = {}) =>
    await client.send("output", { category: "console", output, ...more });
  const label = (step: StepView) => `[${step.number}/${count()}]`;
  const place = (step: number): Partial<OutputEvent> => {
    const line = view.instruction(step)?.range.start.line;
    return line === undefined ? {} : { source: view.source(), line: view.toEditor(line) };
  };

  /** A console does not redraw. */
  async function tellOnce(message: string): Promise<void> {
    if (message !== lastMessage) await tell(`${message}\n`);
    lastMessage = message;
  }
  async function draw({ step, message, current, total }: Progress): Promise<void> {
    const progressId = `step-${step}`;
    const percentage = current !== undefined && total ? Math.min(100, Math.round((100 * current) / total)) : undefined;
    const body = { progressId, message, ...(percentage === undefined ? {} : { percentage }) };
    if (drawn === step) return await client.send("progressUpdate", body);
    drawn = step;
    await client.send("progressStart", { ...body, title: `Step ${step}` });
  }
  async function endProgress(): Promise<void> {
    if (drawn !== undefined) await client.send("progressEnd", { progressId: `step-${drawn}` });
    drawn = undefined;
  }

  async function show(event: SessionEvent): Promise<void> {
    switch (event.type) {
      case "step-started":
        return await tell(`${label(event.step)} ${event.step.summary}\n`, place(event.step.number));
      case "output": {
        const output = decode(`${event.hand}:${event.of}:${event.stream}`, event.data);
        if (output === "") return;
        return await tell(output, { category: event.stream, ...(event.hand ? {} : place(event.of)) });
      }
      case "step-finished": {
        await endProgress();
        const { status, exitCode, milliseconds = 0, size } = event.step;
        const time = formatDuration(milliseconds);
        if (status === "failed") {
          const message = event.message === undefined ? "" : `\n${event.message}`;
          const text = `${label(event.step)} failed with exit code ${exitCode} after ${time}${message}\n`;
          return await tell(text, { category: "important", ...place(event.step.number) });
        }
        return await tell(`${label(event.step)} done in ${time}${size ? `, ${formatSize(size)}` : ""}\n`);
      }
      case "progress":
        return await (showsProgress ? draw(event) : tellOnce(event.message));
      case "left-behind":
        return await tell(`left behind and ended: ${event.processes.map(({ command }) => command).join(", ")}\n`);
      case "moved":
        return await tell(`now in state s${event.state.id}: ${event.state.label}\n`);
      case "restored":
        return await tell(`back at the state before step ${event.step}\n`);
      case "notice":
        return await tell(`${event.level === "warning" ? "warning: " : ""}${event.message}\n`);
      case "tagged":
        return await tell(`tagged ${event.name}\n`);
      case "build-step":
        return await tell(`[build] ${event.name}: ${event.state}\n`);
      default:
        return;
    }
  }
  return { show, tell };
}
