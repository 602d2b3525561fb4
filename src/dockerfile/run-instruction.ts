import { readCommand } from "./commands.ts";
import type { FlagValues } from "./flags.ts";
import { checkDevice, readMount } from "./mounts.ts";
import { type InstructionContext, report } from "./report.ts";
import { suggestWord } from "./suggest.ts";
import type { InstructionBase, RunInstruction, RunMount } from "./types.ts";

const networks = ["default", "none", "host"];
const securities = ["sandbox", "insecure"];

export function readRun(context: InstructionContext, base: InstructionBase, flags: FlagValues): RunInstruction {
  const network = flags.text("network");
  if (network !== undefined && !networks.includes(network)) {
    const hint = nearestOf(network, networks);
    report(context, "flag-value", `invalid network mode ${JSON.stringify(network)}`, {
      place: flags.word("network"),
      hint,
    });
  }
  const security = flags.text("security");
  if (security !== undefined && !securities.includes(security)) {
    const hint = nearestOf(security, securities);
    report(context, "flag-value", `security ${JSON.stringify(security)} is not valid`, {
      place: flags.word("security"),
      hint,
    });
  }
  for (const [index, device] of flags.texts("device").entries()) {
    const failure = checkDevice(device);
    if (failure)
      report(context, "flag-value", failure.message, { place: flags.word("device", index), hint: failure.hint });
  }
  return {
    ...base,
    keyword: "RUN",
    command: readCommand(context),
    mounts: readMounts(context, flags),
    network,
    security,
    devices: flags.texts("device"),
  };
}

function readMounts(context: InstructionContext, flags: FlagValues): RunMount[] {
  return flags.texts("mount").flatMap((value, index) => {
    const mount = readMount(value);
    if (!("message" in mount)) return mount;
    report(context, "mount-option", mount.message, { place: flags.word("mount", index), hint: mount.hint });
    return [];
  });
}

function nearestOf(value: string, known: readonly string[]): string {
  const nearest = suggestWord(value, known);
  return nearest ? `did you mean ${nearest}?` : `known are ${known.join(", ")}`;
}
