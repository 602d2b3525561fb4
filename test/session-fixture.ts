import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { EngineClient } from "../src/engine/client.ts";
import { findEngine } from "../src/engine/find-engine.ts";
import type { SessionEvent } from "../src/session/events.ts";
import { openSession, resumeSession } from "../src/session/open.ts";
import type { Session, SessionOptions } from "../src/session/types.ts";

export interface TestSession extends AsyncDisposable {
  readonly session: Session;
  readonly engine: EngineClient;
  readonly events: SessionEvent[];
  /** The build context. */
  readonly folder: string;
  readonly options: SessionOptions;
  write(path: string, content: string, mode?: number): Promise<void>;
  outputOf(step: number): Promise<string>;
  statuses(): string;
  /** Leaves the session and takes it up again. */
  resume(): Promise<Session>;
}

export const base = "debian:bookworm";

/** A session on a Dockerfile in a folder of its own; at the end nothing of it is left. */
export async function openTestSession(
  dockerfile: string,
  { files = {}, ...overrides }: Partial<SessionOptions> & { readonly files?: Readonly<Record<string, string>> } = {},
): Promise<TestSession> {
  const root = await mkdtemp(join(tmpdir(), "slipway-session-"));
  const folder = join(root, "context");
  const write = async (path: string, content: string, mode = 0o644): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content, { mode });
  };
  await write("Dockerfile", dockerfile);
  for (const [path, content] of Object.entries(files)) await write(path, content);
  const engine = await findEngine({ env: process.env, home: root });
  const options: SessionOptions = {
    engine,
    context: folder,
    dockerfilePath: join(folder, "Dockerfile"),
    target: undefined,
    buildArgs: {},
    platform: undefined,
    contexts: {},
    secrets: [],
    sshAgents: [],
    labels: {},
    network: undefined,
    addHosts: [],
    pull: false,
    noCache: true,
    fromImage: undefined,
    runSettings: { volumes: [], ports: [], env: [], extraHosts: [], network: undefined },
    environment: process.env,
    dockerConfigDir: join(root, "docker"),
    stateDir: join(root, "state"),
    ...overrides,
  };
  const events: SessionEvent[] = [];
  let session = await openSession(options);
  session.onEvent((event) => void events.push(event));
  return {
    get session() {
      return session;
    },
    engine,
    events,
    folder,
    options,
    write,
    outputOf: async (step) => await text(await session.output(step)),
    statuses: () =>
      session
        .steps()
        .map((step) => step.status)
        .join(" "),
    resume: async () => {
      const { id } = session;
      await session.close({ remove: false });
      session = await resumeSession({ ...options, id });
      session.onEvent((event) => void events.push(event));
      return session;
    },
    [Symbol.asyncDispose]: async () => {
      await session.close({ remove: true });
      await engine[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}
