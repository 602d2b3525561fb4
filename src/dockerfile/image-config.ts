/** An image's configuration, engine-neutral; `engine/` translates it to and from the OCI image specification's JSON. */
export interface ImageConfig {
  readonly user: string;
  /** `80/tcp`, in order of appearance. */
  readonly exposedPorts: readonly string[];
  /** `KEY=value`, in order of first assignment. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[] | undefined;
  readonly cmd: readonly string[] | undefined;
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string | undefined;
  readonly shell: readonly string[] | undefined;
  readonly onBuild: readonly string[];
  readonly healthcheck: Healthcheck | undefined;
  /** BuildKit sets it with every CMD; only Windows reads it. */
  readonly argsEscaped: boolean;
  /** MAINTAINER. Stands beside the configuration in the image's JSON. */
  readonly author?: string | undefined;
}

/** Durations in nanoseconds; 0 means the engine's default. `test: ["NONE"]` switches an inherited check off. */
export interface Healthcheck {
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | undefined;
}

export const emptyImageConfig: ImageConfig = {
  user: "",
  exposedPorts: [],
  env: [],
  entrypoint: undefined,
  cmd: undefined,
  volumes: [],
  workingDir: "",
  labels: {},
  stopSignal: undefined,
  shell: undefined,
  onBuild: [],
  healthcheck: undefined,
  argsEscaped: false,
};
