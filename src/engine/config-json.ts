import type { Healthcheck, ImageConfig, Platform } from "../dockerfile/image-config.ts";

/** `config` of the OCI image specification with Docker's additions, as the Engine API and image archives have it. */
export interface ConfigJson {
  readonly User?: string | null;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly ArgsEscaped?: boolean | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string | null;
  readonly Shell?: readonly string[] | null;
  readonly OnBuild?: readonly string[] | null;
  readonly Healthcheck?: HealthcheckJson | null;
}

interface HealthcheckJson {
  readonly Test?: readonly string[] | null;
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export function parseConfig(json: ConfigJson | null | undefined): ImageConfig {
  return {
    user: json?.User ?? "",
    exposedPorts: Object.keys(json?.ExposedPorts ?? {}),
    env: json?.Env ?? [],
    entrypoint: json?.Entrypoint ?? undefined,
    cmd: json?.Cmd ?? undefined,
    volumes: Object.keys(json?.Volumes ?? {}),
    workingDir: json?.WorkingDir ?? "",
    labels: json?.Labels ?? {},
    stopSignal: json?.StopSignal || undefined,
    shell: json?.Shell ?? undefined,
    onBuild: json?.OnBuild ?? [],
    healthcheck: parseHealthcheck(json?.Healthcheck),
    argsEscaped: json?.ArgsEscaped ?? false,
  };
}

function parseHealthcheck(json: HealthcheckJson | null | undefined): Healthcheck | undefined {
  if (json === null || json === undefined) return undefined;
  return {
    test: json.Test ?? [],
    interval: json.Interval ?? 0,
    timeout: json.Timeout ?? 0,
    startPeriod: json.StartPeriod ?? 0,
    startInterval: json.StartInterval ?? 0,
    retries: json.Retries ?? 0,
  };
}

/** Empty members are left out, as BuildKit and Go's `omitempty` do: the same configuration gives the same bytes. */
export function printConfig(config: ImageConfig): ConfigJson {
  return omitEmpty({
    User: config.user,
    ExposedPorts: asSet(config.exposedPorts),
    Env: config.env,
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    Volumes: asSet(config.volumes),
    WorkingDir: config.workingDir,
    Labels: sortKeys(config.labels),
    StopSignal: config.stopSignal,
    Shell: config.shell,
    OnBuild: config.onBuild,
    Healthcheck: config.healthcheck && printHealthcheck(config.healthcheck),
    ArgsEscaped: config.argsEscaped,
  });
}

function printHealthcheck(check: Healthcheck): HealthcheckJson {
  return omitEmpty({
    Test: check.test,
    Interval: check.interval,
    Timeout: check.timeout,
    StartPeriod: check.startPeriod,
    StartInterval: check.startInterval,
    Retries: check.retries,
  });
}

/** A layer's, or a configuration instruction's, line in an image's history, oldest first. */
export interface HistoryEntry {
  readonly created: Date | undefined;
  readonly createdBy: string;
  readonly comment: string | undefined;
  /** No layer belongs to it. */
  readonly emptyLayer: boolean;
}

export interface ImageJson {
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly config: ConfigJson;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly string[] };
  readonly history: readonly HistoryJson[];
}

interface HistoryJson {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The whole configuration object of an image (OCI image specification, "Image JSON"). */
export function printImage(image: {
  readonly platform: Platform;
  readonly created: Date;
  readonly config: ImageConfig;
  readonly layers: readonly string[];
  readonly history: readonly HistoryEntry[];
}): ImageJson {
  return {
    ...(image.config.author ? { author: image.config.author } : {}),
    architecture: image.platform.architecture,
    os: image.platform.os,
    ...(image.platform.variant === undefined ? {} : { variant: image.platform.variant }),
    created: image.created.toISOString(),
    config: printConfig(image.config),
    rootfs: { type: "layers", diff_ids: image.layers },
    history: image.history.map((entry) =>
      omitEmpty({
        created: (entry.created ?? image.created).toISOString(),
        created_by: entry.createdBy,
        comment: entry.comment,
        empty_layer: entry.emptyLayer,
      }),
    ),
  };
}

function asSet(keys: readonly string[]): Record<string, object> {
  return Object.fromEntries([...keys].sort().map((key) => [key, {}]));
}

function sortKeys(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function omitEmpty<T extends object>(object: T): Present<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value))) as Present<T>;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === "" || value === 0 || value === false;
}
