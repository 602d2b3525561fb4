import { DockerfileError } from "../../dockerfile/errors.ts";
import { evaluate } from "../../dockerfile/evaluate.ts";
import { parseDockerfile } from "../../dockerfile/parse.ts";
import type { RunOperation, StageState } from "../../dockerfile/plan-types.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { advance } from "../advance.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import type { HandEdit } from "../events.ts";
import { scan } from "../files/scan.ts";
import { type Entry, handEditsOf } from "../history/entries.ts";
import { makeReady } from "../replay/bring.ts";
import { performRun } from "../replay/perform.ts";
import { runSteps } from "../replay/run-steps.ts";

/**
 * The current stage with a container to work in. Before its FROM was run there is none: then FROM is run.
 * @throws SlipwayError STAGE_NOT_STARTED when that fails.
 */
export async function stageAtHand(
  core: SessionCore,
  signal?: AbortSignal,
): Promise<{ stage: SessionStage; state: StageState }> {
  const stage = core.currentStage();
  if (core.doneCount(stage) === 0) {
    const from = core.plan.stages[stage.index]!.stage.from;
    await runSteps(core, { count: Number.POSITIVE_INFINITY, until: from.number, stepping: true }, signal);
  }
  const state = core.stateOf(stage);
  if (!state)
    throw new SlipwayError("STAGE_NOT_STARTED", "the stage's FROM failed, there is no container to work in", {
      hint: "mend the FROM, then 'retry'",
    });
  // Where an application runs is the container to work in.
  if (!core.application) await makeReady(core, stage, signal);
  return { stage, state };
}

/** What `RUN command` would do as the next instruction, with the environment of --run-arg and compose added. */
export function handOperation(core: SessionCore, state: StageState, command: string): RunOperation {
  const text = `FROM scratch\nRUN ${command}\n`;
  const dockerfile = parseDockerfile(text);
  const instruction = dockerfile.stages[0]?.instructions[0];
  if (
    dockerfile.problems.some((problem) => problem.severity === "error") ||
    dockerfile.instructions.length !== 2 ||
    !instruction
  ) {
    throw new DockerfileError("run", text, dockerfile.problems);
  }
  const { operation } = evaluate(state, instruction);
  if (operation.kind !== "run") throw new Error(`RUN was evaluated as ${operation.kind}`);
  if (operation.mounts.length > 0 || operation.network !== "default" || operation.security !== "sandbox") {
    throw new SlipwayError("RUN_FLAGS", "a command by hand takes no --mount, --network or --security", {
      hint: "insert it as an instruction: insert RUN --mount=…",
      exitCode: ExitCode.usage,
    });
  }
  return { ...operation, env: [...operation.env, ...core.options.runSettings.env] };
}

/**
 * Before a hand edit the state is kept as an image, so that it can be gone back to, and so that the hand edits can be told
 * from it file by file.
 */
export async function prepareHandEdit(core: SessionCore, stage: SessionStage, doing: string): Promise<void> {
  if (core.application) {
    // What it wrote meanwhile is its own doing.
    core.application.changes.push(...(await scan(stage)));
    return;
  }
  const { image, milliseconds, fresh } = await stage.replay.checkpoint();
  if (fresh) await core.emit({ type: "checkpoint", step: stepBefore(core, stage), image, milliseconds });
  await scan(stage);
  stage.replay.begin(core.secrets.hide(doing));
}

/**
 * Records what was done by hand; from here on it is part of what the container holds. Who only looked at things, left
 * everything as it was.
 */
export async function recordHandEdit(core: SessionCore, stage: SessionStage, done: HandEdit): Promise<void> {
  const edit = core.secrets.hide(done);
  if (edit.changes.length === 0) {
    if (!core.application) stage.replay.leftAsItWas();
    await core.emit({ type: "hand-finished", edit });
    return;
  }
  advance(
    core,
    stage,
    { kind: "hand", edit: edit.id },
    {
      kind: "hand",
      label: edit.command || "what a program left running in the shell changed",
      step: edit.after,
      handEdits: [...core.ledger.states.current.handEdits, edit.id],
    },
    [{ type: "hand-edit", edit }],
  );
  if (core.application) stage.replay.begin(core.secrets.hide(core.application.command.join(" ")));
  await core.emit({ type: "hand-finished", edit });
}

/** The step after which a person works now; 0 before the first. */
export function stepBefore(core: SessionCore, stage: SessionStage): number {
  const { from, instructions } = core.plan.stages[stage.index]!.stage;
  return [from, ...instructions][core.doneCount(stage) - 1]?.number ?? 0;
}

/** Runs a command as the next RUN would be run, and keeps what it changed. Resolves with its exit code. */
export async function runByHand(core: SessionCore, command: string, signal?: AbortSignal): Promise<number> {
  const { stage, state } = await stageAtHand(core, signal);
  const operation = handOperation(core, state, command);
  await prepareHandEdit(core, stage, command);
  const id = core.ledger.takeHandEditId();
  await core.emit({ type: "hand-started", id, command });
  const performed = await performRun(core, stage, operation, {
    number: id,
    onOutput: (stream, data) => core.emit({ type: "output", of: id, hand: true, stream, data }),
    ...(signal ? { signal } : {}),
  });
  await recordHandEdit(core, stage, {
    id,
    after: stepBefore(core, stage),
    kind: "run",
    command,
    workdir: operation.workdir,
    exitCode: performed.exitCode,
    changes: await scan(stage),
  });
  if (performed.message !== undefined && performed.exitCode !== 0) {
    await core.emit({ type: "notice", level: "info", message: performed.message });
  }
  return performed.exitCode;
}

/** Steps run in a container where nothing else runs: a launched application ends first, and its traces are a hand edit. */
export async function stopApplication(core: SessionCore): Promise<void> {
  const { application } = core;
  if (!application) return;
  await core.emit({ type: "notice", level: "info", message: `stopping ${application.command.join(" ")}` });
  await application.stop();
}

/** Says which hand edits are left behind when a stage goes back to hold only `kept`. They stay in a state of their own. */
export async function tellLeftHandEdits(
  core: SessionCore,
  { index, replay }: SessionStage,
  kept: readonly Entry[],
): Promise<void> {
  const left = new Set(handEditsOf(replay.chain.slice(kept.length)));
  const edits = core.handEdits.filter((edit) => left.has(edit.id) && edit.changes.length > 0);
  const state = replay.tip && core.ledger.stateOf(index, replay.tip.id);
  if (edits.length === 0 || !state) return;
  const count = edits.length === 1 ? "a hand edit that is" : `${edits.length} hand edits that are`;
  await core.emit({
    type: "notice",
    level: "warning",
    message: `going back leaves ${count} not in the Dockerfile; 'goto s${state.id}' comes back to it`,
  });
}
