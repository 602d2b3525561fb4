import type { Readable } from "node:stream";

/** Where the files of a build come from. */
export type BuildContext =
  | { readonly kind: "folder"; readonly path: string }
  /** A git repository or a tar archive that the engine itself fetches. */
  | { readonly kind: "remote"; readonly url: string }
  /** A tar archive, compressed or not, as it comes: `slipway build - < context.tar`. */
  | { readonly kind: "archive"; readonly stream: Readable }
  /** Nothing but the Dockerfile: `slipway build - < Dockerfile`. */
  | { readonly kind: "empty" };

export type DockerfileSource =
  /** Absolute; inside the context folder or not. */
  | { readonly kind: "file"; readonly path: string }
  /**
   * `ignore`: what stands for the file `NAME.dockerignore` beside it; undefined: the context's own ignore file holds. `name`: what
   * messages call it.
   */
  | {
      readonly kind: "text";
      readonly text: string;
      readonly ignore?: string | undefined;
      readonly name?: string | undefined;
    }
  /** A path within a context that Slipway does not see: remote, or an archive. */
  | { readonly kind: "inside"; readonly path: string };

export interface BuildSecret {
  readonly id: string;
  readonly source: { readonly file: string } | { readonly env: string };
}

export interface ForwardedAgent {
  readonly id: string;
  /** Path of an ssh agent's socket. */
  readonly socket: string;
}

/** What `docker build` can be told, understood: paths are absolute, environment variables looked up. */
export interface BuildOptions {
  readonly context: BuildContext;
  readonly dockerfile: DockerfileSource;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Stage name or number; undefined: the last. */
  readonly target: string | undefined;
  readonly secrets: readonly BuildSecret[];
  readonly sshAgents: readonly ForwardedAgent[];
  /** `--build-context`: an absolute path of a folder, `docker-image://REF`, or the URL of a git repository or an archive. */
  readonly contexts: Readonly<Record<string, string>>;
  /** `default`, `none`, `host`; with the classic builder also the name of a network. */
  readonly network: string | undefined;
  /** `os/architecture[/variant]`; undefined: the engine's own. */
  readonly platform: string | undefined;
  /** `NAME:ADDRESS`; the address `host-gateway` is the engine's machine. */
  readonly addHosts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly noCache: boolean;
  /** Stages whose cache is not used. */
  readonly noCacheFilter: readonly string[];
  readonly pull: boolean;
  readonly cacheFrom: readonly string[];
  /** Where secrets with `env` are read from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder of the docker client's configuration: registry credentials. */
  readonly dockerConfigDir: string;
  /** Undefined: BuildKit where the engine has it. */
  readonly builder: "buildkit" | "classic" | undefined;
}
