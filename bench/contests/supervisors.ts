import { setTimeout as sleep } from "node:timers/promises";
import type { Arena, Contest } from "../contest.ts";
import { type Running, readOr, startSupervisor } from "../supervisors/running.ts";
import { findSupervisors } from "../supervisors/supervisors.ts";

const CHILDREN = 100;
/** Milliseconds of watching processes that have nothing to do. */
const IDLE = 5_000;
/** s6 and runit hold a service back that ends within a second of its start; every child has lived longer then. */
const SETTLED = 1_500;

export const supervisorStart = contest(
  "supervisor-start",
  `From a supervisor's start until ${CHILDREN} children run`,
  "ms",
  async ({ started }) => started,
);
export const supervisorStop = contest(
  "supervisor-stop",
  `Stop of ${CHILDREN} children and their supervisor`,
  "ms",
  async (_running, stop) => await stop(),
);
export const supervisorRestart = contest(
  "supervisor-restart",
  `From the death of one of ${CHILDREN} children until another stands in its place`,
  "ms",
  async ({ pids, children }) => {
    await sleep(SETTLED);
    const start = performance.now();
    process.kill(pids[CHILDREN / 2]!, "SIGKILL");
    return (await children.began(1)).at - start;
  },
);
export const supervisorMemory = contest(
  "supervisor-memory",
  `Memory of a supervisor of ${CHILDREN} children, resident`,
  "MB",
  async (running) => megabytes(running, "Rss"),
);
export const supervisorShare = contest(
  "supervisor-share",
  `The same, what several processes share counted once (PSS)`,
  "MB",
  async (running) => megabytes(running, "Pss"),
);
export const supervisorIdle = contest(
  "supervisor-idle",
  `Wake-ups of a supervisor of ${CHILDREN} children in ${IDLE / 1000} s in which nothing happens`,
  "times",
  async (running) => {
    await sleep(SETTLED);
    const own = running.own();
    const before = wakeUps(own);
    await sleep(IDLE);
    return wakeUps(own) - before;
  },
);

/** One figure of a supervisor whose children all run. */
function contest(
  name: string,
  title: string,
  unit: Contest["unit"],
  look: (running: Running, stop: () => Promise<number>) => Promise<number>,
): Contest {
  return {
    name,
    title,
    unit,
    rounds: 5,
    async enter({ slipway, folder }: Arena) {
      const contenders = findSupervisors(slipway).map((supervisor) => ({
        name: supervisor.name,
        async measure() {
          const running = await startSupervisor(supervisor, folder, CHILDREN);
          let stopped: Promise<number> | undefined;
          const stop = () => {
            stopped ??= running.stop();
            return stopped;
          };
          try {
            return await look(running, stop);
          } finally {
            await stop();
          }
        },
      }));
      return { contenders };
    },
  };
}

function megabytes(running: Running, kind: "Rss" | "Pss"): number {
  const line = new RegExp(`^${kind}:\\s+(\\d+) kB$`, "m");
  const kilobytes = running.own().map((pid) => Number(line.exec(readOr(`/proc/${pid}/smaps_rollup`, ""))?.[1] ?? 0));
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** How often processes waited for something and went on, since their start. */
function wakeUps(pids: readonly number[]): number {
  const count = (pid: number) =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readOr(`/proc/${pid}/status`, ""))?.[1] ?? 0);
  return pids.reduce((sum, pid) => sum + count(pid), 0);
}
