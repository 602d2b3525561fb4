import type { Access, Policy } from "./policy.ts";
import { isSecretName } from "./secrets.ts";

/** A path of a project with what its policy says of it. Made from the parent's, so that a walk asks of each name only once. */
export interface Place {
  /** Below the project, without a first slash; "" is the project itself. */
  readonly path: string;
  readonly access: Access;
  /** The rule that decided; -1: none. */
  readonly rule: number;
  /** A folder that everybody has to pass on the way to something that is served or read-only. */
  readonly passed: boolean;
}

/** The project's own folder. */
export function rootPlace(policy: Policy): Place {
  return makePlace(policy, "", true, { access: "read-write", rule: -1 }, "");
}

/** Something in the folder `parent`. */
export function placeIn(policy: Policy, parent: Place, name: string, isFolder: boolean): Place {
  const path = parent.path === "" ? name : `${parent.path}/${name}`;
  return makePlace(policy, path, isFolder, parent, name);
}

/** The place of any path; all but its last name are folders. */
export function placeAt(policy: Policy, path: string, isFolder: boolean): Place {
  const names = path.split("/").filter((name) => name !== "");
  return names.reduce(
    (parent, name, index) => placeIn(policy, parent, name, index < names.length - 1 || isFolder),
    rootPlace(policy),
  );
}

function makePlace(
  policy: Policy,
  path: string,
  isFolder: boolean,
  inherited: Pick<Place, "access" | "rule">,
  name: string,
): Place {
  const own = policy.rules.findLastIndex(
    ({ matches, foldersOnly }) => (isFolder || !foldersOnly) && matches.test(path),
  );
  const passed = isFolder && policy.rules.some(({ access, above }) => isForEverybody(access) && above.test(path));
  if (own > inherited.rule) return { path, access: policy.rules[own]!.access, rule: own, passed };
  // What looks like a key stays as it is, unless a rule names it.
  if (own < 0 && isSecretName(name)) return { path, access: "exclude", rule: inherited.rule, passed };
  return { path, ...{ access: inherited.access, rule: inherited.rule }, passed };
}

function isForEverybody(access: Access): boolean {
  return access === "served" || access === "read-only";
}
