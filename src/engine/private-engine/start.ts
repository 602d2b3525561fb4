import { spawn } from "node:child_process";
import { access, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import { connectEngine } from "../client.ts";
import type { Environment } from "../docker-config.ts";
import { type UnixEndpoint, unixEndpoint } from "../endpoint.ts";
import { identifyProcess, type ProcessIdentity } from "../process-identity.ts";
import { readRules, restoreRules } from "./firewall.ts";
import { withLock } from "./lock.ts";
import { createBridge } from "./network.ts";
import { type EnginePlaces, privateEnginePlaces } from "./places.ts";
import { findMissingPrograms, findProgram, MissingProgramsError } from "./programs.ts";
import { identifyingArguments, isEngineRunning, readState, removeState, writeState } from "./state.ts";
import { clearAfterStop, endContainerd, endDaemon } from "./stop.ts";

export interface StartOptions {
  readonly env: Environment;
  readonly home: string;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Long enough for a disk full of containers to be gone through, in milliseconds. */
const readyLimit = 120_000;
const logLimit = 10_000_000;

/**
 * Starts the private dockerd, or finds it running; resolves when it answers. It goes on after this process. Errors:
 * ENGINE_NEEDS_ROOT, ENGINE_PROGRAMS_MISSING, ENGINE_START_FAILED (with what its log says), ENGINE_NETWORK_….
 */
export async function startPrivateEngine(options: StartOptions): Promise<UnixEndpoint> {
  const { env, home, onProgress, signal } = options;
  const places = privateEnginePlaces(env, home);
  if (userInfo().uid !== 0)
    throw new SlipwayError("ENGINE_NEEDS_ROOT", "a private engine can only be started by root", {
      hint: "run `sudo slipway engine start`, or use an engine that runs already (--host, DOCKER_HOST)",
      exitCode: ExitCode.engine,
    });
  return await withLock(
    `slipway-engine:${places.folder}`,
    async () => {
      if (await isEngineRunning(places, await readState(places))) {
        onProgress?.(`the private engine runs already at ${places.socket}`);
        return unixEndpoint(places.socket);
      }
      const missing = await findMissingPrograms(env);
      if (missing !== undefined) throw new MissingProgramsError(missing);
      // Each dockerd that starts rewrites the firewall: one at a time, so that none restores what another has changed.
      return await withLock("slipway-firewall", () => start(places, options), signal);
    },
    signal,
  );
}

async function start(places: EnginePlaces, { env, onProgress, signal }: StartOptions): Promise<UnixEndpoint> {
  await prepareFolder(places, onProgress);
  const rules = await readRules();
  const subnet = await createBridge(places.bridge);
  onProgress?.(`network bridge ${places.bridge} with ${subnet}`);
  let started: ProcessIdentity | undefined;
  try {
    const dockerd = await launchDaemon(places, env);
    started = dockerd.identity;
    await writeState(places, { process: started, subnet, startedAt: new Date().toISOString() });
    onProgress?.(`dockerd started as process ${started.pid}, log in ${places.log}`);
    const version = await waitUntilReady(places, dockerd, signal);
    if (places.owner !== undefined) await chown(places.socket, places.owner.uid, 0);
    onProgress?.(`Docker ${version} answers at unix://${places.socket}`);
  } catch (error) {
    await undoStart(places, started);
    throw error;
  } finally {
    await restoreRules(rules);
  }
  return unixEndpoint(places.socket);
}

/** Clears what a crash left: a pid file whose number another process has would keep dockerd from starting. */
async function prepareFolder(places: EnginePlaces, onProgress: StartOptions["onProgress"]): Promise<void> {
  if ((await readState(places)) !== undefined) {
    onProgress?.("the engine did not end in order last time: cleaning up after it");
    await endContainerd(places);
    await removeState(places);
  }
  await rm(places.pidFile, { force: true });
  await rm(places.socket, { force: true });
  await makeFolder(places);
  await mkdir(places.exec, { recursive: true, mode: 0o700 });
  const hasConfig = await access(places.config).then(
    () => true,
    () => false,
  );
  // Of its own: the machine's /etc/docker/daemon.json is for another engine.
  if (!hasConfig) await writeFile(places.config, "{}\n");
  const log = await stat(places.log).catch(() => undefined);
  if (log !== undefined && log.size > logLimit) await rename(places.log, `${places.log}.1`);
}

/** What is made on the way in a user's home is that user's, the data is root's. */
async function makeFolder({ folder, data, owner }: EnginePlaces): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (owner !== undefined && first !== undefined) {
    for (let path = folder; path.length >= first.length; path = dirname(path)) await chown(path, owner.uid, owner.gid);
  }
  await mkdir(data, { recursive: true });
}

interface Daemon {
  readonly identity: ProcessIdentity;
  /** Where this start's lines begin in the log, in bytes. */
  readonly logStart: number;
  hasEnded(): boolean;
}

async function launchDaemon(places: EnginePlaces, env: Environment): Promise<Daemon> {
  const program = (await findProgram("dockerd", env))!;
  const log = await open(places.log, "a", 0o600);
  const logStart = (await log.stat()).size;
  // Detached: a session of its own, so that the terminal's signals and its end do not reach it.
  const child = spawn(program, daemonArguments(places), {
    detached: true,
    cwd: "/",
    stdio: ["ignore", log.fd, log.fd],
    env: { ...env, PATH: `${env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`, DOCKER_HOST: undefined },
  });
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  await log.close();
  child.unref();
  const identity = await identifyProcess(child.pid!);
  if (identity === undefined) throw await startFailure(places, logStart);
  return { identity, logStart, hasEnded: () => ended };
}

function daemonArguments(places: EnginePlaces): string[] {
  return [
    ...identifyingArguments(places),
    ...["--config-file", places.config, "--exec-root", places.exec],
    ...["--host", `unix://${places.socket}`, "--group", "root"],
    ...["--bridge", places.bridge],
    ...["--containerd-namespace", places.namespace, "--containerd-plugins-namespace", `${places.namespace}-plugins`],
  ];
}

async function waitUntilReady(places: EnginePlaces, daemon: Daemon, signal: AbortSignal | undefined): Promise<string> {
  const limit = Date.now() + readyLimit;
  await using engine = connectEngine(unixEndpoint(places.socket));
  for (;;) {
    if (daemon.hasEnded()) throw await startFailure(places, daemon.logStart);
    try {
      await engine.apiVersion({ signal });
      return (await engine.json<{ Version: string }>("GET", "/version", { signal })).Version;
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== "ENGINE_UNREACHABLE") throw error;
      if (Date.now() > limit) throw await startFailure(places, daemon.logStart, error);
    }
    await delay(100, undefined, signal === undefined ? {} : { signal });
  }
}

async function startFailure(places: EnginePlaces, logStart: number, cause?: unknown): Promise<SlipwayError> {
  const log = (await readFile(places.log)).subarray(logStart).toString();
  const lines = log.trim().split("\n");
  const telling = lines.filter((line) => /failed|fatal|error/i.test(line)).at(-1) ?? lines.at(-1) ?? "";
  const reason = cause === undefined ? telling : `no answer within ${readyLimit / 1000} s: ${messageOf(cause)}`;
  return new SlipwayError("ENGINE_START_FAILED", `dockerd did not start: ${reason}`, {
    hint: `read ${places.log} (\`slipway engine logs\`)`,
    exitCode: ExitCode.engine,
    cause,
  });
}

async function undoStart(places: EnginePlaces, started: ProcessIdentity | undefined): Promise<void> {
  if (started !== undefined) await endDaemon(places, started, 20_000);
  await clearAfterStop(places);
}
