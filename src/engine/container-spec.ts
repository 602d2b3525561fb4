import type { Healthcheck } from "../dockerfile/image-config.ts";

/** What a container is made from; what is left out comes from the image. */
export interface ContainerSpec {
  readonly name?: string | undefined;
  readonly image: string;
  /** Empty: none, whatever the image says. */
  readonly entrypoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  /** `KEY=value` */
  readonly env?: readonly string[] | undefined;
  /** As in USER. */
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly hostname?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly openStdin: boolean;
  /** Standard input ends for good when the first attached client ends or leaves; else it outlives each of them. */
  readonly stdinOnce?: boolean | undefined;
  readonly tty: boolean;
  /** `none`, `host`, `bridge`, a network's name, `container:ID`. */
  readonly networkMode?: string | undefined;
  readonly capAdd?: readonly string[] | undefined;
  readonly capDrop?: readonly string[] | undefined;
  readonly securityOptions?: readonly string[] | undefined;
  readonly privileged?: boolean | undefined;
  readonly mounts?: readonly MountSpec[] | undefined;
  readonly ports?: readonly PortSpec[] | undefined;
  /** `name:address` */
  readonly extraHosts?: readonly string[] | undefined;
  readonly dns?: readonly string[] | undefined;
  /** `json-file`, `none`… */
  readonly logDriver?: string | undefined;
  readonly stopSignal?: string | undefined;
  /** `linux/arm64/v8` */
  readonly platform?: string | undefined;
  /** The engine's own small PID 1. */
  readonly init?: boolean | undefined;
  readonly devices?:
    | readonly { readonly host: string; readonly container: string; readonly permissions?: string }[]
    | undefined;
  /** `c 10:200 rwm` */
  readonly deviceCgroupRules?: readonly string[] | undefined;
  readonly healthcheck?: Healthcheck | undefined;
  readonly autoRemove?: boolean | undefined;
  readonly readOnlyRoot?: boolean | undefined;
  /** Bytes. */
  readonly memory?: number | undefined;
  readonly pidsLimit?: number | undefined;
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[] | undefined;
  readonly sysctls?: Readonly<Record<string, string>> | undefined;
  readonly cgroupParent?: string | undefined;
  /** Bytes of /dev/shm. */
  readonly shmSize?: number | undefined;
  readonly pidMode?: string | undefined;
}

export interface MountSpec {
  readonly type: "volume" | "bind" | "tmpfs";
  /** A volume's name or a path on the engine's machine; empty for tmpfs and for an anonymous volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** An empty volume is not filled from the image. */
  readonly noCopy?: boolean | undefined;
  /** Bytes, for tmpfs. */
  readonly size?: number | undefined;
  /** Permission bits, for tmpfs. */
  readonly mode?: number | undefined;
}

export interface PortSpec {
  /** `80/tcp` */
  readonly container: string;
  readonly hostIp?: string | undefined;
  /** Undefined: a free one. */
  readonly host?: string | undefined;
}

export function printContainerSpec(spec: ContainerSpec): object {
  return {
    Image: spec.image,
    Entrypoint: spec.entrypoint,
    Cmd: spec.command,
    Env: spec.env,
    User: spec.user,
    WorkingDir: spec.workingDir,
    Hostname: spec.hostname,
    Labels: spec.labels,
    OpenStdin: spec.openStdin,
    StdinOnce: spec.stdinOnce ?? false,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: spec.tty,
    StopSignal: spec.stopSignal,
    Healthcheck: spec.healthcheck && {
      Test: spec.healthcheck.test,
      Interval: spec.healthcheck.interval,
      Timeout: spec.healthcheck.timeout,
      StartPeriod: spec.healthcheck.startPeriod,
      Retries: spec.healthcheck.retries,
    },
    ExposedPorts: spec.ports && Object.fromEntries(spec.ports.map(({ container }) => [container, {}])),
    HostConfig: printHostConfig(spec),
  };
}

function printHostConfig(spec: ContainerSpec): object {
  return {
    NetworkMode: spec.networkMode,
    CapAdd: spec.capAdd,
    CapDrop: spec.capDrop,
    SecurityOpt: spec.securityOptions,
    Privileged: spec.privileged,
    Mounts: spec.mounts?.map(printMount),
    PortBindings: spec.ports && printPorts(spec.ports),
    ExtraHosts: spec.extraHosts,
    Dns: spec.dns,
    LogConfig: spec.logDriver === undefined ? undefined : { Type: spec.logDriver, Config: {} },
    Init: spec.init,
    Devices: spec.devices?.map(({ host, container, permissions }) => ({
      PathOnHost: host,
      PathInContainer: container,
      CgroupPermissions: permissions ?? "rwm",
    })),
    DeviceCgroupRules: spec.deviceCgroupRules,
    AutoRemove: spec.autoRemove,
    ReadonlyRootfs: spec.readOnlyRoot,
    Memory: spec.memory,
    PidsLimit: spec.pidsLimit,
    Ulimits: spec.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Sysctls: spec.sysctls,
    CgroupParent: spec.cgroupParent,
    ShmSize: spec.shmSize,
    PidMode: spec.pidMode,
  };
}

function printMount(mount: MountSpec): object {
  return {
    Type: mount.type,
    Source: mount.type === "tmpfs" || mount.source === "" ? undefined : mount.source,
    Target: mount.target,
    ReadOnly: mount.readOnly,
    VolumeOptions: mount.type === "volume" && mount.noCopy ? { NoCopy: true } : undefined,
    TmpfsOptions: mount.type === "tmpfs" ? { SizeBytes: mount.size, Mode: mount.mode } : undefined,
  };
}

function printPorts(ports: readonly PortSpec[]): Record<string, object[]> {
  const bindings: Record<string, object[]> = {};
  for (const { container, hostIp, host } of ports) {
    bindings[container] ??= [];
    bindings[container].push({ HostIp: hostIp ?? "", HostPort: host ?? "" });
  }
  return bindings;
}
