import * as native from "native";
import { check, InitError } from "../system/errors.ts";
import { isDirectory, makeFolders, readText, statFile } from "../system/files.ts";
import { glob } from "../system/glob.ts";
import type { User } from "../system/users.ts";
import type { Accounts } from "./accounts.ts";
import { readKeys, replaceKeys } from "./authorized-keys.ts";
import type { Change } from "./change.ts";
import type { SshKeys } from "./launch-file.ts";
import { planFile } from "./plan-file.ts";

export interface KeyPlan {
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}

/** authorized_keys of the users, with the keys of the folder's `*.pub` files. */
export function planKeys(ssh: SshKeys, accounts: Accounts): KeyPlan {
  const files = glob(`${ssh.keys}/*.pub`).map((path) => ({ path, text: readText(path) }));
  const { keys, warnings } = readKeys(files);
  const changes = ssh.users.flatMap((name) => planUser(accounts.knownUser(name), keys, accounts));
  return { changes, warnings };
}

function planUser(user: User, keys: readonly string[], accounts: Accounts): Change[] {
  const folder = `${user.home === "/" ? "" : user.home}/.ssh`;
  const path = `${folder}/authorized_keys`;
  if (!isDirectory(native.stat(user.home))) throw new InitError("no-home", `ssh: there is no home ${user.home}`);
  // A user could have put a link there, which root would then follow.
  const found = statFile(folder, false);
  if (found !== undefined && found.type !== "directory") throw new InitError("not-a-folder", `${folder} is no folder`);
  const file = statFile(path, false);
  if (file !== undefined && file.type !== "file") throw new InitError("not-a-file", `${path} is no regular file`);
  const before = file === undefined ? "" : readText(path);
  const text = replaceKeys(before, keys);
  if (file === undefined && text === "") return [];

  const change = planFile({ path, text, masked: () => text, secrets: [], ...user, mode: 0o600 }, accounts);
  const isRight = found?.uid === user.uid && found.gid === user.gid && found.mode === 0o700;
  const setFolder: Change = {
    summary: `set owner and mode of ${folder}`,
    diff: () => `${folder}: ${accounts.describe(user)} 0700`,
    apply: () => {
      makeFolders(folder, 0o700);
      if (found?.uid !== user.uid || found.gid !== user.gid)
        check(native.lchown(folder, user.uid, user.gid), () => `chown ${folder}`);
      check(native.chmod(folder, 0o700), () => `chmod ${folder}`);
    },
  };
  return [...(isRight ? [] : [setFolder]), ...(change ? [change] : [])];
}
