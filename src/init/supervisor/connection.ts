import * as native from "native";
import { check } from "../system/errors.ts";
import { type Loop, POLLOUT } from "../system/loop.ts";

const CONNECT_MS = 1000;
const EINPROGRESS = 115;

export type Address =
  | { readonly kind: "port"; readonly host: string; readonly port: number }
  | { readonly kind: "socket"; readonly path: string };

/** Whether somebody accepts connections there. */
export function tryConnection(loop: Loop, address: Address): Promise<boolean> {
  const { fd, result } = connect(address);
  if (result !== -EINPROGRESS) {
    native.close(fd);
    return Promise.resolve(result >= 0);
  }
  return new Promise((resolve) => {
    const finish = (isOpen: boolean) => {
      cancel();
      loop.unwatch(watcher);
      native.close(fd);
      resolve(isOpen);
    };
    const watcher = { fd, wants: () => POLLOUT, ready: () => finish(native.socketError(fd) >= 0) };
    const cancel = loop.after(CONNECT_MS, () => finish(false));
    loop.watch(watcher);
  });
}

function connect(address: Address): { readonly fd: number; readonly result: number } {
  if (address.kind === "socket") {
    const fd = check(native.socket("unix", "stream"), () => "socket");
    return { fd, result: native.connectUnix(fd, address.path) };
  }
  const family = address.host.includes(":") ? "inet6" : "inet";
  const fd = check(native.socket(family, "stream"), () => "socket");
  const found = native.resolve(address.host, family);
  const host = typeof found === "number" ? undefined : found[0];
  return { fd, result: host === undefined ? -1 : native.connectInternet(fd, host, address.port) };
}
