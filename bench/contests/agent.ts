import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contest } from "../contest.ts";
import { initBinary } from "../supervisors/supervisors.ts";

const megabyte = 1024 * 1024;

export const agent: Contest = {
  name: "agent",
  title: "Size of the agent and memory (resident) of waiting processes",
  unit: "MB",
  rounds: 3,
  async enter({ slipway }) {
    const binary = initBinary(slipway);
    return {
      contenders: [
        { name: "slipway-init agent, memory", measure: () => residentMemory([binary, "agent"]) },
        { name: "slipway-init, file", measure: async () => statSync(binary).size / megabyte },
        { name: "sh, memory", measure: () => residentMemory(["/bin/sh"]) },
        { name: "node, memory", measure: () => residentMemory([process.execPath, "-"]) },
      ],
    };
  },
};

/** Of a program that waits for its standard input. */
async function residentMemory([program, ...args]: string[]): Promise<number> {
  const child = spawn(program!, args, { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  const ended = once(child, "close");
  await sleep(300);
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
  child.kill("SIGKILL");
  await ended;
  return Number(kilobytes) / 1024;
}
