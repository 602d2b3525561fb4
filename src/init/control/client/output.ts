import * as native from "native";
import { EAGAIN } from "../../system/errors.ts";
import { POLLOUT } from "../../system/loop.ts";
import { waitFor } from "./connection.ts";

/** Writes text as it is. Ends the program where nobody reads it any more, as SIGPIPE would. */
function write(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; ) {
    const count = native.write(fd, bytes.buffer, at, bytes.length - at);
    if (count === -EAGAIN) waitFor([[fd, POLLOUT]], Number.POSITIVE_INFINITY);
    else if (count < 0) native.exit(1);
    else at += count;
  }
}

export function print(text: string): void {
  write(1, text);
}

export function printLine(text: string): void {
  write(1, `${text}\n`);
}

export function printErrorLine(text: string): void {
  write(2, `${text}\n`);
}
