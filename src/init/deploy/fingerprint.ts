import * as native from "native";
import { within } from "../launch/paths.ts";
import type { Settings } from "../launch/settings.ts";
import { type Value, valueAt } from "../launch/value.ts";
import { check, ENOENT } from "../system/errors.ts";
import { statFile } from "../system/files.ts";
import { glob } from "../system/glob.ts";
import type { Declarations } from "./declarations.ts";

export interface Fingerprint {
  /** Changes when anything does that the step depends on. */
  readonly digest: string;
  /** Declared inputs that match nothing. */
  readonly missing: readonly string[];
}

/** `files`: the step's own, with absolute paths. */
export function takeFingerprint(files: readonly string[], declared: Declarations, settings: Settings): Fingerprint {
  const { launch, configuration } = settings;
  const missing: string[] = [];
  const inputs = declared.inputs.map((pattern) => {
    const paths = glob(within(launch.project, pattern));
    if (paths.length === 0) missing.push(pattern);
    return [pattern, paths.map(describeTree)];
  });
  const values: Value =
    declared.configuration?.map((key) => valueAt(configuration, key.split(".")) ?? null) ?? configuration;
  const digest = native.digestText(
    JSON.stringify([files.map(describeTree), inputs, values, declared.configuration ?? null]),
  );
  return { digest, missing };
}

/** What counts of a file or folder: names, kinds, modes, contents. */
function describeTree(path: string): unknown[] {
  const found = statFile(path, false);
  if (found === undefined) return [path, -ENOENT];
  const { type, mode, target } = found;
  if (type === "symlink") return [path, type, target];
  if (type === "file") return [path, type, mode, check(native.digestFile(path), () => `read ${path}`)];
  if (type !== "directory") return [path, type, mode];
  const names = check<string[]>(native.readdir(path), () => `read ${path}`).sort();
  return [path, type, mode, names.map((name) => describeTree(`${path}/${name}`))];
}
