import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { enterStage } from "../../src/dockerfile/enter-stage.ts";
import { evaluate } from "../../src/dockerfile/evaluate.ts";
import { emptyImageConfig } from "../../src/dockerfile/image-config.ts";
import { parseDockerfile } from "../../src/dockerfile/parse.ts";
import { planBuild } from "../../src/dockerfile/plan.ts";
import type { CopyOperation } from "../../src/dockerfile/plan-types.ts";
import { type EngineClient, isNotFound } from "../../src/engine/client.ts";
import { createContainer, getArchive } from "../../src/engine/containers.ts";
import type { CopyDialect } from "../../src/session/copy/dialect.ts";
import { materializeCopy } from "../../src/session/copy/materialize.ts";
import { readTar } from "../../src/session/copy/tar-reader.ts";
import type { CopyDependencies, CopyProgress } from "../../src/session/copy/types.ts";
import { dockerClient } from "../equality/docker.ts";
import { agentContainers } from "./agent-container.ts";
import { answer, baseSteps, ignorePatterns, makeContext, sourceSteps } from "./copy-context.ts";
import { uniqueName } from "./fixture.ts";

export interface CopyBench extends AsyncDisposable {
  /** The files that BuildKit's result for a case has. */
  expected(index: number): Promise<string[]>;
  /** Those that Slipway's has. */
  actual(line: string): Promise<readonly string[]>;
  /** Does one in a container of its own. */
  copy(
    line: string,
    more?: Partial<CopyDependencies>,
    signal?: AbortSignal,
  ): Promise<{ readonly result: CopyProgress; readonly files: readonly string[] }>;
  readonly context: string;
}

export interface BenchOptions {
  readonly engine: EngineClient;
  /** For the docker client. */
  readonly host: string;
  /** This machine, as the engine reaches it. */
  readonly address: string;
  readonly dialect: CopyDialect;
}

/** Has the engine's BuildKit do all cases, each in a stage of its own that starts on `baseSteps`. */
export async function openCopyBench(cases: readonly string[], options: BenchOptions): Promise<CopyBench> {
  const { engine, host, dialect } = options;
  const label = uniqueName("copy");
  const containers = agentContainers(label, engine);
  const [base, source, oracle] = ["base", "source", "oracle"].map((name) => `${label}:${name}`) as [
    string,
    string,
    string,
  ];
  const context = await mkdtemp(join(tmpdir(), "slipway-copy-context-"));
  const server = createServer(answer).listen(0, options.address);
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://${options.address}:${(server.address() as AddressInfo).port}`;
  const instruction = (line: string) => line.replaceAll("URL", url);

  await makeContext(context);
  await dockerBuild(host, context, baseSteps, base);
  await dockerBuild(host, context, sourceSteps, source);
  // One build for all: each case is a stage, and its files a folder of the last one.
  const stages = cases.map((line, index) => `FROM ${base} AS case-${index}\n${instruction(line)}\n`).join("");
  const gather = cases.map((_, index) => `COPY --from=case-${index} / /${index}\n`).join("");
  if (cases.length > 0)
    await dockerBuild(host, context, `FROM ${source} AS source\n${stages}FROM scratch\n${gather}`, oracle);
  const neverStarted = (image: string) =>
    createContainer(engine, {
      image,
      entrypoint: ["/none"],
      labels: { "slipway.test": label },
      openStdin: false,
      tty: false,
      networkMode: "none",
    });
  const sourceContainer = await neverStarted(source);
  const oracleContainer = cases.length > 0 ? await neverStarted(oracle) : "";

  const bench: CopyBench = {
    context,
    expected: (index) => listFiles(engine, oracleContainer, `/${index}`),
    actual: async (line) => (await bench.copy(line)).files,
    async copy(line, more, signal) {
      const { id, agent } = await containers.start(base);
      await using _ = agent;
      const operation = lastCopy(`FROM ${source} AS source\nFROM ${base}\n${instruction(line)}\n`);
      const result = await materializeCopy(
        operation,
        {
          agent,
          context,
          ignorePatterns,
          ignoreFile: ".dockerignore",
          contexts: {},
          archiveOf: (_, path) => archiveOrNothing(engine, sourceContainer, path),
          dialect,
          place: "Dockerfile:3",
          ...more,
        },
        signal,
      );
      return { result, files: await listFiles(engine, id, "/") };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await containers.clean();
      await execa(dockerClient, ["rmi", "-f", base, source, oracle], { env: { DOCKER_HOST: host } });
      await rm(context, { recursive: true });
    },
  };
  return bench;
}

const linux = { os: "linux", architecture: "amd64", variant: undefined };

/** The COPY or ADD that a Dockerfile ends with, as a session would do it. */
function lastCopy(text: string): CopyOperation {
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

/** Builds with the BuildKit inside the engine, not from its cache, which does not look at times. */
async function dockerBuild(host: string, context: string, dockerfile: string, tag: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-copy-oracle-"));
  try {
    const file = join(folder, "Dockerfile");
    await writeFile(file, dockerfile);
    const build = () =>
      execa(dockerClient, ["build", "--no-cache", "--progress=plain", "-f", file, "-t", tag, context], {
        env: { DOCKER_BUILDKIT: "1", DOCKER_HOST: host },
        all: true,
      });
    await build().catch(async (error: { readonly all?: string }) => {
      // BuildKit 0.8 gives up where one of so many stages waits for another for too long; a second time it holds most of them.
      if (!error.all?.includes("flightcontrol: exceeded retry timeout")) throw error;
      await build();
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Milliseconds since 1970. */
const testsBegan = Math.floor(Date.now() / 1000) * 1000;

/** Paths that the engine itself puts into every container. */
const engineOwn = /^\/(dev|proc|sys|\.dockerenv|etc\/(hosts|hostname|resolv\.conf|mtab))(\/|$)/;

/**
 * What is in a folder of a container, one line for each path: type, mode, owner, size, content, links, attributes, and the
 * time of what is no folder, when it is older than the tests.
 */
async function listFiles(engine: EngineClient, container: string, folder: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const member of readTar(await getArchive(engine, container, folder))) {
    const path = cleanName(member.name, folder);
    if (path === "" || engineOwn.test(path)) continue;
    const hash = createHash("sha256");
    for await (const chunk of member.content()) hash.update(chunk);
    const { type, mode, uid, gid, size, target, hardLink, device, xattrs, modified } = member;
    const parts = [path, type, mode.toString(8), `${uid}:${gid}`];
    if (type !== "directory")
      parts.push(Number(modified / 1_000_000n) < testsBegan ? `at ${modified / 1_000_000_000n}` : "new");
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

async function archiveOrNothing(engine: EngineClient, container: string, path: string) {
  try {
    return await getArchive(engine, container, path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
