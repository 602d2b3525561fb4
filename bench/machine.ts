import { readdirSync, readFileSync } from "node:fs";

export interface Used {
  /** CPU time, milliseconds. */
  readonly time: number;
  /** Resident memory that is the processes' own, megabytes. */
  readonly memory: number;
}

/** Clock ticks of /proc are of 10 ms on every Linux. */
const TICK = 10;
const enginePrograms = /^(dockerd|containerd|runc|podman|conmon|slipway-init|agent$)/;

/** What an engine on this machine, the processes in its containers' first place, and the process `pid` have used so far. */
export function usedByEngineAnd(pid: number): Used {
  let time = 0;
  let memory = 0;
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const program = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      if (Number(name) !== pid && !enginePrograms.test(program)) continue;
      // From field 3 on; 14 to 17 are the times of the process and of the children that it waited for.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      time += fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK, 0);
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      memory += Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
    } catch (error) {
      // It ended meanwhile.
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  return { time, memory };
}
