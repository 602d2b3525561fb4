import { gid, uid } from "native";
import { InitError } from "../system/errors.ts";
import { readText, statFile } from "../system/files.ts";
import { findUser, type User } from "../system/users.ts";

export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

/** Users and groups of the container. An image need not have the files. */
export class Accounts {
  readonly #passwd = readIfThere("/etc/passwd");
  readonly #group = readIfThere("/etc/group");

  user(spec: string): User {
    return findUser(spec, this.#passwd, this.#group);
  }

  /** The process's own where one is left out. */
  ownership(owner: string | undefined, group: string | undefined): Ownership {
    return {
      uid: owner === undefined ? uid() : this.user(owner).uid,
      gid: group === undefined ? gid() : this.user(`0:${group}`).gid,
    };
  }

  /** A user that must have a line in /etc/passwd, for its home. */
  knownUser(name: string): User {
    const rows = this.#passwd.split("\n").map((line) => line.split(":"));
    if (rows.some(([login, , id]) => login === name || id === name)) return this.user(name);
    throw new InitError("no-such-user", `/etc/passwd has no user ${name}`);
  }

  /** Names where there are some: `www-data:editor`. */
  describe({ uid, gid }: Ownership): string {
    return `${nameOf(this.#passwd, uid)}:${nameOf(this.#group, gid)}`;
  }
}

function readIfThere(path: string): string {
  return statFile(path, true) === undefined ? "" : readText(path);
}

function nameOf(table: string, id: number): string {
  const row = table.split("\n").find((line) => line.split(":")[2] === `${id}`);
  return row?.split(":")[0] ?? `${id}`;
}
