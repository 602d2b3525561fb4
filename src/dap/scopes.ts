import type { DebugProtocol } from "@vscode/debugprotocol";
import type { ImageConfig } from "../dockerfile/image-config.ts";
import { formatDuration, formatSize } from "../format.ts";
import type { StepView } from "../session/events.ts";
import type { Session } from "../session/types.ts";
import { showChanges } from "./changed-files.ts";
import { currentStage, type Frame } from "./frames.ts";
import { readOutput } from "./step-output.ts";
import type { Value, Variables } from "./variables.ts";

/** Does something that needs the session's containers, one after the other, and only while no step runs. */
export type Exclusive = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * What a frame shows: of the next step the state that it would run in, of a done one what it did.
 */
export function listScopes(
  session: Session,
  frame: Frame,
  variables: Variables,
  exclusive: Exclusive,
): DebugProtocol.Scope[] {
  const scopes: DebugProtocol.Scope[] = [];
  const add = (name: string, children: NonNullable<Value["children"]>, hint?: string, expensive = false) => {
    const variablesReference = variables.referTo({ name, value: "", children });
    scopes.push({ name, variablesReference, expensive, ...(hint === undefined ? {} : { presentationHint: hint }) });
  };
  const step = frame.done ?? frame.next;
  if (frame.done === undefined && frame.stage === currentStage(session)) {
    const configuration = session.configuration();
    add("Environment", () => showEnvironment(configuration?.image.env ?? []), "locals");
    add("Arguments", () => showArguments(configuration?.args ?? []), "arguments");
    if (configuration !== undefined) add("Configuration", () => showConfiguration(configuration.image));
    if (session.status().handEdits > 0) {
      const patch = (path: string) => exclusive(() => session.diffContent(undefined, path));
      add("Changed by hand", async () => showChanges(await exclusive(() => session.diff(undefined)), patch));
    }
  }
  if (step === undefined) return scopes;
  add("Step", () => showStep(session, step));
  if (frame.done !== undefined) {
    const { number } = frame.done;
    const patch = (path: string) => exclusive(() => session.diffContent(number, path));
    // Small steps in a row are run again to be looked at one by one.
    add("Changed files", async () => showChanges(await exclusive(() => session.diff(number)), patch), undefined, true);
  }
  return scopes;
}

function showEnvironment(env: readonly string[]): readonly Value[] {
  return env.map((pair) => {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    return { name, value: pair.slice(at + 1), type: "ENV", evaluateName: `$${name}` };
  });
}

function showArguments(
  args: readonly { readonly key: string; readonly value: string | undefined }[],
): readonly Value[] {
  return args.map(({ key, value }) => ({
    name: key,
    value: value ?? "(no value)",
    type: "ARG",
    evaluateName: `$${key}`,
  }));
}

/** By the instructions that set them. */
function showConfiguration(image: ImageConfig): readonly Value[] {
  const words = (list: readonly string[] | undefined) => (list?.length ? JSON.stringify(list) : undefined);
  const { healthcheck } = image;
  const rows: [string, string | undefined][] = [
    ["USER", image.user || "root"],
    ["WORKDIR", image.workingDir || "/"],
    ["ENTRYPOINT", words(image.entrypoint)],
    ["CMD", words(image.cmd)],
    ["SHELL", words(image.shell)],
    ["EXPOSE", image.exposedPorts.join(" ") || undefined],
    ["VOLUME", image.volumes.join(" ") || undefined],
    ["STOPSIGNAL", image.stopSignal],
    ["HEALTHCHECK", words(healthcheck?.test)],
    ["ONBUILD", image.onBuild.join("; ") || undefined],
  ];
  const values = rows.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const labels = Object.entries(image.labels).map(([name, value]) => ({ name, value }));
  if (labels.length === 0) return values;
  return [...values, { name: "LABEL", value: `${labels.length}`, children: () => labels }];
}

async function showStep(session: Session, step: StepView): Promise<readonly Value[]> {
  const { status, milliseconds, size, exitCode, checkpoint } = step;
  const rows: [string, string | undefined][] = [
    ["instruction", step.summary],
    ["state", status],
    ["time", milliseconds === undefined ? undefined : formatDuration(milliseconds)],
    ["size", size === undefined ? undefined : formatSize(size)],
    ["exit code", status === "failed" ? String(exitCode) : undefined],
    ["checkpoint", checkpoint],
  ];
  const values: Value[] = rows.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const { lines, cut } = status === "pending" ? { lines: [], cut: 0 } : await readOutput(session, step.number);
  if (lines.length === 0) return values;
  const children = () => lines.map((line, index) => ({ name: String(index + 1), value: line }));
  return [
    ...values,
    {
      name: "output",
      value: cut > 0 ? `the last ${lines.length} lines` : `${lines.length} lines`,
      children,
      lines: lines.length,
    },
  ];
}
