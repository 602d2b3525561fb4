import type { EngineClient } from "./client.ts";
import { pathPart } from "./request.ts";

export interface Volume {
  readonly name: string;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mountpoint: string;
  readonly created: Date | undefined;
}

interface VolumeJson {
  readonly Name: string;
  readonly Driver: string;
  readonly Labels: Record<string, string> | null;
  readonly Mountpoint: string;
  readonly CreatedAt?: string;
}

interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A volume of that name that exists already is given back as it is, with its own labels. */
export async function createVolume(
  engine: EngineClient,
  volume: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Of the local driver: `type`, `device`, `o` as mount(8) takes them. */
    readonly driverOptions?: Readonly<Record<string, string>>;
  },
  { signal }: WaitOptions = {},
): Promise<Volume> {
  const body = { Name: volume.name, Labels: volume.labels, DriverOpts: volume.driverOptions };
  return parseVolume(await engine.json<VolumeJson>("POST", "/volumes/create", { body, signal }));
}

/** False when there was none. A volume in use is an EngineError of kind conflict. */
export async function removeVolume(
  engine: EngineClient,
  name: string,
  { force, signal }: WaitOptions & { readonly force?: boolean } = {},
): Promise<boolean> {
  const query = { force };
  return (await engine.execute("DELETE", `/volumes/${pathPart(name)}`, { query, okStatuses: [404], signal })) !== 404;
}

export interface VolumeFilters {
  /** `KEY` or `KEY=VALUE`; all must match. */
  readonly label?: readonly string[];
  readonly name?: readonly string[];
  readonly dangling?: readonly ["true" | "false"];
}

export async function listVolumes(
  engine: EngineClient,
  filters: VolumeFilters = {},
  { signal }: WaitOptions = {},
): Promise<readonly Volume[]> {
  const answer = await engine.json<{ Volumes: VolumeJson[] | null }>("GET", "/volumes", { query: { filters }, signal });
  return (answer.Volumes ?? []).map(parseVolume);
}

function parseVolume(json: VolumeJson): Volume {
  return {
    name: json.Name,
    driver: json.Driver,
    labels: json.Labels ?? {},
    mountpoint: json.Mountpoint,
    created: json.CreatedAt === undefined ? undefined : new Date(json.CreatedAt),
  };
}
