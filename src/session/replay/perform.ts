import { basename } from "node:path";
import { readIgnoreFile } from "../../build/context/ignore-file.ts";
import type { CopyOperation, RunOperation, WorkdirOperation } from "../../dockerfile/plan-types.ts";
import { describeEngine } from "../../engine/info.ts";
import { SlipwayError } from "../../errors.ts";
import type { RunResult } from "../../protocol/messages.ts";
import type { Agent } from "../agent/client.ts";
import { NEEDS_BUILDER, namesEngineFiles } from "../copy/engine-files.ts";
import { materializeCopy } from "../copy/materialize.ts";
import { resolveOwner } from "../copy/owner.ts";
import type { CopyAgent } from "../copy/types.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { archiveOf } from "../files/sources.ts";
import { contextInputs } from "./context-inputs.ts";
import { explainPlatform } from "./foreign-platform.ts";
import { buildLane, copyLane, networkLane } from "./lanes.ts";
import { type OutputListener, orderOutput } from "./ordered-output.ts";
import type { WantedStep } from "./wanted-steps.ts";

export interface PerformContext {
  /** The step's number, for messages. */
  readonly number: number;
  readonly onOutput: OutputListener;
  readonly signal?: AbortSignal;
}

export interface Performed {
  readonly exitCode: number;
  /** Bytes added, where known. */
  readonly bytes: number | undefined;
  readonly message: string | undefined;
  readonly interrupted: boolean;
  /** State of the context's files that it took. */
  readonly inputs?: string | undefined;
  /** An image that holds the step and that the stage already goes on from. */
  readonly image?: string;
}

/** Milliseconds after which a copy tells how far it is; most are done before. */
const PROGRESS_AFTER = 500;

const nothingToDo: Performed = { exitCode: 0, bytes: 0, message: undefined, interrupted: false };

/**
 * Does in the stage's container what BuildKit would do for the step.
 * @throws SlipwayError when the step can't be done; a command that fails is an exit code.
 */
export async function performOperation(
  core: SessionCore,
  stage: SessionStage,
  step: WantedStep,
  context: PerformContext,
): Promise<Performed> {
  const { operation } = step;
  switch (operation.kind) {
    case "config":
      return nothingToDo;
    case "workdir":
      return await performWorkdir(stage, step, operation);
    case "copy":
    case "add":
      return await performCopy(core, stage, step, operation, context);
    case "run":
      if (operation.mounts.length > 0 || operation.security === "insecure" || (await wantsBuilder(core, operation))) {
        const inputs = await contextInputs(core, operation);
        return { ...(await buildLane(core, stage, step, operation, context)), inputs };
      }
      if (operation.network !== "default") return await networkLane(core, stage, operation, context);
      stage.replay.begin(step.instruction.summary);
      return await performRun(core, stage, operation, context);
  }
}

/** What goes another way in a container than in a build: where there is a builder, that does it, or refuses to. */
async function wantsBuilder(core: SessionCore, operation: RunOperation): Promise<boolean> {
  if (operation.network !== "host" && !namesEngineFiles(operation)) return false;
  return (await describeEngine(core.engine)).buildkit;
}

/** The fast lane: the command is a child of the agent that is already there. */
export async function performRun(
  core: SessionCore,
  stage: SessionStage,
  operation: RunOperation,
  context: PerformContext,
  agent: Agent = stage.replay.agent,
): Promise<Performed> {
  const output = orderOutput(core.secrets, context.onOutput);
  const result = await agent.run(
    {
      argv: operation.argv,
      env: operation.env,
      cwd: operation.workdir,
      user: operation.user,
      listPrimaryGroup: operation.listPrimaryGroup,
      terminal: undefined,
      stdin: false,
      scripts: operation.scripts,
      leftovers: "end",
    },
    { onOutput: output.onOutput, ...(context.signal ? { signal: context.signal } : {}) },
  );
  await output.settled();
  if (result.leftBehind.length > 0) {
    await core.emit({ type: "left-behind", of: context.number, processes: result.leftBehind });
  }
  return {
    exitCode: result.exitCode,
    bytes: undefined,
    message: messageOfRun(core, stage, result),
    interrupted: result.exitCode !== 0 && (context.signal?.aborted ?? false),
  };
}

/** What the exit code alone does not tell. */
function messageOfRun(core: SessionCore, stage: SessionStage, result: RunResult): string | undefined {
  if (result.error !== undefined) return explainPlatform(core, stage, result.error);
  return result.signal === undefined ? undefined : `ended by ${result.signal}`;
}

async function performWorkdir(
  { replay }: SessionStage,
  { instruction }: WantedStep,
  operation: WorkdirOperation,
): Promise<Performed> {
  const { agent } = replay;
  const [entry] = await agent.stat([operation.path], true);
  if (entry?.type === "directory") return nothingToDo;
  if (entry) {
    throw new SlipwayError("WORKDIR_NO_FOLDER", `WORKDIR ${operation.path}: it exists and is no folder`, {
      hint: "remove it in an earlier RUN, or choose another path",
    });
  }
  // By the rules of --chown, which are not those for the users of commands.
  const { uid, gid } = await resolveOwner(operation.user, agent);
  replay.begin(instruction.summary);
  await agent.mkdir(operation.path, { mode: 0o755, uid, gid });
  return nothingToDo;
}

/** Until an archive is sent, a copy only looks at the container. */
function copyAgentOf({ replay }: SessionStage, { instruction }: WantedStep): CopyAgent {
  const { agent } = replay;
  return {
    stat: async (paths, follow) => await agent.stat(paths, follow),
    lookup: async (user) => await agent.lookup(user),
    extract: async (tar, options) => {
      replay.begin(instruction.summary);
      await agent.extract(tar, options);
    },
  };
}

async function performCopy(
  core: SessionCore,
  stage: SessionStage,
  step: WantedStep,
  operation: CopyOperation,
  context: PerformContext,
): Promise<Performed> {
  // Before the copy: a file that changes meanwhile is seen as changed the next time.
  const inputs = await contextInputs(core, operation);
  const startedAt = performance.now();
  const { context: root, contexts, dockerfilePath } = core.options;
  const ignoreFile = await readIgnoreFile(root, { kind: "file", path: dockerfilePath });
  const { line } = core.instruction(context.number).range.start;
  const place = `${basename(dockerfilePath)}:${line}`;
  const copying = materializeCopy(
    operation,
    {
      agent: copyAgentOf(stage, step),
      context: root,
      contexts,
      ignorePatterns: ignoreFile?.patterns ?? [],
      ignoreFile: ignoreFile?.name,
      dialect: core.copyDialect,
      place,
      archiveOf: (source, path) => archiveOf(core, source, path, source.kind === "image" ? place : undefined),
      onProgress: ({ bytes }) => {
        if (performance.now() - startedAt < PROGRESS_AFTER) return;
        void core.emit({ type: "progress", step: context.number, message: "copying", current: bytes });
      },
    },
    context.signal,
  );
  try {
    return { ...nothingToDo, bytes: (await copying).bytes, inputs };
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== NEEDS_BUILDER) throw error;
    return { ...(await copyLane(core, stage, step, operation, context)), inputs };
  }
}
