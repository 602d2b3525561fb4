import * as native from "native";
import { check } from "../system/errors.ts";
import { type Loop, POLLIN } from "../system/loop.ts";

const SIGNALFD_INFO_SIZE = 128;

/** Blocks these signals for good and hands each that comes to `take`, in the order of the kernel. */
export function takeSignals(loop: Loop, signals: readonly number[], take: (signal: number) => void): void {
  const fd = check(native.signalFd(signals), () => "signalfd");
  const infos = new Uint8Array(SIGNALFD_INFO_SIZE * 16);
  loop.watch({
    fd,
    wants: () => POLLIN,
    ready: () => {
      const count = native.read(fd, infos.buffer, 0, infos.length);
      for (let at = 0; at < count; at += SIGNALFD_INFO_SIZE) take(infos[at]!);
    },
  });
}
