import * as native from "native";
import { isDirectory } from "../system/files.ts";

const sharedMemory = "/dev/shm";

/**
 * Remembers what is in /dev; the result removes what came to it and to /dev/shm since. Each command of a build finds both
 * as new.
 */
export function rememberDevices(): () => void {
  const usual = new Set(list("/dev"));
  return () => {
    for (const name of list("/dev")) if (!usual.has(name)) remove(`/dev/${name}`);
    for (const name of list(sharedMemory)) remove(`${sharedMemory}/${name}`);
  };
}

function list(folder: string): readonly string[] {
  const names = native.readdir(folder);
  return typeof names === "number" ? [] : names;
}

/** As far as it goes: something may be mounted there. */
function remove(path: string): void {
  if (isDirectory(native.lstat(path))) {
    for (const name of list(path)) remove(`${path}/${name}`);
    native.rmdir(path);
  } else {
    native.unlink(path);
  }
}
