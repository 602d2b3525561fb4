/** Where an engine listens. `url` is what a person would give with --host. */
export type Endpoint = UnixEndpoint | TcpEndpoint | SshEndpoint;

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
