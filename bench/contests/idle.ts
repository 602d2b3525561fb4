import { join } from "node:path";
import type { Arena, Contest } from "../contest.ts";
import { type Used, usedByEngineAnd } from "../machine.ts";
import { writeProject } from "../project.ts";
import { openSession, think } from "../session-process.ts";

export const idleTime = idle("idle-time", "CPU time of what a session prepares while a person thinks", "ms", "time");
export const idleMemory = idle(
  "idle-memory",
  "Memory of what a session prepares while a person thinks",
  "MB",
  "memory",
);

/** On an engine that works for others too, this measures them as well. */
function idle(name: string, title: string, unit: Contest["unit"], kind: keyof Used): Contest {
  return {
    name,
    title,
    unit,
    rounds: 5,
    async enter({ slipway, folder }: Arena) {
      const project = writeProject(join(folder, "project"), 30);
      const session = openSession(slipway, project);
      await session.send("continue", "stopped");
      await think();
      const spent = async (work: () => Promise<unknown>) => {
        const before = usedByEngineAnd(session.pid)[kind];
        await work();
        return usedByEngineAnd(session.pid)[kind] - before;
      };
      return {
        contenders: [
          {
            name: "2 s after a step was run",
            async measure() {
              await session.send("undo", "moved");
              await session.send("replace 31 RUN date > /step-30\ncontinue", "stopped");
              return await spent(think);
            },
          },
          { name: "2 s after that, all being prepared", measure: () => spent(think) },
        ],
        leave: () => session.close(),
      };
    },
  };
}
