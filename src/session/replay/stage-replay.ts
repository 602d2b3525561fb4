import { isNotFound } from "../../engine/client.ts";
import { commitContainer, removeContainer } from "../../engine/containers.ts";
import { inspectImage } from "../../engine/images.ts";
import {
  type Entry,
  type FailedEntry,
  failureOf,
  type Happened,
  handEditsOf,
  type StepEntry,
  stepsOf,
} from "../history/entries.ts";
import type { Ledger } from "../history/ledger.ts";
import type { Checkpoints } from "./checkpoints.ts";
import {
  type ContainerPlace,
  resumeSessionContainer,
  type SessionContainer,
  startSessionContainer,
} from "./container.ts";
import type { Spare } from "./spare.ts";

/**
 * One stage of the Dockerfile: what was done there, in order, and the live container that holds it. What the stage is said
 * to hold (`chain`) may run ahead of the container; `bring` makes them the same, which needs an image to start on.
 * It knows keys and images only; what a step means is told to it as `perform`.
 */
export class StageReplay implements AsyncDisposable {
  readonly place: ContainerPlace;
  readonly #ledger: Ledger;
  readonly #checkpoints: Checkpoints;
  readonly #spare: Spare | undefined;
  #container: SessionContainer | undefined;
  #chain: readonly Entry[] = [];
  /** Both are asked for several times for each step: what they come to is kept. */
  #steps: { of: readonly Entry[]; entries: readonly StepEntry[] } = { of: this.#chain, entries: [] };
  #prefix: { of: readonly string[]; chain: readonly Entry[]; length: number } | undefined;
  /** What the container holds; undefined while nobody knows. */
  #held: readonly Entry[] | undefined;
  /** By entry: the files that the step would take now, where they are not those that it took. */
  readonly #outdated = new Map<number, string | undefined>();
  /** Containers that were left for a new one; removed beside the work, awaited at the end. */
  readonly #removals = new Set<Promise<void>>();

  constructor(place: ContainerPlace, ledger: Ledger, checkpoints: Checkpoints, spare?: Spare) {
    this.place = place;
    this.#ledger = ledger;
    this.#checkpoints = checkpoints;
    this.#spare = spare;
  }

