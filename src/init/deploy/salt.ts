import * as native from "native";
import { UsageError } from "../launch/command-line.ts";
import type { LaunchFile } from "../launch/launch-file.ts";
import { findExecutable } from "../system/executable.ts";
import { isDirectory } from "../system/files.ts";

/** Whether makina-states' way is the project's: it has `.salt`, the image has salt. */
export function hasSalt(launch: LaunchFile, environment: readonly string[]): boolean {
  return isDirectory(native.stat(`${launch.project}/.salt`)) && "file" in findExecutable("salt-call", environment, "/");
}

/** Steps are given as mc_project.deploy takes them. Throws UsageError for what salt has no way to do. */
export function saltCommand(launch: LaunchFile, options: DeployOptions): string[] {
  const unknown = options.list ? "--list" : options.force ? "--force" : undefined;
  if (unknown !== undefined)
    throw new UsageError(`${unknown}: this project is deployed by salt`, "salt has states of its own");
  const only = options.only.length > 0 ? ["only=install", `only_steps=${options.only.join(",")}`] : [];
  return ["salt-call", "--local", "--retcode-passthrough", "mc_project.deploy", launch.name, ...only];
}

export interface DeployOptions {
  /** Names or numbers of steps; empty: all. */
  readonly only: readonly string[];
  readonly force: boolean;
  readonly list: boolean;
}
