import { readdir, readFile, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { kill } from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { identifyProcess, isProcess, type ProcessIdentity } from "../process-identity.ts";
import { removeRulesOf } from "./firewall.ts";
import { withLock } from "./lock.ts";
import { removeBridge, systemPath } from "./network.ts";
import { type EnginePlaces, privateEnginePlaces } from "./places.ts";
import type { StartOptions } from "./start.ts";
import { identifyingArguments, isEngineRunning, readState, removeState } from "./state.ts";

/** In milliseconds: dockerd gives its containers 15 s to end, one after the other only in part. */
const stopLimit = 120_000;

/**
 * Ends the private dockerd, and with it its running containers; they, images and volumes stay in its data folder.
 * False when it did not run. Only the process that a start noted is signalled. Errors: ENGINE_NEEDS_ROOT,
 * ENGINE_STOP_FAILED, ENGINE_ORPHANS (it crashed, and containers of it still run).
 */
export async function stopPrivateEngine({ env, home, onProgress, signal }: StartOptions): Promise<boolean> {
  const places = privateEnginePlaces(env, home);
  return await withLock(
    `slipway-engine:${places.folder}`,
    async () => {
      const state = await readState(places);
      if (state !== undefined && userInfo().uid !== 0)
        throw new SlipwayError("ENGINE_NEEDS_ROOT", "the private engine can only be stopped by root", {
          hint: "run `sudo slipway engine stop`",
          exitCode: ExitCode.engine,
        });
      const running = await isEngineRunning(places, state);
      if (running) {
        onProgress?.(`stopping dockerd, process ${state!.process.pid}`);
        await endDaemon(places, state!.process, stopLimit, signal);
      }
      const orphans = await findOrphans(places);
      if (orphans.length > 0)
        throw new SlipwayError(
          "ENGINE_ORPHANS",
          `the private engine crashed, and ${orphans.length} of its containers still run: ${orphans.join(", ")}`,
          { hint: "`slipway engine start` takes them over and ends them; then stop it" },
        );
      if (state !== undefined) await clearAfterStop(places);
      return running;
    },
    signal,
  );
}

/** Resolves when the process is gone. */
export async function endDaemon(
  places: EnginePlaces,
  identity: ProcessIdentity,
  limit: number,
  signal?: AbortSignal,
): Promise<void> {
  const isAlive = () => isProcess(identity, identifyingArguments(places));
  if (await isAlive()) kill(identity.pid, "SIGTERM");
  const end = Date.now() + limit;
  while (await isAlive()) {
    if (Date.now() > end)
      throw new SlipwayError("ENGINE_STOP_FAILED", `dockerd, process ${identity.pid}, does not end`, {
        hint: `read ${places.log}`,
        exitCode: ExitCode.engine,
      });
    await delay(50, undefined, signal === undefined ? {} : { signal });
  }
}

/** What dockerd leaves behind on the machine, or a crash did. Data and log stay. */
export async function clearAfterStop(places: EnginePlaces): Promise<void> {
  await removeRulesOf(places.bridge);
  await removeBridge(places.bridge);
  await unmountLeftovers(places);
  await rm(places.exec, { recursive: true, force: true });
  await rm(places.socket, { force: true });
  await rm(places.pidFile, { force: true });
  await removeState(places);
}

/** After a crash: containers' network namespaces and file systems, and the data folder, which dockerd binds to itself. */
async function unmountLeftovers({ exec, data }: EnginePlaces): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? [])
    // Octal escapes of proc(5): blanks in names.
    .map((target) => target.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((target) => target === data || target.startsWith(`${data}/`) || target.startsWith(`${exec}/`))
    .reverse();
  if (mounts.length > 0) await execa("umount", mounts, { env: { PATH: systemPath } });
}

/**
 * A dockerd that was killed takes its containerd with it, a moment later. A new one that still sees its number, or
 * another process with that number, would wait for it in vain.
 */
export async function endContainerd(places: EnginePlaces): Promise<void> {
  const pidFile = join(places.exec, "containerd/containerd.pid");
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  const identity = pid > 0 ? await identifyProcess(pid) : undefined;
  const own = [join(places.exec, "containerd/containerd.toml")];
  if (identity !== undefined && (await isProcess(identity, own))) {
    kill(pid, "SIGTERM");
    while (await isProcess(identity, own)) await delay(20);
  }
  await rm(pidFile, { force: true });
}

/** Ids of containers whose shims go on without their dockerd: found by the namespace that only this engine uses. */
export async function findOrphans(places: EnginePlaces): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const commands = await Promise.all(
    pids.map(async (pid) => (await readFile(join("/proc", pid, "cmdline"), "utf8").catch(() => "")).split("\0")),
  );
  return commands
    .filter(([program, ...words]) => /containerd-shim/.test(program ?? "") && words.includes(places.namespace))
    .map((words) => (words[words.indexOf("-id") + 1] ?? "").slice(0, 12));
}
