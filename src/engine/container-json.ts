import type { Container, ContainerStatus, ListedContainer, PublishedPort } from "./containers.ts";

type NetworksJson = Readonly<Record<string, { readonly IPAddress?: string; readonly GlobalIPv6Address?: string }>>;

export interface ContainerJson {
  readonly Id: string;
  readonly Name: string;
  readonly Created: string;
  readonly Image: string;
  readonly Path: string;
  readonly Args: readonly string[] | null;
  readonly State: {
    readonly Status: ContainerStatus;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Health?: { readonly Status?: string } | null;
  };
  readonly Config: {
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly Tty: boolean;
    readonly OpenStdin: boolean;
  };
  readonly NetworkSettings: {
    readonly Networks: NetworksJson | null;
    readonly Ports: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
}

export function parseContainer(json: ContainerJson): Container {
  const { State, Config, NetworkSettings } = json;
  return {
    id: json.Id,
    name: json.Name.replace(/^\//, ""),
    created: new Date(json.Created),
    image: Config.Image,
    imageId: json.Image,
    command: [json.Path, ...(json.Args ?? [])],
    state: {
      status: State.Status,
      exitCode: State.ExitCode,
      pid: State.Pid,
      oomKilled: State.OOMKilled,
      error: State.Error,
      startedAt: parseTime(State.StartedAt),
      finishedAt: parseTime(State.FinishedAt),
      health: State.Health?.Status || undefined,
    },
    ipAddresses: parseAddresses(NetworkSettings.Networks),
    ports: Object.entries(NetworkSettings.Ports ?? {}).flatMap(([container, bindings]): PublishedPort[] =>
      bindings === null || bindings.length === 0
        ? [{ container, hostIp: undefined, host: undefined }]
        : bindings.map(({ HostIp, HostPort }) => ({ container, hostIp: HostIp, host: Number(HostPort) })),
    ),
    labels: Config.Labels ?? {},
    mounts: json.Mounts.map((mount) => ({
      type: mount.Type,
      source: mount.Type === "volume" ? (mount.Name ?? mount.Source) : mount.Source,
      target: mount.Destination,
      readOnly: !mount.RW,
    })),
    tty: Config.Tty,
    openStdin: Config.OpenStdin,
  };
}

export interface ListedContainerJson {
  readonly Id: string;
  readonly Names: readonly string[] | null;
  readonly Created: number;
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  readonly State: ContainerStatus;
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Ports:
    | readonly {
        readonly IP?: string;
        readonly PrivatePort: number;
        readonly PublicPort?: number;
        readonly Type: string;
      }[]
    | null;
  readonly NetworkSettings?: { readonly Networks: NetworksJson | null } | null;
}

export function parseListedContainer(json: ListedContainerJson): ListedContainer {
  return {
    id: json.Id,
    name: (json.Names?.[0] ?? "").replace(/^\//, ""),
    created: new Date(json.Created * 1000),
    image: json.Image,
    imageId: json.ImageID,
    command: json.Command,
    status: json.State,
    statusText: json.Status,
    ipAddresses: parseAddresses(json.NetworkSettings?.Networks),
    ports: (json.Ports ?? []).map(({ IP, PrivatePort, PublicPort, Type }) => ({
      container: `${PrivatePort}/${Type}`,
      hostIp: IP || undefined,
      host: PublicPort || undefined,
    })),
    labels: json.Labels ?? {},
  };
}

function parseAddresses(networks: NetworksJson | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(networks ?? {})
      .map(([network, { IPAddress, GlobalIPv6Address }]) => [network, IPAddress || GlobalIPv6Address || ""] as const)
      .filter(([, address]) => address !== ""),
  );
}

/** Go's zero time stands for "never". */
function parseTime(time: string): Date | undefined {
  return time.startsWith("0001-") ? undefined : new Date(time);
}
