import { join } from "node:path";
import { requireValid } from "../dockerfile/errors.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { planBuild } from "../dockerfile/plan.ts";
import type { BuildPlan, PlanOptions, StageState } from "../dockerfile/plan-types.ts";
import type { Dockerfile, Instruction } from "../dockerfile/types.ts";
import type { EngineClient } from "../engine/client.ts";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import type { FileChange } from "../protocol/messages.ts";
import type { CopyDialect } from "./copy/dialect.ts";
import type { HandEdit, SessionEvent } from "./events.ts";
import type { StepEntry } from "./history/entries.ts";
import type { Ledger } from "./history/ledger.ts";
import type { JournalRecord } from "./history/records.ts";
import type { BaseImage } from "./images/base-image.ts";
import { Checkpoints } from "./replay/checkpoints.ts";
import { OWNER_LABEL, SESSION_LABEL } from "./replay/container.ts";
import { fingerprint } from "./replay/fingerprint.ts";
import { Spare } from "./replay/spare.ts";
import { StageReplay } from "./replay/stage-replay.ts";
import {
  evaluateStage,
  type KeyNames,
  nameStage,
  type StageBase,
  sourceOf,
  type WantedStage,
} from "./replay/wanted-steps.ts";
import type { SessionSecrets } from "./secrets/session-secrets.ts";
import { sessionFolder } from "./state/journal.ts";
import type { OutsideProblem } from "./state/outside-edits.ts";
import { moveMemory, type StepMemory } from "./state/step-memory.ts";
import type { SessionOptions } from "./types.ts";

/** One stage of the plan: what it should be (`wanted`, once its base is known) and what its container holds (`replay`). */
export interface SessionStage {
  readonly index: number;
  readonly replay: StageReplay;
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
  /** Of everything that the session makes on the engine. */
  readonly labels: Readonly<Record<string, string>>;
  /** What outlives this program. */
  readonly ledger: Ledger;
  readonly checkpoints: Checkpoints;
  readonly spare = new Spare();
  readonly agentVolume: string;
  readonly copyDialect: CopyDialect;
  readonly secrets: SessionSecrets;
  /** Containers that are never started: to read files of images. By image. */
  readonly sourceContainers = new Map<string, Promise<string>>();
  readonly #listeners = new Set<(event: SessionEvent) => void | Promise<void>>();
  readonly #stages = new Map<number, SessionStage>();
  readonly #beside = new Set<Promise<void>>();
  application: Application | undefined;
  /** Numbers of the steps that run. */
  readonly running = new Set<number>();
  /** The stage that a person chose to work in. */
  chosenStage: number | undefined;
  /** A command found a container gone; see resume.ts. */
  containersLost = false;
  /** Set while the file on disk holds what the session could not take. */
  outsideProblem: OutsideProblem | undefined;
  #text: string;
  #dockerfile: Dockerfile;
  #plan: BuildPlan;

