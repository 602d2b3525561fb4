import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { Environment } from "../docker-config.ts";

/** Every file of a private engine, and its names on the machine. All follow from its folder: several can stand side by side. */
export interface EnginePlaces {
  readonly folder: string;
  readonly data: string;
  readonly log: string;
  /** dockerd's own configuration file; a user may add to it. */
  readonly config: string;
  /** What a start left for the commands after it. */
  readonly state: string;
  readonly socket: string;
  readonly exec: string;
  readonly pidFile: string;
  /** Name of the network interface: 15 bytes at most. */
  readonly bridge: string;
  /** Name of its containerd namespace, so that a containerd that it shares keeps them apart. */
  readonly namespace: string;
  /** Who called sudo: the engine is theirs, in their home, with a socket that only they and root may use. */
  readonly owner: Owner | undefined;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** `sun_path` of unix(7) has 108 bytes, the last one 0. */
const socketPathLimit = 107;

/** SLIPWAY_ENGINE_DIR, or `slipway/engine` in the XDG data folder. */
export function privateEnginePlaces(env: Environment, home: string): EnginePlaces {
  const owner = findOwner(env);
  const dataFolder = env.XDG_DATA_HOME || join(owner?.home ?? home, ".local/share");
  const folder = env.SLIPWAY_ENGINE_DIR || join(dataFolder, "slipway/engine");
  if (!folder.startsWith("/"))
    throw new SlipwayError("ENGINE_DIR_INVALID", `SLIPWAY_ENGINE_DIR is no absolute path: ${folder}`, {
      exitCode: ExitCode.usage,
      hint: "write it from the root on",
    });
  const mark = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  const besideData = join(folder, "docker.sock");
  // What holds only while the machine is up belongs to /run: after a reboot nothing stale is left of it.
  const exec = `/run/slipway-engine-${mark}`;
  return {
    folder,
    data: join(folder, "data"),
    log: join(folder, "engine.log"),
    config: join(folder, "daemon.json"),
    state: join(folder, "engine.json"),
    socket: Buffer.byteLength(besideData) <= socketPathLimit ? besideData : `/run/slipway-engine-${mark}.sock`,
    exec,
    pidFile: join(exec, "dockerd.pid"),
    bridge: `slipway${mark}`,
    namespace: `slipway-${mark}`,
    owner,
  };
}

/** sudo gives root's home; the one of who called it is in passwd(5). */
function findOwner({ SUDO_UID }: Environment): Owner | undefined {
  if (!SUDO_UID || SUDO_UID === "0" || userInfo().uid !== 0) return undefined;
  const entries = readFileSync("/etc/passwd", "utf8").split("\n");
  const fields = entries.map((line) => line.split(":")).find(([, , uid]) => uid === SUDO_UID);
  return fields && { uid: Number(SUDO_UID), gid: Number(fields[3]), home: fields[5] ?? "/" };
}
