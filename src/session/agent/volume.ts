import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Pack, pack } from "tar-stream";
import type { Platform } from "../../dockerfile/image-config.ts";
import { type EngineClient, EngineError } from "../../engine/client.ts";
import { createContainer, inspectContainer, putArchive, removeContainer } from "../../engine/containers.ts";
import { importImage, removeImage } from "../../engine/images.ts";
import { createVolume, listVolumes, removeVolume } from "../../engine/volumes.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";

/** Where the volume is mounted in a session's container, read-only. /dev is a tmpfs, so that no layer gets a trace of it. */
export const AGENT_MOUNT = "/dev/slipway";
/** The container's entrypoint. */
export const AGENT_PATH = `${AGENT_MOUNT}/agent`;
/** On everything of the agent's; its value is the digest. */
export const AGENT_LABEL = "slipway.agent";

/** A filler that is older than this was left behind by a program that died. */
const FILLING_TAKES_AT_MOST_MS = 60_000;
const LOOK_AGAIN_MS = 100;

export interface AgentFile {
  readonly name: string;
  readonly content: Buffer;
  readonly mode: number;
}

/**
 * The name of the volume that holds the agent of this installation for a platform: one per content, made when the engine
 * does not have it. A second, empty volume marks it as filled, since a volume's labels cannot change. Rejects with
 * AGENT_PLATFORM where this installation has no agent for the platform.
 */
export async function ensureAgentVolume(
  engine: EngineClient,
  platform: Pick<Platform, "os" | "architecture">,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  return provideVolume(engine, await readAgentFiles(platform), signal);
}

/** The name of the volume with these files. */
export async function provideVolume(
  engine: EngineClient,
  files: readonly AgentFile[],
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  for (const { name, content } of files) hash.update(`${name}\0${content.length}\0`).update(content);
  const digest = hash.digest("hex").slice(0, 12);
  const volume = `slipway-agent-${digest}`;
  while (!(await isFilled(engine, volume, digest, signal))) await fill(engine, volume, digest, files, signal);
  return volume;
}

/** The agent first, then the files that it brings. Rejects with AGENT_PLATFORM where there is none for the platform. */
export async function readAgentFiles({
  os,
  architecture,
}: Pick<Platform, "os" | "architecture">): Promise<AgentFile[]> {
  // Of the bundled program first, then of a source tree.
  const folders = ["../agent/", "../../../dist/agent/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  for (const folder of folders) {
    const content = await readFile(`${folder}slipway-init-${os}-${architecture}`).catch((error) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (content === undefined) continue;
    const shell = await Promise.all(
      (await readdir(`${folder}shell`)).sort().map(async (name) => ({
        name: `shell/${name}`,
        content: await readFile(`${folder}shell/${name}`),
        mode: 0o644,
      })),
    );
    return [{ name: "agent", content, mode: 0o755 }, ...shell];
  }
  throw new SlipwayError("AGENT_PLATFORM", `there is no agent for ${os}/${architecture} in this installation`, {
    hint: "a session needs one for its image's platform; choose another with --platform",
    exitCode: ExitCode.failure,
  });
}

async function isFilled(
  engine: EngineClient,
  volume: string,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const volumes = await listVolumes(engine, { label: [`${AGENT_LABEL}=${digest}`] }, { signal });
  const main = volumes.find(({ name }) => name === volume);
  const mark = volumes.find(({ name }) => name === markOf(volume));
  return main !== undefined && mark !== undefined;
}

const MARK = "-filled";

function markOf(volume: string): string {
  return `${volume}${MARK}`;
}

/** The volume that this one marks as filled; undefined where it is no mark. */
export function volumeOfMark(name: string): string | undefined {
  return name.endsWith(MARK) ? name.slice(0, -MARK.length) : undefined;
}

/** May return without having done it, where another program is at it. The filling container's name is the lock. */
async function fill(
  engine: EngineClient,
  volume: string,
  digest: string,
  files: readonly AgentFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = `${volume}-filler`;
  if (await waitForFiller(engine, name, signal)) return;
  const labels = { [AGENT_LABEL]: digest };
  await removeVolume(engine, markOf(volume), { signal });
  const { labels: present } = await createVolume(engine, { name: volume, labels }, { signal });
  if (present[AGENT_LABEL] !== digest) {
    // An engine makes a volume that a container names: after ours was removed, this one is empty.
    await removeVolume(engine, volume, { signal });
    return;
  }
  // Any image would do, and there may be none.
  const image = await importImage(engine, packFiles([]), { changes: [`LABEL ${AGENT_LABEL}=${digest}`], signal });
  try {
    const filler = await createContainer(
      engine,
      {
        name,
        image,
        entrypoint: [AGENT_PATH],
        labels,
        openStdin: false,
        tty: false,
        networkMode: "none",
        mounts: [{ type: "volume", source: volume, target: AGENT_MOUNT, readOnly: false, noCopy: true }],
      },
      { signal },
    );
    try {
      await putArchive(engine, filler, AGENT_MOUNT, packFiles(files), { signal });
      await createVolume(engine, { name: markOf(volume), labels }, { signal });
    } finally {
      await removeContainer(engine, filler, { force: true });
    }
  } catch (error) {
    // Another program was faster: its filler has the name.
    if (!(error instanceof EngineError && error.kind === "conflict")) throw error;
  } finally {
    await removeImage(engine, image, { force: true });
  }
}

/** Whether there was one. One that does not end is removed: its program died. */
async function waitForFiller(engine: EngineClient, name: string, signal: AbortSignal | undefined): Promise<boolean> {
  const filler = await inspectContainer(engine, name, { signal });
  if (!filler) return false;
  const deadline = Date.now() + FILLING_TAKES_AT_MOST_MS;
  while (Date.now() < deadline) {
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
    if (!(await inspectContainer(engine, filler.id, { signal }))) return true;
  }
  await removeContainer(engine, filler.id, { force: true });
  await removeImage(engine, filler.imageId, { force: true });
  return true;
}

function packFiles(files: readonly AgentFile[]): Pack {
  const tar = pack();
  // The epoch, so that the volume is the same wherever it is filled.
  for (const { name, content, mode } of files) tar.entry({ name, mode, mtime: new Date(0) }, content);
  tar.finalize();
  return tar;
}
