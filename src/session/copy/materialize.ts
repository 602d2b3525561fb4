import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CopyOperation } from "../../dockerfile/plan-types.ts";
import { createCopyMeter } from "./copy-meter.ts";
import { openDestination } from "./destination.ts";
import { copyDialects } from "./dialect.ts";
import { needsBuilder, needsBuilderError } from "./engine-files.ts";
import { parseChmod } from "./mode.ts";
import { type OpenedSource, openSources } from "./open-sources.ts";
import { resolveOwner } from "./owner.ts";
import { type Placing, placeSource } from "./place.ts";
import { type TarMember, writeTar } from "./tar-writer.ts";
import type { CopyDependencies, CopyProgress } from "./types.ts";
import { unpackSource } from "./unpack.ts";

/**
 * Does a COPY or ADD in the session's container, with the result that BuildKit's would have. Files stream from where they
 * are into the container; nothing is sent before every source is known to be there and right.
 * Rejects with NEEDS_BUILDER where files take part that the engine keeps as its own in a container.
 * Errors: COPY_*, URL_*, GIT_*, CHECKSUM_*, PROGRAM_MISSING and what the agent can't do.
 */
export async function materializeCopy(
  operation: CopyOperation,
  deps: CopyDependencies,
  signal?: AbortSignal,
): Promise<CopyProgress> {
  if (needsBuilder(operation)) throw needsBuilderError(operation.destination);
  const dialect = deps.dialect ?? copyDialects.current;
  const chmod = operation.chmod === undefined ? undefined : parseChmod(operation.chmod);
  const owner = operation.chown === undefined ? undefined : await resolveOwner(operation.chown, deps.agent);
  const scratch = await mkdtemp(join(tmpdir(), "slipway-copy-"));
  try {
    const sources = await openSources(operation, deps, { dialect, scratch, signal });
    const meter = createCopyMeter(deps.onProgress);
    // BuildKit links a layer only when the modes stay as they are.
    const ownLayer = operation.link && dialect.linksLayers && chmod === undefined;
    const placing: Placing = {
      destination: openDestination(ownLayer ? undefined : deps.agent),
      owner,
      chmod,
      dialect,
      meter,
      now: BigInt(Date.now()) * 1_000_000n,
    };
    const members = placeSources(placing, sources, operation.destination, signal);
    const { uid, gid } = owner ?? { uid: 0, gid: 0 };
    await deps.agent.extract(writeTar(members), {
      parentUid: uid,
      parentGid: gid,
      // A copy has its own, stricter rules, which placeSource holds.
      replace: ownLayer || sources.some(({ unpack }) => unpack),
      ...(signal === undefined ? {} : { signal }),
    });
    deps.onProgress?.(meter.progress);
    return meter.progress;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function* placeSources(
  placing: Placing,
  sources: readonly OpenedSource[],
  to: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<TarMember> {
  for (const source of sources) {
    const members = source.unpack ? unpackSource(placing, source, to) : placeSource(placing, source, to);
    for await (const member of members) {
      signal?.throwIfAborted();
      yield member;
    }
  }
}