  constructor(init: {
    options: SessionOptions;
    planOptions: PlanOptions;
    id: string;
    owner: string;
    ledger: Ledger;
    agentVolume: string;
    copyDialect: CopyDialect;
    secrets: SessionSecrets;
    text: string;
  }) {
    this.options = init.options;
    this.planOptions = init.planOptions;
    this.id = init.id;
    this.labels = { [SESSION_LABEL]: init.id, [OWNER_LABEL]: init.owner };
    this.ledger = init.ledger;
    this.checkpoints = new Checkpoints(init.options.engine, init.ledger, init.id);
    this.agentVolume = init.agentVolume;
    this.copyDialect = init.copyDialect;
    this.secrets = init.secrets;
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
  /** The file's content when it was last read or written. */
  get diskText(): string {
    return this.ledger.diskText;
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

  /**
   * The text that the session works on from now on. It is not recorded: that is for the state that comes with it.
   * @throws DockerfileError with every mistake, SlipwayError SECRET_IN_DOCKERFILE; the session keeps its text then.
   */
  setText(text: string): void {
    if (!this.secrets.holds(this.#text)) this.secrets.refuse(text);
    const { dockerfile, plan } = this.readText(text);
    const records: JournalRecord[] = [this.#moveMemory(this.#dockerfile, dockerfile)];
    for (const stage of this.#stages.keys()) {
      const [old, fresh] = [this.#plan, plan].map((plan) => JSON.stringify(plan.stages[stage]?.base));
      if (old !== fresh) records.push({ type: "base", stage, base: undefined });
    }
    this.ledger.record(...records);
    this.#text = text;
    this.#dockerfile = dockerfile;
    this.#plan = plan;
    this.evaluateStages();
  }

  #moveMemory(from: Dockerfile, to: Dockerfile): JournalRecord {
    const memories = moveMemory(this.memory, from.instructions, to.instructions);
    return { type: "memories", text: to.text, memories: [...memories] };
  }

  /** A program that died within an edit, or on the way to another state, had moved its memory to a text that never came to be. */
  returnMemory(): void {
    const { memoryText } = this.ledger;
    if (memoryText === undefined || memoryText === this.#text) return;
    this.ledger.record(this.#moveMemory(parseDockerfile(memoryText), this.#dockerfile));
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
      const place = {
        engine: this.engine,
        sessionId: this.id,
        labels: this.labels,
        stageIndex: index,
        agentVolume: this.agentVolume,
        network: this.options.network,
        addHosts: this.options.addHosts,
        runSettings: index === this.#plan.targetIndex ? this.options.runSettings : undefined,
      };
      const replay = new StageReplay(place, this.ledger, this.checkpoints, this.spare);
      stage = { index, replay, wanted: undefined, unscanned: undefined };
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

  baseOf(stage: SessionStage): BaseImage | undefined {
    return this.ledger.bases.get(stage.index);
  }
  setBase(stage: SessionStage, base: BaseImage): void {
    this.ledger.record({ type: "base", stage: stage.index, base });
    this.evaluateStages();
  }

  /** Evaluates every stage whose base is known, in order: a later one may stand on an earlier one. */
  evaluateStages(): void {
    const names: KeyNames = {
      stageKey: (index) => this.stageKey(index),
      seal: (key, before) => this.secrets.seal(key, before),
    };
    for (const stage of this.stages) {
      const base = this.#stageBase(stage);
      stage.wanted = base && evaluateStage(this.#plan, stage.index, base, names);
    }
  }

  #stageBase(stage: SessionStage): StageBase | undefined {
    const own = this.baseOf(stage);
    if (own) return { ...own, state: undefined };
    const source = this.#plan.stages[stage.index]!.base;
    if (source.kind !== "stage") return undefined;
    const below = this.stage(source.index).wanted;
    const state = below?.steps.at(-1)?.after ?? below?.entered;
    return state && { key: this.stageKey(source.index), config: state.config, platform: state.platform, state };
  }

  /** Names the files that a stage ends with by what was asked for to make them. */
  stageKey(index: number): string {
    return nameStage(this.keysOf(this.stage(index)));
  }

  /** The keys of a stage's steps, FROM first; empty while its base is not known. */
  keysOf(stage: SessionStage): readonly string[] {
    return stage.wanted?.keys ?? [];
  }

  /** How many steps of the stage are done, FROM included. */
  doneCount(stage: SessionStage): number {
    const held = stage.replay.commonPrefix(this.keysOf(stage));
    const { stepEntries } = stage.replay;
    const changed = stepEntries.findIndex(
      (entry, position) => position < held && this.#tookOther(stage, entry, position),
    );
    return changed < 0 ? held : changed;
  }

  /** Whether a step took files of another stage that are not those which that stage holds now. */
  #tookOther(stage: SessionStage, { inputs }: StepEntry, position: number): boolean {
    if (inputs === undefined) return false;
    const { base } = this.#plan.stages[stage.index]!;
    const operation = stage.wanted?.steps[position - 1]?.operation;
    const source = position === 0 ? base : operation && sourceOf(operation);
    if (source?.kind !== "stage") return false;
    return fingerprint(this.stage(source.index).replay.chain) !== inputs;
  }

  /** Every step of the plan in the order in which it is walked. */
  *places(): Generator<StepPlace> {
    for (const stage of this.stages) yield* this.placesOf(stage);
  }
  *placesOf(stage: SessionStage): Generator<StepPlace> {
    const { from, instructions } = this.#plan.stages[stage.index]!.stage;
    yield { instruction: from, stage, position: 0 };
    for (const [index, instruction] of instructions.entries()) yield { instruction, stage, position: index + 1 };
  }

  /** The step that `next` would run; undefined at the end. */
  nextPlace(): StepPlace | undefined {
    const chosen = this.readyStages().filter((stage) => stage.index === this.chosenStage);
    for (const stage of [...chosen, ...this.stages]) {
      const place = this.nextPlaceOf(stage);
      if (place) return place;
    }
    return undefined;
  }
  /** The first step of the stage that is not done. */
  nextPlaceOf(stage: SessionStage): StepPlace | undefined {
    const position = this.doneCount(stage);
    const { from, instructions } = this.#plan.stages[stage.index]!.stage;
    const instruction = position === 0 ? from : instructions[position - 1];
    return instruction && { instruction, stage, position };
  }
  /** Stages with something left to do that wait for no other. */
  readyStages(): readonly SessionStage[] {
    const left = new Set(this.stages.filter((stage) => this.nextPlaceOf(stage)).map((stage) => stage.index));
    return this.stages.filter(
      ({ index }) =>
        left.has(index) && this.#plan.stages[index]!.needs.every((need) => need === index || !left.has(need)),
    );
  }
  isDone(step: number): boolean {
    for (const place of this.places()) {
      if (place.instruction.number === step) return place.position < this.doneCount(place.stage);
    }
    return false;
  }

  /**
   * The stage in whose container a person works now: the one that was chosen, or where something happened last; the target
   * when all is done.
   */
  currentStage(): SessionStage {
    if (this.chosenStage !== undefined && this.#plan.order.includes(this.chosenStage))
      return this.stage(this.chosenStage);
    const next = this.nextPlace();
    if (!next) return this.stage(this.#plan.targetIndex);
    const { stage, tips } = this.ledger.states.current;
    return tips[stage] !== undefined && this.#plan.order.includes(stage) ? this.stage(stage) : next.stage;
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

  /** Work that nobody waits for until the session is left. What fails is told. */
  beside(work: () => Promise<void>): void {
    const doing = work().catch(async (error) => {
      await this.emit({ type: "notice", level: "warning", message: messageOf(error) });
    });
    this.#beside.add(doing);
    void doing.then(() => this.#beside.delete(doing));
  }
  async settled(): Promise<void> {
    await Promise.all(this.#beside);
  }

  get memory(): ReadonlyMap<number, StepMemory> {
    return this.ledger.memory;
  }
  remember(step: number, memory: StepMemory): void {
    this.ledger.record({ type: "memory", step, memory });
  }

  /** Hand edits on the way to here that no instruction stands for. */
  get handEdits(): readonly HandEdit[] {
    return this.ledger.openHandEdits;
  }
}
