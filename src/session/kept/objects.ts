import type { EngineClient } from "../../engine/client.ts";
import { listContainers } from "../../engine/containers.ts";
import { listImages } from "../../engine/images.ts";
import { listVolumes } from "../../engine/volumes.ts";
import { AGENT_LABEL, volumeOfMark } from "../agent/volume.ts";
import { OWNER_LABEL, SESSION_LABEL } from "../replay/container.ts";

/** What an engine has of a session that no folder here knows. */
export interface Orphan {
  readonly engine: string;
  readonly session: string;
  /** This state folder made it; else it may be somebody's who works with the same engine. */
  readonly ours: boolean;
  readonly containers: number;
  readonly images: number;
}

/** Looks for objects with a session's label whose session is not among `known`. `owner`: of this state folder. */
export async function findOrphans(
  engine: EngineClient,
  known: ReadonlySet<string>,
  owner: string | undefined,
): Promise<readonly Orphan[]> {
  const label = [SESSION_LABEL];
  const containers = await listContainers(engine, { all: true, label });
  const images = await listImages(engine, { all: true, label });
  const all = [...containers, ...images].flatMap(({ labels }) => {
    const session = labels[SESSION_LABEL];
    return session === undefined || known.has(session) ? [] : [{ session, owner: labels[OWNER_LABEL] }];
  });
  return [...new Set(all.map(({ session }) => session))].sort().map((session) => {
    const isOf = ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
      labels[SESSION_LABEL] === session;
    return {
      engine: engine.endpoint.url,
      session,
      ours: owner !== undefined && all.every((each) => each.session !== session || each.owner === owner),
      containers: containers.filter(isOf).length,
      images: images.filter(isOf).length,
    };
  });
}

/** Volumes with agents that no container uses but `leaving` ones. */
export async function findIdleAgentVolumes(
  engine: EngineClient,
  leaving: (session: string | undefined) => boolean,
): Promise<readonly string[]> {
  const idle: string[] = [];
  const names = (await listVolumes(engine, { label: [AGENT_LABEL] })).map(({ name }) => name).sort();
  for (const name of names) {
    // No container has the mark of a volume: it goes with that.
    const users = await listContainers(engine, { all: true, volume: [volumeOfMark(name) ?? name] });
    if (users.every(({ labels }) => leaving(labels[SESSION_LABEL]))) idle.push(name);
  }
  return idle;
}
