import { EngineError } from "../../engine/client.ts";
import { commitContainer, removeContainer } from "../../engine/containers.ts";
import { removeImage } from "../../engine/images.ts";
import type { Executed, ExecutedStep, FailedStep, StageRecord } from "../state/record.ts";
import {
  type ContainerPlace,
  resumeSessionContainer,
  type SessionContainer,
  startSessionContainer,
} from "./container.ts";

/**
 * One stage of the Dockerfile in its live container: what was run there, in order, and the images to go back to.
 * It knows keys and images only; what a step means is told to it as `perform`.
 */
export class StageReplay implements AsyncDisposable {
  readonly place: ContainerPlace;
  #container: SessionContainer | undefined;
  #executed: Executed[] = [];
  #failed: FailedStep | undefined;
  #restoreDue = false;
  /** Image of the container as it is now. */
  #snapshot: string | undefined;
  /** Milliseconds of work that would be done again if we had to go back to the last checkpoint. */
  #unsavedWork = 0;
  #commitCost = 80;
  /** Containers that were left for a new one; removed beside the work, awaited at the end. */
  readonly #removals: Promise<void>[] = [];
  #images: string[] = [];

  constructor(place: ContainerPlace) {
    this.place = place;
  }

  get container(): SessionContainer | undefined {
    return this.#container;
  }
  get executed(): readonly Executed[] {
    return this.#executed;
  }
  get failed(): FailedStep | undefined {
    return this.#failed;
  }
  record(): StageRecord {
    return {
      index: this.place.stageIndex,
      container: this.#container?.id,
      executed: this.#executed,
      failed: this.#failed,
      restoreDue: this.#restoreDue,
      images: this.#images,
    };
  }

