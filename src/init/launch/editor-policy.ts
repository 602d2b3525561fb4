import * as native from "native";
import { decide, type Entry, formatMode, type Wanted } from "../../policy/decide.ts";
import { type Finding, inspectTree } from "../../policy/inspect-tree.ts";
import { rootPlace } from "../../policy/place.ts";
import { entryOf, type OpenFolder, openFolders } from "../permissions/open-folders.ts";
import { type PolicyFolder, readPolicy } from "../permissions/read-policy.ts";
import { check } from "../system/errors.ts";
import { isDirectory } from "../system/files.ts";
import type { Accounts } from "./accounts.ts";
import type { LaunchFile } from "./launch-file.ts";

/** The folders that members of the editor group share in development mode. */
export function editorFolders(launch: LaunchFile): readonly PolicyFolder[] {
  if (!launch.development) return [];
  const folders = [
    { folder: launch.project, policyFile: launch.policy },
    { folder: launch.data, policyFile: undefined },
  ];
  return folders.filter(({ folder }) => isDirectory(native.stat(folder)));
}

/** What the supervisor and its program `permissions` know development mode and its folders by: they go on with the same. */
export function developmentVariables(launch: LaunchFile): string[] {
  if (!launch.development) return [];
  const folders = editorFolders(launch).map(({ folder, policyFile }) =>
    policyFile === undefined ? folder : `${folder}=${policyFile}`,
  );
  return ["SLIPWAY_DEVELOPMENT=1", `SLIPWAY_EDITOR_FOLDERS=${folders.join(":")}`];
}

const MOST_LINES = 100;

/** What applying the policy would change, a line each. */
export function describePolicy(where: PolicyFolder, accounts: Accounts): string[] {
  const policy = readPolicy(where);
  const place = rootPlace(policy);
  const folder: OpenFolder = { fd: check(native.open(where.folder, O_DIRECTORY, 0), () => `open ${where.folder}`) };
  try {
    const entry = entryOf(check(native.statIn(folder.fd, ""), () => `stat ${where.folder}`));
    const wanted = decide(place, entry);
    const lines = wanted === undefined ? [] : [describeEntry(where.folder, entry, wanted, accounts)];
    const reader = openFolders<OpenFolder>((fd) => ({ fd }));
    for (const finding of inspectTree(reader, policy, { folder, place }))
      if (finding !== undefined) lines.push(describe(`${where.folder}/${finding.place.path}`, finding, accounts));
    const left = lines.length - MOST_LINES;
    return left > 0 ? [...lines.slice(0, MOST_LINES), `${where.folder}: and ${left} more`] : lines;
  } finally {
    native.close(folder.fd);
  }
}

const O_DIRECTORY = 0o200000;

function describe(path: string, finding: Finding<OpenFolder>, accounts: Accounts): string {
  switch (finding.kind) {
    case "entry":
      return describeEntry(path, finding.entry, finding.wanted, accounts);
    case "repository":
      return `${path}: core.sharedRepository = group`;
    case "linked":
      return `${path}: stays as it is: it has other names outside of the tree`;
    case "closed":
      return `${path}: ${finding.reason}`;
  }
}

function describeEntry(path: string, entry: Entry, wanted: Wanted, accounts: Accounts): string {
  const show = (gid: number, mode: number) =>
    `${accounts.describe({ uid: entry.uid, gid })} ${formatMode(entry, mode)}`;
  return `${path}: ${show(entry.gid, entry.mode)} -> ${show(wanted.gid, wanted.mode)}`;
}
