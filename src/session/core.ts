import { createHash } from "node:crypto";
import { join } from "node:path";
import { requireValid } from "../dockerfile/errors.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { planBuild } from "../dockerfile/plan.ts";
import type { BuildPlan, PlanOptions, StageState } from "../dockerfile/plan-types.ts";
import type { Dockerfile, Instruction } from "../dockerfile/types.ts";
import type { EngineClient } from "../engine/client.ts";
import { ExitCode, SlipwayError } from "../errors.ts";
import type { FileChange } from "../protocol/messages.ts";
import type { CopyDialect } from "./copy/dialect.ts";
import type { BreakpointView, HandEdit, SessionEvent } from "./events.ts";
import type { BaseImage } from "./images/base-image.ts";
import { StageReplay } from "./replay/stage-replay.ts";
import { evaluateStage, type KeyNames, type StageBase, type WantedStage } from "./replay/wanted-steps.ts";
import type { SessionSecrets } from "./secrets/session-secrets.ts";
import type { OutsideProblem } from "./state/outside-edits.ts";
import { type SessionRecord, saveRecord, sessionFolder } from "./state/record.ts";
import { recordOptions } from "./state/recorded-options.ts";
import { moveMemory, type StepMemory } from "./state/step-memory.ts";
import type { SessionOptions } from "./types.ts";

/** One stage of the plan: what it should be (`wanted`, once its base is known) and what its container holds (`replay`). */
export interface SessionStage {
  readonly index: number;
  readonly replay: StageReplay;
  base: BaseImage | undefined;
  wanted: WantedStage | undefined;
  /** Steps that ran since the file system was last scanned; undefined before the first scan. */
  unscanned: number[] | undefined;
}

export interface Application {
  readonly command: readonly string[];
  /** What `launch` was given: ENTRYPOINT and CMD may be others the next time. */
  readonly words: readonly string[];
  readonly editId: number;
  readonly ended: Promise<number>;
  /** What it changed, as far as it was seen. */
  readonly changes: FileChange[];
  stop(): Promise<void>;
}

/** A step as the session walks through them: its stage and its place there, 0 being FROM. */
export interface StepPlace {
  readonly instruction: Instruction;
  readonly stage: SessionStage;
  readonly position: number;
}

/** The state that all commands of a session share. Commands are functions of it; it does no work of its own. */
export class SessionCore {
  readonly options: SessionOptions;
  readonly planOptions: PlanOptions;
  readonly id: string;
  readonly created: string;
  readonly agentVolume: string;
  readonly copyDialect: CopyDialect;
  readonly secrets: SessionSecrets;
  readonly breakpoints: BreakpointView[] = [];
  readonly handEdits: HandEdit[] = [];
  /** By step number. */
  memory = new Map<number, StepMemory>();
  /** Containers that are never started: to read files of images. By image. */
  readonly sourceContainers = new Map<string, Promise<string>>();
  readonly #listeners = new Set<(event: SessionEvent) => void | Promise<void>>();
  readonly #stages = new Map<number, SessionStage>();
  application: Application | undefined;
  nextId = 1;
  running: number | undefined;
  /** A command found a container gone; see resume.ts. */
  containersLost = false;
  diskText: string;
  /** Set while the file on disk holds what the session could not take. */
  outsideProblem: OutsideProblem | undefined;
  #text: string;
  #dockerfile: Dockerfile;
  #plan: BuildPlan;

  constructor(init: {
    options: SessionOptions;
    planOptions: PlanOptions;
    id: string;
    created: string;
    agentVolume: string;
    copyDialect: CopyDialect;
    secrets: SessionSecrets;
    text: string;
    diskText: string;
  }) {
    this.options = init.options;
    this.planOptions = init.planOptions;
    this.id = init.id;
    this.created = init.created;
    this.agentVolume = init.agentVolume;
    this.copyDialect = init.copyDialect;
    this.secrets = init.secrets;
    this.diskText = init.diskText;
    const { dockerfile, plan } = this.readText(init.text);
    this.#text = init.text;
    this.#dockerfile = dockerfile;
    this.#plan = plan;
  }

  get engine(): EngineClient {
    return this.options.engine;
  }
  get text(): string {
    return this.#text;
  }
  get dockerfile(): Dockerfile {
    return this.#dockerfile;
  }
  get plan(): BuildPlan {
    return this.#plan;
  }
  get folder(): string {
    return sessionFolder(this.options.stateDir, this.id);
  }
  outputPath(step: number): string {
    return join(this.folder, "output", `${step}.log`);
  }

