import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { enterStage } from "../../src/dockerfile/enter-stage.ts";
import { evaluate } from "../../src/dockerfile/evaluate.ts";
import { emptyImageConfig } from "../../src/dockerfile/image-config.ts";
import { parseDockerfile } from "../../src/dockerfile/parse.ts";
import { planBuild } from "../../src/dockerfile/plan.ts";
import type { CopyOperation, Source } from "../../src/dockerfile/plan-types.ts";
import { type EngineClient, isNotFound } from "../../src/engine/client.ts";
import { getArchive } from "../../src/engine/containers.ts";
import { readTar } from "../../src/session/copy/tar-reader.ts";

const linux = { os: "linux", architecture: "amd64", variant: undefined };

/** The COPY or ADD that a Dockerfile ends with, as a session would do it. */
export function lastCopy(text: string): CopyOperation {
  const plan = planBuild(parseDockerfile(text), {
    target: undefined,
    buildArgs: {},
    targetPlatform: linux,
    buildPlatform: linux,
    contexts: [],
  });
  const { state } = enterStage(plan, plan.targetIndex, { config: emptyImageConfig, platform: linux });
  const instruction = plan.stages[plan.targetIndex]!.stage.instructions.at(-1)!;
  const { operation } = evaluate(state, instruction);
  if (operation.kind !== "copy" && operation.kind !== "add") throw new Error(`${text} does not end in a COPY or ADD`);
  return operation;
}

/** Builds with the BuildKit inside the engine, through the docker client of Debian. */
export async function dockerBuild(context: string, dockerfile: string, args: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-copy-oracle-"));
  try {
    const file = join(folder, "Dockerfile");
    await writeFile(file, dockerfile);
    const { all } = await execa(
      "/usr/bin/docker",
      ["build", "--no-cache", "--progress=plain", "-f", file, ...args, context],
      {
        env: { DOCKER_BUILDKIT: "1" },
        all: true,
      },
    );
    return all;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Paths that the engine itself puts into every container. */
const engineOwn = /^\/(dev|proc|sys|\.dockerenv|etc\/(hosts|hostname|resolv\.conf|mtab))(\/|$)/;

/**
 * What is in a folder of a container, one line for each path: type, mode, owner, size, content, links, attributes, and the
 * time of what is no folder.
 */
export async function listFiles(engine: EngineClient, container: string, folder: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const member of readTar(await getArchive(engine, container, folder))) {
    const path = cleanName(member.name, folder);
    if (path === "" || engineOwn.test(path)) continue;
    const hash = createHash("sha256");
    for await (const chunk of member.content()) hash.update(chunk);
    const { type, mode, uid, gid, size, target, hardLink, device, xattrs, modified } = member;
    const parts = [path, type, mode.toString(8), `${uid}:${gid}`];
    if (type !== "directory") parts.push(`at ${modified / 1_000_000_000n}`);
    if (type === "file") parts.push(String(size), hash.digest("hex").slice(0, 8));
    if (target !== undefined) parts.push(`-> ${target}`);
    if (hardLink !== undefined) parts.push(`= ${cleanName(hardLink, folder)}`);
    if (device !== undefined) parts.push(`${device.major},${device.minor}`);
    for (const [name, value] of xattrs) parts.push(`${name}=${value.toString("hex")}`);
    lines.push(parts.join(" "));
  }
  return lines.sort();
}

function cleanName(name: string, folder: string): string {
  const path = `/${name.replace(/\/$/, "").replace(/^\/+/, "")}`;
  if (folder === "/") return path === "/" ? "" : path;
  return path.slice(folder.length);
}

export async function archiveOrNothing(engine: EngineClient, container: string, path: string) {
  try {
    return await getArchive(engine, container, path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export type FilesOf = (source: Extract<Source, { kind: "stage" | "image" }>) => string;

/** Makes a folder with files by name; parents too. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
