import * as native from "native";
import { decide } from "../../policy/decide.ts";
import { shareRepository } from "../../policy/git-repository.ts";
import { type Finding, inspectTree, type TreeReader } from "../../policy/inspect-tree.ts";
import { type Place, rootPlace } from "../../policy/place.ts";
import type { Policy } from "../../policy/policy.ts";
import { check } from "../system/errors.ts";
import { changeEntry, entryOf, type OpenFolder, openFolders, writeGitConfig } from "./open-folders.ts";
import { type PolicyFolder, readPolicy } from "./read-policy.ts";

/** What came of applying a policy. */
export interface Applied {
  readonly changed: number;
  /** What could not be made right, by reason: how many, and the first path. */
  readonly failures: ReadonlyMap<string, { readonly count: number; readonly path: string }>;
}

/**
 * Makes a folder and all below it as its policy says; the folder itself may be a link. Files of others can only be changed by root: they
 * are counted, not thrown. Throws InitError for a policy that is wrong and a folder that can't be opened.
 */
export function applyPolicy(where: PolicyFolder): Applied {
  const policy = readPolicy(where);
  const folder = { fd: check(native.open(where.folder, 0o200000, 0), () => `open ${where.folder}`) };
  const outcome = new Outcome();
  try {
    mendFolder(folder, rootPlace(policy), outcome);
    mendBelow(
      openFolders((fd) => ({ fd })),
      policy,
      folder,
      rootPlace(policy),
      outcome,
    );
    return outcome;
  } finally {
    native.close(folder.fd);
  }
}

/** One line for each reason, for a person. */
export function describeFailures({ failures }: Applied, folder: string): string[] {
  return [...failures].map(([reason, { count, path }]) => {
    const first = `${folder}${path === "" ? "" : `/${path}`}`;
    return count === 1 ? `${first}: ${reason}` : `${first} and ${count - 1} more: ${reason}`;
  });
}

export class Outcome implements Applied {
  changed = 0;
  readonly failures = new Map<string, { count: number; path: string }>();

  add(path: string, failure: string | undefined): void {
    if (failure === undefined) {
      this.changed++;
      return;
    }
    const known = this.failures.get(failure);
    if (known) known.count++;
    else this.failures.set(failure, { count: 1, path });
  }
}

/** The entry of an open folder itself. */
export function mendFolder(folder: OpenFolder, place: Place, outcome: Outcome): void {
  const entry = entryOf(check(native.statIn(folder.fd, ""), () => "stat"));
  const wanted = decide(place, entry);
  if (wanted !== undefined) outcome.add(place.path, changeEntry(folder, "", entry, wanted));
}

/** All below an open folder. */
export function mendBelow<Folder extends OpenFolder>(
  reader: TreeReader<Folder>,
  policy: Policy,
  folder: Folder,
  place: Place,
  outcome: Outcome,
): void {
  for (const finding of inspectTree(reader, policy, { folder, place }))
    if (finding !== undefined) outcome.add(finding.place.path, mend(finding));
}

function mend(finding: Finding<OpenFolder>): string | undefined {
  switch (finding.kind) {
    case "entry": {
      const { folder, place, entry, wanted } = finding;
      return changeEntry(folder, place.path.slice(place.path.lastIndexOf("/") + 1), entry, wanted);
    }
    case "repository":
      return writeGitConfig(finding.folder, shareRepository(finding.config));
    case "linked":
      return "has other names outside of the tree";
    case "closed":
      return finding.reason;
  }
}
