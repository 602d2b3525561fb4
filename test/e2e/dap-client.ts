import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DebugClient } from "@vscode/debugadapter-testsupport";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { program } from "./program.ts";

/** A project in a folder of its own, with a state folder beside it. */
export interface Project extends AsyncDisposable {
  readonly folder: string;
  readonly dockerfile: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function makeProject(dockerfile: string, files: Readonly<Record<string, string>> = {}): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), "slipway-dap-"));
  const folder = join(root, "project");
  for (const [path, content] of Object.entries({ Dockerfile: dockerfile, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return {
    folder,
    dockerfile: join(folder, "Dockerfile"),
    env: { ...process.env, XDG_STATE_HOME: join(root, "state") } as Record<string, string>,
    [Symbol.asyncDispose]: async () => await rm(root, { recursive: true, force: true }),
  };
}

/** An editor, played by the protocol's own client. */
export class Editor extends DebugClient implements AsyncDisposable {
  /** Everything that the console showed, by category. */
  readonly shown: { readonly category: string; readonly output: string }[] = [];

  /** `at`: the port of an adapter that listens, or a connection to it; else one is started. */
  static async open(project: Project, at?: number | Socket): Promise<Editor> {
    const editor = new Editor(program, "dap", "slipway", { cwd: project.folder, env: project.env }, true);
    editor.defaultTimeout = 60_000;
    editor.on("output", ({ body }: DebugProtocol.OutputEvent) => {
      editor.shown.push({ category: body.category ?? "console", output: body.output });
    });
    if (typeof at === "object") editor.connect(at, at);
    else await editor.start(at);
    return editor;
  }

  outputOf(category: string): string {
    return this.shown.flatMap((each) => (each.category === category ? [each.output] : [])).join("");
  }

  /** Waits until the steps have printed this, in all. */
  async printed(text: string): Promise<void> {
    while (this.outputOf("stdout") !== text) await this.waitForEvent("output");
  }

  /** Launches with these break points; resolves with the first stop. */
  async begin(
    args: object,
    configure: () => Promise<unknown> = async () => {},
  ): Promise<DebugProtocol.StoppedEvent["body"]> {
    const stopped = this.waitForEvent("stopped");
    const initialized = this.waitForEvent("initialized");
    await this.initializeRequest();
    await Promise.all([initialized, this.launchRequest(args as DebugProtocol.LaunchRequestArguments)]);
    await configure();
    await this.configurationDoneRequest();
    return (await stopped).body;
  }

  async stopAfter(request: () => Promise<unknown>): Promise<DebugProtocol.StoppedEvent["body"]> {
    const [stopped] = await Promise.all([this.waitForEvent("stopped"), request()]);
    return stopped.body;
  }

  async frames(threadId: number): Promise<DebugProtocol.StackFrame[]> {
    return (await this.stackTraceRequest({ threadId })).body.stackFrames;
  }

  /** The variables of a scope of a frame, by name. */
  async scope(frame: DebugProtocol.StackFrame | undefined, name: string): Promise<DebugProtocol.Variable[]> {
    const { scopes } = (await this.scopesRequest({ frameId: frame!.id })).body;
    const scope = scopes.find((each) => each.name === name);
    if (scope === undefined) throw new Error(`no scope ${name} among ${scopes.map((each) => each.name).join(", ")}`);
    return await this.children(scope.variablesReference);
  }

  async children(variablesReference: number): Promise<DebugProtocol.Variable[]> {
    return (await this.variablesRequest({ variablesReference })).body.variables;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
