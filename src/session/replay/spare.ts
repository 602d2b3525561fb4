import { removeContainer } from "../../engine/containers.ts";
import { type ContainerPlace, type SessionContainer, startSessionContainer } from "./container.ts";

/** A container that waits for the step that a person will likely take next: back, to try again. */
export class Spare implements AsyncDisposable {
  #waiting: { place: ContainerPlace; image: string; container: Promise<SessionContainer | undefined> } | undefined;

  /** Starts a container on the image, in the place of the one that waits for something else. */
  async prepare(place: ContainerPlace, image: string): Promise<void> {
    // A port of the host is for one container only.
    if ((place.runSettings?.ports.length ?? 0) > 0) return;
    if (this.#isFor(place, image)) return;
    await this[Symbol.asyncDispose]();
    // One that can't be had is no loss: who needs it starts one, and is told then what is wrong.
    const container = startSessionContainer(place, image).catch(() => undefined);
    this.#waiting = { place, image, container };
    await container;
  }

  /** The container, when it waits for this; it is the caller's then. */
  async take(place: ContainerPlace, image: string): Promise<SessionContainer | undefined> {
    if (!this.#isFor(place, image)) return undefined;
    const { container } = this.#waiting!;
    this.#waiting = undefined;
    return await container;
  }

  #isFor(place: ContainerPlace, image: string): boolean {
    return this.#waiting?.image === image && this.#waiting.place.stageIndex === place.stageIndex;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const container = await waiting?.container;
    if (!container) return;
    await container.agent[Symbol.asyncDispose]();
    await removeContainer(waiting!.place.engine, container.id, { force: true, volumes: true });
  }
}
