import { ExitCode, SlipwayError } from "../../errors.ts";
import { EDITOR_GID } from "../../policy/policy.ts";
import type { Accounts, Group } from "./accounts.ts";

export interface SetupPlan {
  readonly group: string;
  readonly user: string;
  /** Command lines for root, in order; none: all is there. */
  readonly commands: readonly (readonly string[])[];
  /** What the user should know: why the name is another. */
  readonly notes: readonly string[];
}

/** Tried in this order where no name is given. */
const names = ["editor", "slipway-editor", "editor65753"];

/**
 * What makes `user` a member of the group with gid 65753 on this machine. Its name is of no importance: files carry the number.
 * @throws SlipwayError GID_TAKEN where a group of another purpose has the gid, NAME_TAKEN where `name` has another gid
 */
export async function planSetup(
  accounts: Accounts,
  { user, name }: { readonly user: string; readonly name: string | undefined },
): Promise<SetupPlan> {
  const account = await accounts.user(user);
  if (account === undefined) {
    throw new SlipwayError("NO_USER", `there is no user ${user}`, {
      hint: "name one with --user",
      exitCode: ExitCode.usage,
    });
  }
  const present = await accounts.group(EDITOR_GID);
  const notes: string[] = [];
  const commands: string[][] = [];
  let group: string;
  if (present !== undefined) {
    group = present.name;
    if (name !== undefined ? name !== group : !names.includes(group)) await refuseGid(accounts, present, name);
  } else {
    group = await freeName(accounts, name, notes);
    const owners = await accounts.usersOfGroup(EDITOR_GID);
    if (owners.length > 0) {
      throw new SlipwayError(
        "GID_TAKEN",
        `gid ${EDITOR_GID} has no name, and is the own group of ${owners.join(", ")}`,
        {
          hint: `give ${owners.length === 1 ? "that user" : "those users"} another group: sudo usermod --gid GROUP ${owners[0]}`,
        },
      );
    }
    commands.push(["groupadd", "--gid", String(EDITOR_GID), group]);
  }
  const isMember = present?.members.includes(user) === true || account.gid === EDITOR_GID;
  if (!isMember) commands.push(["gpasswd", "--add", user, group]);
  return { group, user, commands, notes };
}

async function refuseGid(accounts: Accounts, present: Group, wanted: string | undefined): Promise<never> {
  const primary = await accounts.usersOfGroup(EDITOR_GID);
  const members = [...new Set([...present.members, ...primary])];
  const who = members.length === 0 ? "no members" : `members: ${members.join(", ")}`;
  throw new SlipwayError("GID_TAKEN", `gid ${EDITOR_GID} is taken by the group ${present.name} (${who})`, {
    hint:
      `if that is the editor group of this machine: --name ${present.name}; ` +
      `else move it away first: sudo groupmod --gid GID ${present.name}, and chgrp its files`,
    exitCode: wanted === undefined ? ExitCode.failure : ExitCode.usage,
  });
}

async function freeName(accounts: Accounts, name: string | undefined, notes: string[]): Promise<string> {
  for (const candidate of name === undefined ? names : [name]) {
    const taken = await accounts.group(candidate);
    if (taken === undefined) return candidate;
    notes.push(`the name ${candidate} is taken by the group with gid ${taken.gid}`);
  }
  throw new SlipwayError("NAME_TAKEN", notes.join("; "), {
    hint: "give another name with --name: only the gid has to be the same everywhere",
    exitCode: ExitCode.usage,
  });
}