  /** The agent of the running container. A stage that is not started is a mistake of the caller. */
  get agent() {
    if (!this.#container) throw new Error(`stage ${this.place.stageIndex} has no container`);
    return this.#container.agent;
  }

  /** What was run, without hand edits. */
  get stepEntries(): readonly ExecutedStep[] {
    return this.#executed.filter((entry) => entry.kind === "step");
  }

  /** How many of these keys, from the first, the container holds, hand edits between them not counted. */
  commonPrefix(keys: readonly string[]): number {
    const steps = this.stepEntries;
    let length = 0;
    while (length < steps.length && length < keys.length && steps[length]!.key === keys[length]) length++;
    return length;
  }

  /** True when the container holds exactly these steps: nothing after them, and nothing of a failed one. */
  holdsExactly(keys: readonly string[], count: number): boolean {
    const steps = this.stepEntries;
    return (
      this.#container !== undefined &&
      this.#failed === undefined &&
      !this.#restoreDue &&
      steps.length === count &&
      this.commonPrefix(keys) >= count
    );
  }

  /** Begins the stage with a container on its base; `started` follows when nothing is left to do of FROM. */
  async start(image: string, signal?: AbortSignal): Promise<void> {
    await this.#replaceContainer(image, signal);
    this.#executed = [];
    this.#failed = undefined;
    this.#restoreDue = false;
    this.#unsavedWork = 0;
  }
  started(key: string, milliseconds: number, checkpoint: string): void {
    this.#executed.push({ kind: "step", key, milliseconds, size: undefined, inputs: undefined, checkpoint });
  }

  /**
   * Goes back to the state after the first `count` steps: a container on the nearest checkpoint before. Returns how many
   * steps it now holds; the caller runs those that are missing.
   */
  async restore(count: number, signal?: AbortSignal): Promise<number> {
    const steps = this.stepEntries;
    let held = Math.min(count, steps.length);
    while (held > 0 && steps[held - 1]!.checkpoint === undefined) held--;
    const image = steps[held - 1]?.checkpoint;
    if (image === undefined) return 0;
    await this.#replaceContainer(image, signal);
    this.#executed = steps.slice(0, held);
    this.#failed = undefined;
    this.#restoreDue = false;
    this.#unsavedWork = 0;
    return held;
  }

  stepDone(key: string, milliseconds: number, size: number | undefined, inputs?: string): void {
    this.#snapshot = undefined;
    this.#executed.push({ kind: "step", key, milliseconds, size, inputs, checkpoint: undefined });
    this.#failed = undefined;
    this.#unsavedWork += milliseconds;
  }
  stepFailed(failed: FailedStep): void {
    this.#snapshot = undefined;
    this.#failed = failed;
  }
  handEdited(id: number): void {
    this.#snapshot = undefined;
    this.#executed.push({ kind: "hand", id });
  }

  /** Hand edits that the container holds, in order. */
  get handEditIds(): readonly number[] {
    return this.#executed.flatMap((entry) => (entry.kind === "hand" ? [entry.id] : []));
  }

  /** Nothing was run after the first hand edit. */
  get onlyTrailingHandEdits(): boolean {
    const first = this.#executed.findIndex((entry) => entry.kind === "hand");
    return first >= 0 && this.#executed.slice(first).every((entry) => entry.kind === "hand");
  }

  /** The step at this position did something that would be different now. */
  invalidate(position: number): void {
    let at = -1;
    this.#executed = this.#executed.map((entry) => {
      if (entry.kind === "step") at++;
      return entry.kind === "step" && at === position ? { ...entry, key: `${entry.key}\nchanged` } : entry;
    });
  }

  requireRestore(): void {
    this.#restoreDue = true;
  }

  /** The hand edits at the end became instructions with these keys: what they did need not be done again. */
  replaceHandEdits(keys: readonly string[]): void {
    while (this.#executed.at(-1)?.kind === "hand") this.#executed.pop();
    for (const key of keys) this.stepDone(key, 0, undefined);
  }

  /** A step through another container ended with this image; go on from it. */
  async continueFrom(image: string, key: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.own(image);
    await this.#replaceContainer(image, signal);
    this.#executed.push({ kind: "step", key, milliseconds, size: undefined, inputs: undefined, checkpoint: image });
    this.#failed = undefined;
    this.#restoreDue = false;
    this.#unsavedWork = 0;
  }

  /** Going back is worth a commit once it would cost several times as much: the ratio bounds what checkpoints add to the work. */
  get checkpointDue(): boolean {
    return this.#unsavedWork > 4 * this.#commitCost;
  }

  /** Makes an image of the container as it is after its last step; the one that exists when nothing came since. */
  async checkpoint(): Promise<{ image: string; milliseconds: number; fresh: boolean }> {
    const last = this.#executed.at(-1);
    if (last?.kind === "step" && last.checkpoint && this.#failed === undefined) {
      return { image: last.checkpoint, milliseconds: 0, fresh: false };
    }
    const startedAt = Date.now();
    const image = await this.commit(`step ${this.#executed.length}`);
    const milliseconds = Date.now() - startedAt;
    this.#commitCost = milliseconds;
    if (last?.kind === "step" && this.#failed === undefined) {
      this.#executed[this.#executed.length - 1] = { ...last, checkpoint: image };
      this.#unsavedWork = 0;
    }
    return { image, milliseconds, fresh: true };
  }

  /**
   * An image of the container as it is now, whatever that is; the same one while nothing is run. Files are read from it: the
   * engine would leave a trace of our volume in the container itself.
   */
  async snapshot(): Promise<string> {
    this.#snapshot ??= (await this.checkpoint()).image;
    return this.#snapshot;
  }

  /** Goes on in a new container on an image of this state. */
  async renew(signal?: AbortSignal): Promise<void> {
    const { image } = await this.checkpoint();
    await this.#replaceContainer(image, signal);
  }

  /** An image that the session made for this stage, to be removed with it. */
  own(image: string): void {
    this.#images.push(image);
  }

  /** An image of the container as it is. Nothing runs in it between two commands, so it needs no pause. */
  async commit(comment: string, pause = false): Promise<string> {
    const image = await commitContainer(this.place.engine, this.#container!.id, {
      pause,
      comment: `slipway session ${this.place.sessionId}: ${comment}`,
    });
    this.own(image);
    return image;
  }

  /** Takes up what an earlier program recorded; `reattach` or `restore` follows. */
  recall(record: StageRecord): void {
    this.#executed = [...record.executed];
    this.#failed = record.failed;
    this.#restoreDue = record.restoreDue;
    this.#images = [...record.images];
  }

  /** Connects to a container that is there already. False when it is gone. */
  async reattach(container: string): Promise<boolean> {
    await this.#container?.agent[Symbol.asyncDispose]();
    this.#container = await resumeSessionContainer(this.place.engine, container);
    return this.#container !== undefined;
  }

  async #replaceContainer(image: string, signal?: AbortSignal): Promise<void> {
    const old = this.#container;
    const fresh = await startSessionContainer(this.place, image, signal);
    this.#container = fresh;
    this.#snapshot = undefined;
    if (old) this.#removals.push(this.#removeContainer(old));
  }

  async #removeContainer(container: SessionContainer): Promise<void> {
    await container.agent[Symbol.asyncDispose]();
    await removeContainer(this.place.engine, container.id, { force: true, volumes: true });
  }

  async removeContainers(): Promise<void> {
    if (this.#container) this.#removals.push(this.#removeContainer(this.#container));
    this.#container = undefined;
    await Promise.all(this.#removals);
  }

  /** Removes the container and every image that the stage made; resolves with the images that are in use elsewhere and stay. */
  async remove(): Promise<readonly string[]> {
    await this.removeContainers();
    // Newest first: a parent goes only after its children. What somebody uses meanwhile stays, and is named.
    const used: string[] = [];
    for (const image of this.#images.reverse()) {
      try {
        await removeImage(this.place.engine, image, { force: false });
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
        used.push(image);
      }
    }
    this.#images = [];
    return used;
  }

  /** Lets go of the container without ending it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container?.agent[Symbol.asyncDispose]();
    this.#container = undefined;
    await Promise.all(this.#removals);
  }
}