  /** @throws DockerfileError with every mistake, SlipwayError SECRET_IN_DOCKERFILE; the session keeps its text then. */
  setText(text: string): void {
    if (!this.secrets.holds(this.#text)) this.secrets.refuse(text);
    const { dockerfile, plan } = this.readText(text);
    this.memory = moveMemory(this.memory, this.#dockerfile.instructions, dockerfile.instructions);
    for (const stage of this.#stages.values()) {
      const [old, fresh] = [this.#plan, plan].map((plan) => JSON.stringify(plan.stages[stage.index]?.base));
      if (old !== fresh) stage.base = undefined;
    }
    this.#text = text;
    this.#dockerfile = dockerfile;
    this.#plan = plan;
    this.evaluateStages();
  }

  /** @throws DockerfileError with every mistake in the text */
  readText(text: string): { dockerfile: Dockerfile; plan: BuildPlan } {
    const dockerfile = parseDockerfile(text);
    requireValid(dockerfile, this.options.dockerfilePath);
    return { dockerfile, plan: planBuild(dockerfile, this.planOptions) };
  }

  /** The stage at this index of the plan, made when it is first asked for. */
  stage(index: number): SessionStage {
    let stage = this.#stages.get(index);
    if (!stage) {
      const replay = new StageReplay({
        engine: this.engine,
        sessionId: this.id,
        stageIndex: index,
        agentVolume: this.agentVolume,
        network: this.options.network,
        addHosts: this.options.addHosts,
        runSettings: index === this.#plan.targetIndex ? this.options.runSettings : undefined,
      });
      stage = { index, replay, base: undefined, wanted: undefined, unscanned: undefined };
      this.#stages.set(index, stage);
    }
    return stage;
  }
  get stages(): readonly SessionStage[] {
    return this.#plan.order.map((index) => this.stage(index));
  }
  /** Also those that an edit took out of the plan. */
  get allStages(): Iterable<SessionStage> {
    return this.#stages.values();
  }

  setBase(stage: SessionStage, base: BaseImage): void {
    stage.base = base;
    this.evaluateStages();
  }

  /** Evaluates every stage whose base is known, in order: a later one may stand on an earlier one. */
  evaluateStages(): void {
    const names: KeyNames = {
      stageKey: (index) => this.stageKey(index),
      seal: (key, before) => this.secrets.seal(key, before),
    };
    for (const stage of this.stages) {
      const base = this.#baseOf(stage);
      stage.wanted = base && evaluateStage(this.#plan, stage.index, base, names);
    }
  }

  #baseOf(stage: SessionStage): StageBase | undefined {
    if (stage.base) return { ...stage.base, state: undefined };
    const source = this.#plan.stages[stage.index]!.base;
    if (source.kind !== "stage") return undefined;
    const below = this.stage(source.index).wanted;
    const state = below?.steps.at(-1)?.after ?? below?.entered;
    return state && { key: this.stageKey(source.index), config: state.config, platform: state.platform, state };
  }

  /** Names the files that a stage ends with by what was asked for to make them. */
  stageKey(index: number): string {
    const keys = this.keysOf(this.stage(index));
    return createHash("sha256").update(keys.join("\n")).digest("hex").slice(0, 16);
  }

  /** The keys of a stage's steps, FROM first; empty while its base is not known. */
  keysOf(stage: SessionStage): readonly string[] {
    return stage.wanted ? [stage.wanted.fromKey, ...stage.wanted.steps.map((step) => step.key)] : [];
  }

  /** How many steps of the stage are done, FROM included. */
  doneCount(stage: SessionStage): number {
    return stage.replay.container ? stage.replay.commonPrefix(this.keysOf(stage)) : 0;
  }

  /** Every step of the plan in the order in which it is walked. */
  *places(): Generator<StepPlace> {
    for (const stage of this.stages) {
      const { from, instructions } = this.#plan.stages[stage.index]!.stage;
      yield { instruction: from, stage, position: 0 };
      for (const [index, instruction] of instructions.entries()) yield { instruction, stage, position: index + 1 };
    }
  }

  /** The step that `next` would run; undefined at the end. */
  nextPlace(): StepPlace | undefined {
    const done = new Map(this.stages.map((stage) => [stage.index, this.doneCount(stage)]));
    for (const place of this.places()) {
      if (place.position >= done.get(place.stage.index)!) return place;
    }
    return undefined;
  }

  /** The stage in whose container a person works now: the next step's, or the target at the end. */
  currentStage(): SessionStage {
    return this.nextPlace()?.stage ?? this.stage(this.#plan.targetIndex);
  }

  /** What the next instruction of the stage would see. Undefined before its FROM. */
  stateOf(stage: SessionStage): StageState | undefined {
    const done = this.doneCount(stage);
    if (done === 0 || !stage.wanted) return undefined;
    return done === 1 ? stage.wanted.entered : stage.wanted.steps[done - 2]!.after;
  }

  /** @throws SlipwayError STEP_UNKNOWN */
  instruction(number: number): Instruction {
    const found = this.#dockerfile.instructions[number - 1];
    if (!found) {
      throw new SlipwayError("STEP_UNKNOWN", `there is no step ${number}`, {
        hint: `steps are numbered from 1 to ${this.#dockerfile.instructions.length}; 'list' shows them`,
        exitCode: ExitCode.usage,
      });
    }
    return found;
  }

  onEvent(listener: (event: SessionEvent) => void | Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  /** Waits for slow listeners, so that output never piles up in memory. */
  async emit(event: SessionEvent): Promise<void> {
    const veiled = this.secrets.hide(event);
    for (const listener of this.#listeners) await listener(veiled);
  }

  async save(): Promise<void> {
    const { engine, stateDir } = this.options;
    const record: SessionRecord = {
      version: 1,
      id: this.id,
      created: this.created,
      engine: engine.endpoint.url,
      options: recordOptions(this.options),
      text: this.#text,
      diskText: this.diskText,
      stages: [...this.#stages.values()].map((stage) => stage.replay.record()),
      breakpoints: this.breakpoints,
      handEdits: this.handEdits,
      nextId: this.nextId,
      memory: [...this.memory],
    };
    await saveRecord(stateDir, record);
  }
}
