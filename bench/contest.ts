/** What every contest gets: the programs to compare, all on DOCKER_HOST's engine, and a folder for its files. */
export interface Arena {
  /** Empty folder of this contest's own, removed after it. */
  readonly folder: string;
  /** Path of the built program. */
  readonly slipway: string;
  /** Path of a docker client that can build with the engine's BuildKit and with its classic builder. */
  readonly docker: string;
  /** An image name that nobody else uses; removed after the contest. */
  imageName(purpose: string): string;
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
}

export interface Contender {
  /** What is typed. */
  readonly name: string;
  /** One run; resolves with the figure, in the contest's unit. */
  measure(round: number): Promise<number>;
}

export interface Contest {
  readonly name: string;
  readonly title: string;
  readonly unit: "ms" | "MB" | "times";
  /** Counted rounds. Slow contests have one and no warm-up. */
  readonly rounds: number;
  /** Takes minutes: left out of a quick run that does not name it. */
  readonly slow?: boolean;
  /** The first contender is the one that the others are compared with. */
  enter(arena: Arena): Promise<Entered>;
}

export interface Entered {
  readonly contenders: readonly Contender[];
  leave?(): Promise<void>;
}

export interface Figures {
  readonly name: string;
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Median as a multiple of the first contender's. */
  readonly ratio: number;
}

/** Lets the contenders take turns, so that whatever else the machine does meanwhile hits all alike. */
export async function runContest(
  { enter, rounds }: Pick<Contest, "enter" | "rounds">,
  arena: Arena,
): Promise<Figures[]> {
  const { contenders, leave } = await enter(arena);
  const figures = contenders.map((): number[] => []);
  try {
    // Round 0 warms up: caches, the agent's volume on the engine.
    for (let round = rounds > 1 ? 0 : 1; round <= rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        arena.signal.throwIfAborted();
        const figure = await contender.measure(round);
        if (round > 0) figures[index]!.push(figure);
      }
    }
  } finally {
    await leave?.();
  }
  const first = median(figures[0]!);
  return contenders.map(({ name }, index) => {
    const own = figures[index]!;
    const middle = median(own);
    return { name, median: middle, minimum: Math.min(...own), maximum: Math.max(...own), ratio: middle / first };
  });
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
