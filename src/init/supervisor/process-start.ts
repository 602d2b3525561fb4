import * as native from "native";
import { errnoText, InitError } from "../system/errors.ts";
import { findExecutable } from "../system/executable.ts";
import type { Identity } from "./identity.ts";

export interface ProcessStart {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where argv[0] is looked for when it has no slash. */
  readonly path: string;
  readonly cwd: string;
  readonly identity: Identity;
  /** Become descriptors 0, 1, 2…; -1 leaves one out. */
  readonly fds: readonly number[];
  /** Stay open under their own numbers. */
  readonly keep?: readonly number[];
  /** Pairs of a resource and its limit. */
  readonly limits?: readonly number[];
}

/** Starts a program in a session and a process group of its own; its pid. Throws InitError. */
export function startProcess({ argv, env, path, cwd, identity, fds, keep, limits }: ProcessStart): number {
  const name = argv[0] ?? "";
  const executable = findExecutable(name, [`PATH=${path}`], cwd);
  if ("error" in executable) throw new InitError("cannot-start", executable.error);
  const started = native.spawn({
    file: executable.file,
    argv,
    env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    cwd,
    ...identity,
    fds,
    keep: keep ?? [],
    terminal: 0,
    umask: -1,
    limits: limits ?? [],
  });
  if (typeof started === "number") return started;
  const { call, error } = started;
  const what = call === "exec" ? `exec ${executable.file}` : call === "chdir" ? `working_dir ${cwd}` : call;
  throw new InitError("cannot-start", `${what}: ${errnoText(error)}`);
}

/** Of asm-generic/resource.h, by the name behind `rlimit_`. */
const resources: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  ofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

/** Throws InitError for a resource that Linux does not have. */
export function limitPairs(rlimits: Readonly<Record<string, number>>): readonly number[] {
  return Object.entries(rlimits).flatMap(([name, value]) => {
    const resource = resources[name.toLowerCase()];
    if (resource === undefined) throw new InitError("bad-rlimit", `unknown rlimit "${name}"`);
    return [resource, value];
  });
}
