import { ExitCode, SlipwayError } from "../errors.ts";

/** Where an engine listens. `url` is what a person would give with --host. */
export type Endpoint = UnixEndpoint | TcpEndpoint | SshEndpoint;

/** A named pipe of Windows too: node:net takes its path alike. */
export interface UnixEndpoint {
  readonly kind: "unix";
  readonly url: string;
  readonly path: string;
}

export interface TcpEndpoint {
  readonly kind: "tcp";
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMaterial | undefined;
}

export interface SshEndpoint {
  readonly kind: "ssh";
  readonly url: string;
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** The engine's socket on the other machine; undefined: what its docker client takes by itself. */
  readonly socket: string | undefined;
}

/** PEM texts. Without `verify` any server certificate is taken, as the docker client's `--tls` does. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly verify: boolean;
}

export function unixEndpoint(path: string): UnixEndpoint {
  return { kind: "unix", url: `unix://${path}`, path };
}

/** Reads an address as --host and DOCKER_HOST have it. `tls` applies to TCP only. Errors: ENGINE_ADDRESS_INVALID. */
export function parseEndpoint(address: string, tls: TlsMaterial | undefined): Endpoint {
  const [, scheme = "tcp", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(address.trim())!;
  switch (scheme.toLowerCase()) {
    case "unix":
      if (!rest.startsWith("/")) throw invalid(address, "the socket's path must be absolute");
      return unixEndpoint(rest);
    case "npipe":
      return { kind: "unix", url: address, path: rest.replaceAll("/", "\\") };
    case "tcp":
    case "http":
    case "https":
      return parseTcp(address, scheme === "https" && tls === undefined ? systemTrust : tls, rest);
    case "ssh":
      return parseSsh(address);
    case "fd":
      throw invalid(address, "fd:// is an address for a daemon to listen at, not one to reach it");
    default:
      throw invalid(address, `unsupported scheme ${scheme}://`);
  }
}

const systemTrust: TlsMaterial = { ca: undefined, cert: undefined, key: undefined, verify: true };

function parseTcp(address: string, tls: TlsMaterial | undefined, rest: string): TcpEndpoint {
  const url = parseUrl(address, `http://${rest}`);
  if (url.username !== "" || url.pathname !== "/" || url.search !== "")
    throw invalid(address, "expected a host and a port only");
  // URL drops 80, the port that it holds for usual.
  const port = /:80\/?$/.test(rest) ? 80 : Number(url.port) || (tls === undefined ? 2375 : 2376);
  return {
    kind: "tcp",
    url: `tcp://${url.host.replace(/:\d+$/, "")}:${port}`,
    host: withoutBrackets(url.hostname),
    port,
    tls,
  };
}

function parseSsh(address: string): SshEndpoint {
  const url = parseUrl(address, address);
  if (url.password !== "") throw invalid(address, "a password does not belong into an address: use a key");
  if (url.search !== "" || url.hash !== "") throw invalid(address, "expected ssh://[USER@]HOST[:PORT][/SOCKET]");
  const host = withoutBrackets(url.hostname);
  // ssh would take it for an option, whatever the `--` before it.
  if (host.startsWith("-") || url.username.startsWith("-")) throw invalid(address, "a host begins with no hyphen");
  return {
    kind: "ssh",
    url: address,
    host,
    user: decodeURIComponent(url.username) || undefined,
    port: Number(url.port) || undefined,
    socket: url.pathname.length > 1 ? decodeURIComponent(url.pathname) : undefined,
  };
}

function parseUrl(address: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "") throw invalid(address, "it names no host, or a wrong port");
  return url;
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

function invalid(address: string, why: string): SlipwayError {
  return new SlipwayError("ENGINE_ADDRESS_INVALID", `invalid engine address ${JSON.stringify(address)}: ${why}`, {
    hint: "write it like unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST",
    exitCode: ExitCode.usage,
  });
}