  get container(): SessionContainer | undefined {
    return this.#container;
  }
  get chain(): readonly Entry[] {
    return this.#chain;
  }
  get tip(): Entry | undefined {
    return this.#chain.at(-1);
  }
  /** The agent of the running container. A stage that is not started is a mistake of the caller. */
  get agent() {
    if (!this.#container) throw new Error(`stage ${this.place.stageIndex} has no container`);
    return this.#container.agent;
  }
  /** What was run, without hand edits. */
  get stepEntries(): readonly StepEntry[] {
    if (this.#steps.of !== this.#chain) this.#steps = { of: this.#chain, entries: stepsOf(this.#chain) };
    return this.#steps.entries;
  }
  get failed(): FailedEntry | undefined {
    return failureOf(this.#chain);
  }
  /** Hand edits that the stage holds, in order. */
  get handEditIds(): readonly number[] {
    return handEditsOf(this.#chain);
  }
  /** Nothing was run after the first hand edit. */
  get onlyTrailingHandEdits(): boolean {
    const first = this.#chain.findIndex((entry) => entry.kind === "hand");
    return first >= 0 && this.#chain.slice(first).every((entry) => entry.kind === "hand");
  }
  checkpointOf(entry: Entry | undefined): string | undefined {
    return entry && this.#ledger.checkpoints.get(entry.id);
  }

  /** How many of these keys, from the first, the stage holds, hand edits between them not counted. */
  commonPrefix(keys: readonly string[]): number {
    const steps = this.stepEntries;
    const known = this.#prefix?.of === keys ? this.#prefix : undefined;
    if (known?.chain === this.#chain) return known.length;
    // The chain only grew since: what it had in common it has still.
    let length = known?.length ?? 0;
    while (
      length < steps.length &&
      length < keys.length &&
      steps[length]!.key === keys[length] &&
      !this.#outdated.has(steps[length]!.id)
    )
      length++;
    this.#prefix = { of: keys, chain: this.#chain, length };
    return length;
  }

  /** True when the stage holds exactly these steps: nothing after them, and nothing of a failed one. */
  holdsExactly(keys: readonly string[], count: number): boolean {
    return (
      this.failed === undefined &&
      this.#chain.every((entry) => entry.kind !== "adopted") &&
      this.stepEntries.length === count &&
      this.commonPrefix(keys) >= count
    );
  }

  /** What the step at this position took from the context is in this state now: whether that is another, and whether that is news. */
  setInputs(position: number, inputs: string | undefined): { isOutdated: boolean; isNews: boolean } {
    const entry = this.stepEntries[position]!;
    const isOutdated = entry.inputs !== inputs;
    const isNews = isOutdated && this.#outdated.get(entry.id) !== inputs;
    this.#prefix = undefined;
    if (isOutdated) this.#outdated.set(entry.id, inputs);
    else this.#outdated.delete(entry.id);
    return { isOutdated, isNews };
  }

  /** An entry for what happens next here. */
  entryFor(happened: Happened): Entry {
    return { ...happened, id: this.#ledger.takeId(), stage: this.place.stageIndex, parent: this.tip?.id };
  }

  /** It happened, in the container. */
  push(entry: Entry): void {
    this.#chain = [...this.#chain, entry];
    this.#held = this.#chain;
  }

  /** The stage is said to hold this from now on. */
  goTo(chain: readonly Entry[]): void {
    this.#chain = chain;
    this.#prefix = undefined;
  }

  /** Something is done in the container now; until `push` nobody knows what it holds. */
  begin(doing: string): void {
    this.#ledger.record({ type: "busy", stage: this.place.stageIndex, doing });
    this.#held = undefined;
  }

  /** Whether the container holds what the stage is said to hold. */
  get isReady(): boolean {
    return this.#container !== undefined && this.#held !== undefined && this.#held.at(-1)?.id === this.tip?.id;
  }

  /** A container on an image that holds this: on the stage's base, nothing yet. */
  async enter(image: string, holds: readonly Entry[], signal?: AbortSignal): Promise<void> {
    await this.#replaceContainer(image, holds, signal);
  }

  /** What would have to happen again to come to the chain's end: it is neither in the container nor in an image. */
  get missing(): readonly Entry[] {
    const held = this.#chain.findLastIndex(
      (entry, index) => this.#isHeldUpTo(index + 1) || this.#ledger.checkpoints.has(entry.id),
    );
    return this.#chain.slice(held + 1);
  }

  /** Whether the container holds just so many of the chain's entries. */
  #isHeldUpTo(count: number): boolean {
    return (
      this.#container !== undefined &&
      this.#held?.length === count &&
      this.#held.at(-1)?.id === this.#chain[count - 1]!.id
    );
  }

  /**
   * Makes the container hold the stage's chain as far as there are images for it: the one that is there, or a new one on
   * the nearest image. Returns the entries that are missing and have to happen again.
   */
  async bring(signal?: AbortSignal): Promise<readonly Entry[]> {
    if (this.isReady) return [];
    const chain = this.#chain;
    for (let count = chain.length; count > 0; count--) {
      // What is there is as good as an image of it.
      if (this.#isHeldUpTo(count)) return chain.slice(count);
      const image = await this.#checkpoints.imageOf(chain[count - 1]!.id);
      if (image === undefined) continue;
      try {
        await this.#replaceContainer(image, chain.slice(0, count), signal);
        return chain.slice(count);
      } catch (error) {
        if (!isNotFound(error) || (await inspectImage(this.place.engine, image))) throw error;
        this.#ledger.record({ type: "checkpoint-lost", entry: chain[count - 1]!.id });
      }
    }
    return chain;
  }

  /** A missing entry happened again. */
  redone(entry: Entry): void {
    this.#holds(this.#chain.slice(0, this.#chain.findIndex(({ id }) => id === entry.id) + 1));
  }

  /** What began in the container changed nothing. */
  leftAsItWas(): void {
    this.#holds(this.#chain);
  }

  #holds(chain: readonly Entry[]): void {
    this.#held = chain;
    const { stageIndex: stage } = this.place;
    this.#ledger.record({ type: "container", stage, id: this.#container!.id, holds: chain.at(-1)?.id });
  }

  /** A step through another container ended with this image: go on from it. `push` of its entry follows. */
  async continueFrom(image: string, signal?: AbortSignal): Promise<void> {
    this.own(image);
    await this.#replaceContainer(image, undefined, signal);
  }

  /** Milliseconds of steps that would be done again if we had to go back to the last checkpoint. */
  get unsavedWork(): number {
    const saved = this.#chain.findLastIndex((entry) => this.#ledger.checkpoints.has(entry.id));
    return stepsOf(this.#chain.slice(saved + 1)).reduce((sum, step) => sum + step.milliseconds, 0);
  }

  /** Whether going back would cost so much more than an image that the image is lost beside it. */
  get checkpointDue(): boolean {
    return this.#checkpoints.isWorth(this.unsavedWork);
  }

  /**
   * An image of what the container holds; the one that exists when there is one. While something runs in it, it is of no
   * particular state.
   */
  async checkpoint(): Promise<{ image: string; milliseconds: number; fresh: boolean }> {
    const entry = this.#held?.at(-1);
    if (!entry) return { image: await this.commit("while something runs"), milliseconds: 0, fresh: true };
    const known = await this.#checkpoints.imageOf(entry.id);
    if (known !== undefined) return { image: known, milliseconds: 0, fresh: false };
    const { image, milliseconds } = await this.#checkpoints.make(this.#container!.id, entry.id);
    return { image, milliseconds, fresh: true };
  }

  /** Goes on in a new container on an image of this state. */
  async renew(signal?: AbortSignal): Promise<void> {
    const { image } = await this.checkpoint();
    await this.#replaceContainer(image, this.#held, signal);
  }

  /** An image that the session made for this stage, to be removed with it. */
  own(image: string): void {
    this.#ledger.record({ type: "image", image });
  }

  /** An image of the container as it is. */
  async commit(comment: string): Promise<string> {
    const image = await commitContainer(this.place.engine, this.#container!.id, {
      pause: false,
      comment: `slipway session ${this.place.sessionId}: ${comment}`,
    });
    this.own(image);
    return image;
  }

  /**
   * Takes up what an earlier program, or a connection that broke, left: the chain, and the container where it is there still
   * and holds just that.
   */
  async resume(chain: readonly Entry[]): Promise<"found" | "lost" | "none"> {
    this.#chain = chain;
    this.#prefix = undefined;
    const id = this.#ledger.activeContainers.get(this.place.stageIndex);
    await this.#container?.agent[Symbol.asyncDispose]();
    this.#container = undefined;
    this.#held = undefined;
    if (id === undefined) return "none";
    const { holds, busy } = this.#ledger.containers.get(id)!;
    if (busy === undefined && holds === this.tip?.id)
      this.#container = await resumeSessionContainer(this.place.engine, id);
    if (!this.#container) return "lost";
    this.#held = chain;
    return "found";
  }

  async #replaceContainer(image: string, holds: readonly Entry[] | undefined, signal?: AbortSignal): Promise<void> {
    // Two containers can't have the same ports of the host.
    if ((this.place.runSettings?.ports.length ?? 0) > 0) await this.#leave();
    const fresh = (await this.#spare?.take(this.place, image)) ?? (await this.#start(image, signal));
    this.#leaveAside();
    this.#ledger.record({
      type: "container",
      stage: this.place.stageIndex,
      id: fresh.id,
      holds: holds?.at(-1)?.id,
    });
    this.#container = fresh;
    this.#held = holds;
  }

  async #start(image: string, signal?: AbortSignal): Promise<SessionContainer> {
    return await this.#checkpoints.measureStart(() => startSessionContainer(this.place, image, signal));
  }

  /** One that can't be removed now is in the journal still: the next program does it. */
  #leaveAside(): void {
    const leaving = this.#leave().catch(() => {});
    this.#removals.add(leaving);
    void leaving.then(() => this.#removals.delete(leaving));
  }

  /** Lets go of the container; what only it holds is kept as an image. */
  async #leave(): Promise<void> {
    const container = this.#container;
    const entry = this.#held?.at(-1);
    this.#container = undefined;
    this.#held = undefined;
    if (!container) return;
    if (entry && !this.#ledger.checkpoints.has(entry.id)) await this.#checkpoints.make(container.id, entry.id);
    await container.agent[Symbol.asyncDispose]();
    await removeContainer(this.place.engine, container.id, { force: true, volumes: true });
    this.#ledger.record({ type: "container-removed", id: container.id });
  }

  /** Removes the container without keeping anything. */
  async removeContainers(): Promise<void> {
    this.#held = undefined;
    await this.#leave();
    await Promise.all(this.#removals);
  }

  /** Lets go of the container without ending it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#removals);
    await this.#container?.agent[Symbol.asyncDispose]();
    this.#container = undefined;
  }
}
