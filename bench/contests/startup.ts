import { timeCommand } from "../command.ts";
import type { Contest } from "../contest.ts";

export const startup: Contest = {
  name: "startup",
  title: "The start of the program",
  unit: "ms",
  rounds: 20,
  async enter({ slipway }) {
    const contenders = [
      ["slipway --version", slipway, "--version"],
      ["node -e 0", process.execPath, "-e", "0"],
      ["slipway --help", slipway, "--help"],
    ].map(([name, ...words]) => ({ name: name!, measure: () => timeCommand(words) }));
    return { contenders };
  },
};
