import type { BuildListener } from "../../build/build-events.ts";
import { buildImage } from "../../build/build-image.ts";
import type { BuildOptions } from "../../build/build-options.ts";
import { hasOurSyntax, loadDockerfile } from "../../build/dockerfile-text.ts";
import { planBuild } from "../../dockerfile/plan.ts";
import { parsePlatform } from "../../dockerfile/platform.ts";
import { type EngineClient, isNotFound } from "../../engine/client.ts";
import { commitContainer } from "../../engine/containers.ts";
import { removeImage } from "../../engine/images.ts";
import { describeEngine } from "../../engine/info.ts";
import { SlipwayError } from "../../errors.ts";
import { emptyRunSettings } from "../../project/run-settings.ts";
import { Ledger } from "../history/ledger.ts";
import type { Beginning } from "../history/records.ts";
import { planOptionsOf } from "../plan-options.ts";
import { SessionSecrets } from "../secrets/session-secrets.ts";
import { listSessionIds, type ReadJournal, readJournal } from "../state/journal.ts";
import { lockSession } from "../state/lock.ts";
import { buildFromStates } from "./build-from-states.ts";
import { findBases } from "./find-bases.ts";
import { runsAsInABuild } from "./session-states.ts";
import { evaluatePlan } from "./wanted-plan.ts";

export interface SessionAsCache {
  readonly stateDir: string;
  /** Undefined: the newest one of the build's context and Dockerfile. */
  readonly id: string | undefined;
  readonly listener: BuildListener;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `slipway build --cache-from type=session`: builds with what a session on this machine holds.
 * Errors: as buildImage; SESSION_UNKNOWN, SESSION_UNREADABLE for a session that was named.
 */
export async function buildFromSession(
  engine: EngineClient,
  options: BuildOptions,
  cache: SessionAsCache,
): Promise<{ readonly imageId: string }> {
  const { listener, signal } = cache;
  const without = async (why: string) => {
    listener({ type: "notice", message: `nothing is taken from a session: ${why}` });
    return await buildImage(engine, options, listener, signal);
  };
  const { context, dockerfile: source } = options;
  if (context.kind !== "folder" || source.kind !== "file")
    return await without("the context is no folder with a Dockerfile");
  if (options.pull) return await without("--pull may bring other base images");
  const journal = await findJournal(cache, context.path, source.path);
  if (!journal) return await without(`there is none of ${source.path}`);
  const session = journal.beginning;
  const difference = findDifference(engine, session, options);
  if (difference !== undefined) return await without(`the session ${session.id} has ${difference}`);
  const dockerfile = (await loadDockerfile(source))!;
  if (!hasOurSyntax(dockerfile.model.directives.syntax)) return await without("the Dockerfile has another syntax");

  const info = await describeEngine(engine, { signal });
  const local = { os: info.os, architecture: info.architecture, variant: undefined };
  const { target, buildArgs, contexts } = options;
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform, local);
  const plan = planBuild(
    dockerfile.model,
    planOptionsOf(info, { dockerfilePath: source.path, target, buildArgs, platform, contexts }),
  );
  const bases = await findBases(engine, plan, contexts);
  const secrets = await SessionSecrets.read({ ...options, runSettings: emptyRunSettings }, session.id);
  await using images = imagesOfContainers(engine, cache.stateDir, session.id);
  return await buildFromStates(
    engine,
    {
      engine,
      wanted: evaluatePlan(plan, (index) => bases.get(index), secrets),
      baseOf: (index) => bases.get(index),
      context: session.options.context === context.path ? context.path : undefined,
      dockerfilePath: source.path,
      excluded: new Set(
        plan.stages.flatMap(({ stage }) => (isFiltered(stage.name, stage.index, options) ? [stage.index] : [])),
      ),
      ledger: readLedger(journal),
      commit: images.commit,
    },
    options,
    { session: session.id, listener, signal },
  );
}

function isFiltered(name: string | undefined, index: number, { noCacheFilter }: BuildOptions): boolean {
  return noCacheFilter.some((filter) => filter.toLowerCase() === name || filter === String(index));
}

async function findJournal(
  { stateDir, id }: SessionAsCache,
  context: string,
  dockerfilePath: string,
): Promise<ReadJournal | undefined> {
  if (id !== undefined) return await readJournal(stateDir, id);
  for (const candidate of await listSessionIds(stateDir)) {
    try {
      const journal = await readJournal(stateDir, candidate);
      const { options } = journal.beginning;
      if (options.context === context && options.dockerfilePath === dockerfilePath) return journal;
    } catch (error) {
      // Nobody asked for this one: another version of slipway made it, or it is being removed.
      if (!(error instanceof SlipwayError)) throw error;
    }
  }
  return undefined;
}

/** Options that say how every step runs. Others are part of what a step asks for, and compared there. */
function findDifference(engine: EngineClient, session: Beginning, options: BuildOptions): string | undefined {
  const differs = (a: unknown, b: unknown) => JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);
  if (session.engine !== engine.endpoint.url) return "another engine";
  if (differs(session.options.network, options.network)) return "another --network";
  if (differs(session.options.addHosts, options.addHosts)) return "other hosts (--add-host)";
  if (!runsAsInABuild(session.options.runSettings)) return "settings that no build has (--run-arg, --compose)";
  return undefined;
}

/** Applies what a journal says; nothing can happen in it. */
function readLedger({ records }: ReadJournal): Ledger {
  const ledger = new Ledger(() => {
    throw new Error("this session is only looked at");
  });
  for (const record of records) ledger.apply(record);
  return ledger;
}

/** Commits containers of a session that nobody works in; while it is open, only what is kept as an image counts. */
function imagesOfContainers(
  engine: EngineClient,
  stateDir: string,
  id: string,
): AsyncDisposable & { commit(container: string, entry: number): Promise<string | undefined> } {
  const images: string[] = [];
  return {
    async commit(container, entry) {
      await using lock = await lockUnlessBusy(stateDir, id);
      if (!lock) return undefined;
      const now = readLedger(await readJournal(stateDir, id)).containers.get(container);
      if (now?.holds !== entry || now.busy !== undefined) return undefined;
      try {
        const image = await commitContainer(engine, container, { pause: false });
        images.push(image);
        return image;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      for (const image of images) await removeImage(engine, image, { force: false });
    },
  };
}

async function lockUnlessBusy(stateDir: string, id: string): Promise<AsyncDisposable | undefined> {
  try {
    return await lockSession(stateDir, id);
  } catch (error) {
    if (error instanceof SlipwayError && error.code === "SESSION_BUSY") return undefined;
    throw error;
  }
}
