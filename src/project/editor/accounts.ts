import { execa } from "execa";
import { SlipwayError } from "../../errors.ts";

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Groups and users as the system knows them, those of directories (LDAP, sssd) too. */
export interface Accounts {
  /** By name or gid. */
  group(key: string | number): Promise<Group | undefined>;
  user(name: string): Promise<Account | undefined>;
  /** Whose own group a gid is; of directories only those that getent lists. */
  usersOfGroup(gid: number): Promise<readonly string[]>;
}

/** Asks getent(1), which asks what nsswitch.conf names. */
export function systemAccounts(): Accounts {
  return {
    async group(key) {
      const [name, , gid, members] = (await ask("group", String(key)))[0] ?? [];
      if (name === undefined) return undefined;
      return { name, gid: Number(gid), members: (members ?? "").split(",").filter((member) => member !== "") };
    },
    async user(name) {
      const [found, , uid, gid] = (await ask("passwd", name))[0] ?? [];
      return found === undefined ? undefined : { name: found, uid: Number(uid), gid: Number(gid) };
    },
    async usersOfGroup(gid) {
      return (await ask("passwd")).filter((row) => Number(row[3]) === gid).map((row) => row[0]!);
    },
  };
}

/** getent's status for a key that is nowhere. */
const NOT_FOUND = 2;

async function ask(database: string, ...keys: string[]): Promise<string[][]> {
  const { exitCode, stdout, failed, shortMessage } = await execa("getent", ["--", database, ...keys], {
    reject: false,
  });
  if (exitCode === NOT_FOUND) return [];
  if (failed) {
    throw new SlipwayError("NO_GETENT", `the system's groups can't be asked for: ${shortMessage}`, {
      hint: "getent is part of every Linux with glibc or musl-utils; the editor group is for Linux",
    });
  }
  return stdout.split("\n").map((line) => line.split(":"));
}
