import type { Dialect } from "./dialect.ts";
import type { ImageConfig, Platform } from "./image-config.ts";
import type { Dockerfile, Instruction, Stage } from "./types.ts";

/** Where a stage starts, or where COPY --from and RUN --mount=from take files. */
export type Source =
  | { readonly kind: "scratch" }
  | { readonly kind: "stage"; readonly index: number }
  | { readonly kind: "image"; readonly reference: string; readonly platform: Platform | undefined }
  /** The main build context, or the one of `--build-context NAME=…`. */
  | { readonly kind: "context"; readonly name: string | undefined };

export interface PlannedStage {
  /** Without instructions where a --build-context of its name stands in for it. */
  readonly stage: Stage;
  readonly base: Source;
  readonly platform: Platform;
  /** Indices of the stages whose files it needs, ascending: its base, its COPY --from, its mounts. */
  readonly needs: readonly number[];
}

export interface PlanOptions {
  /** Stage name or number; undefined: the last. */
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly targetPlatform: Platform;
  readonly buildPlatform: Platform;
  /** Names given with --build-context. */
  readonly contexts: readonly string[];
  /** The Dockerfile as the user named it, for messages. */
  readonly file?: string | undefined;
  /** Which BuildKit to agree with where releases differ; undefined: the current one. */
  readonly dialect?: Dialect | undefined;
}

export interface BuildPlan {
  readonly dockerfile: Dockerfile;
  readonly options: PlanOptions;
  /** Every stage of the file, by index. */
  readonly stages: readonly PlannedStage[];
  readonly targetIndex: number;
  /** Indices of the stages that the target needs, itself included, in an order that works. */
  readonly order: readonly number[];
  /** Expanded values of the global ARGs, for stages that declare them again. */
  readonly globalArgs: Readonly<Record<string, string>>;
}

/** What is known at a point between two instructions of a stage. Immutable. */
export interface StageState {
  readonly plan: BuildPlan;
  readonly stageIndex: number;
  readonly config: ImageConfig;
  /** ARGs in scope, in order of declaration; undefined: declared without a value. */
  readonly args: readonly { readonly key: string; readonly value: string | undefined }[];
  /** `KEY=value`: what expansion and RUN see, ENV and ARG together in the order in which they were last set. */
  readonly env: readonly string[];
  /** Whether this stage itself has a CMD, which a later ENTRYPOINT then keeps. */
  readonly cmdSet: boolean;
  readonly platform: Platform;
}

export interface ResolvedMount {
  readonly type: "bind" | "cache" | "tmpfs" | "secret" | "ssh";
  readonly target: string;
  readonly source: string;
  readonly from: Source | undefined;
  readonly readOnly: boolean;
  readonly id: string;
  readonly sharing: "shared" | "private" | "locked";
  readonly required: boolean;
  readonly mode: number | undefined;
  readonly uid: number;
  readonly gid: number;
  /** Bytes, for tmpfs; 0: no limit. */
  readonly size: number;
  /** For a secret that is to be an environment variable. */
  readonly env: string | undefined;
}

export interface RunOperation {
  readonly kind: "run";
  readonly argv: readonly string[];
  /** `KEY=value`: the image's environment, then ARGs and proxies as BuildKit passes them. */
  readonly env: readonly string[];
  readonly workdir: string;
  /** As in USER: `name`, `uid`, `name:group`; empty is root. */
  readonly user: string;
  /** Whether the supplementary groups hold the primary one too. */
  readonly listPrimaryGroup: boolean;
  /** Files that must exist while it runs only: scripts of heredocs (absolute path, content, mode). */
  readonly scripts: readonly { readonly path: string; readonly content: string; readonly mode: number }[];
  readonly mounts: readonly ResolvedMount[];
  readonly network: "default" | "none" | "host";
  readonly security: "sandbox" | "insecure";
}

export interface CopyOperation {
  readonly kind: "copy" | "add";
  readonly from: Source;
  /** Expanded, as patterns. */
  readonly sources: readonly string[];
  /** Heredoc sources. */
  readonly inlineFiles: readonly { readonly name: string; readonly content: string }[];
  /** Absolute; ends in `/` when it was written so. */
  readonly destination: string;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean;
  readonly parents: boolean;
  readonly excludes: readonly string[];
  readonly checksum: string | undefined;
  readonly keepGitDir: boolean;
  readonly unpack: boolean | undefined;
}

/** WORKDIR: the folder is made, for `user`, when it does not exist. */
export interface WorkdirOperation {
  readonly kind: "workdir";
  readonly path: string;
  readonly user: string;
}

/** Changes the configuration only. */
export interface ConfigOperation {
  readonly kind: "config";
}

export type Operation = RunOperation | CopyOperation | WorkdirOperation | ConfigOperation;

export interface Evaluated {
  readonly state: StageState;
  readonly operation: Operation;
  /** As BuildKit writes it into the image's history; empty for ONBUILD, which leaves no entry there. */
  readonly createdBy: string;
}

/** Result of entering a stage: the state before its first instruction, and the base's ONBUILD triggers, parsed. */
export interface Entered {
  readonly state: StageState;
  readonly triggers: readonly Instruction[];
}
