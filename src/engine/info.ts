import type { EngineClient } from "./client.ts";

export interface EngineInfo {
  readonly name: "Docker" | "Podman";
  readonly version: string;
  /** Newest that the engine speaks; what is spoken with it is `engine.apiVersion()`. */
  readonly apiVersion: string;
  readonly os: string;
  /** Go's name: `amd64`. */
  readonly architecture: string;
  readonly kernel: string;
  /** The machine's name in its own words: `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string;
  readonly storageDriver: string;
  /** Where the engine keeps its data, on its own machine. */
  readonly rootDir: string;
  /** `POST /build` can run on BuildKit. */
  readonly buildkit: boolean;
  /** Images are kept in containerd, not in the engine's own graph drivers. */
  readonly containerdStore: boolean;
  readonly cgroupVersion: string;
  readonly cgroupDriver: string;
  readonly rootless: boolean;
  /** `seccomp`, `apparmor`, `userns`… */
  readonly securityOptions: readonly string[];
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly swarm: boolean;
  readonly components: readonly { readonly name: string; readonly version: string }[];
  readonly warnings: readonly string[];
}

interface VersionJson {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion?: string;
  readonly Components?: readonly { readonly Name: string; readonly Version: string }[];
}

interface InfoJson {
  readonly Driver: string;
  readonly DriverStatus?: readonly (readonly [string, string])[] | null;
  readonly DockerRootDir: string;
  readonly OperatingSystem: string;
  readonly CgroupVersion?: string;
  readonly CgroupDriver?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly Swarm?: { readonly LocalNodeState?: string };
  readonly Warnings?: readonly string[] | null;
}

export async function describeEngine(
  engine: EngineClient,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<EngineInfo> {
  const [version, info] = await Promise.all([
    engine.json<VersionJson>("GET", "/version", { signal }),
    engine.json<InfoJson>("GET", "/info", { signal }),
  ]);
  const components = (version.Components ?? []).map(({ Name, Version }) => ({
    name: Name,
    version: shortVersion(Version),
  }));
  const podman = components.some(({ name }) => name === "Podman Engine");
  // `name=seccomp,profile=default`
  const securityOptions = (info.SecurityOptions ?? []).map((option) => /^name=([^,]+)/.exec(option)?.[1] ?? option);
  return {
    name: podman ? "Podman" : "Docker",
    version: version.Version,
    apiVersion: version.ApiVersion,
    os: version.Os,
    architecture: version.Arch,
    kernel: version.KernelVersion ?? "",
    operatingSystem: info.OperatingSystem,
    storageDriver: info.Driver,
    rootDir: info.DockerRootDir,
    // Every dockerd since 18.09 has it; Podman builds with Buildah and knows no `version=2`.
    buildkit: !podman && version.Os === "linux",
    containerdStore: (info.DriverStatus ?? []).some(
      ([key, value]) => key === "driver-type" && value.includes("containerd"),
    ),
    cgroupVersion: info.CgroupVersion ?? "1",
    cgroupDriver: info.CgroupDriver ?? "",
    rootless: securityOptions.includes("rootless"),
    securityOptions,
    cpus: info.NCPU,
    memory: info.MemTotal,
    swarm: info.Swarm?.LocalNodeState === "active",
    components,
    warnings: info.Warnings ?? [],
  };
}

/** Podman gives whole paragraphs: `conmon version 2.1.6, commit: unknown`. */
function shortVersion(text: string): string {
  return /\d+\.\d[\w.+~-]*/.exec(text)?.[0] ?? text;
}
