import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contest } from "../contest.ts";

export const base: Contest = {
  name: "base",
  title: "A base image from Debian's packages",
  unit: "ms",
  slow: true,
  rounds: 1,
  async enter({ slipway, docker, folder, imageName }) {
    const root = join(folder, "root");
    const byHand = `debootstrap --variant=minbase bookworm "$1" && tar -C "$1" -c . | "$2" import - "$3" && rm -rf "$1"`;
    return {
      contenders: [
        {
          name: "slipway base debian:bookworm",
          measure: () => timeCommand([slipway, "base", "debian:bookworm", "--tag", imageName("base")]),
        },
        {
          name: "debootstrap, tar | docker import",
          measure: () => timeCommand(["sh", "-ec", byHand, "sh", root, docker, imageName("by-hand")]),
        },
      ],
    };
  },
};
