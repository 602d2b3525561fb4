import { readCommand } from "./commands.ts";
import { type FlagValues, readFlagValues } from "./flags.ts";
import { type InstructionContext, report } from "./report.ts";
import type { HealthcheckInstruction, InstructionBase } from "./types.ts";
import { parseDuration } from "./values.ts";
import { splitOnceAtSpace } from "./words.ts";

const millisecond = 1e6;
const durations = ["interval", "timeout", "start-period", "start-interval"];
const hint = "write HEALTHCHECK [OPTIONS] CMD command, or HEALTHCHECK NONE";

export function readHealthcheck(
  context: InstructionContext,
  base: InstructionBase,
): HealthcheckInstruction | undefined {
  const { rest } = context.node;
  if (rest.text === "") {
    report(context, "arguments-missing", "HEALTHCHECK requires at least one argument", { hint });
    return undefined;
  }
  const [type, commandWord] = splitOnceAtSpace(rest);
  const command = readCommand(context, commandWord);
  const isEmpty = command.form === "exec" ? command.args.length === 0 : command.line === "";
  if (type.text.toUpperCase() === "NONE") return readNone(context, base, isEmpty);

  const flags = readFlagValues(context, "HEALTHCHECK");
  checkDurations(context, flags);
  checkRetries(context, flags);
  if (type.text.toUpperCase() !== "CMD") {
    const message = `Unknown type ${JSON.stringify(type.text.toUpperCase())} in HEALTHCHECK (try CMD)`;
    report(context, "healthcheck-type", message, { place: type, hint });
    return undefined;
  }
  if (isEmpty) {
    report(context, "arguments-missing", "Missing command after HEALTHCHECK CMD", { hint });
    return undefined;
  }
  return {
    ...base,
    keyword: "HEALTHCHECK",
    command,
    interval: flags.text("interval"),
    timeout: flags.text("timeout"),
    startPeriod: flags.text("start-period"),
    startInterval: flags.text("start-interval"),
    retries: flags.text("retries"),
  };
}

function readNone(context: InstructionContext, base: InstructionBase, isAlone: boolean): HealthcheckInstruction {
  if (!isAlone) {
    report(context, "arguments-surplus", "HEALTHCHECK NONE takes no arguments", { place: context.node.rest, hint });
  }
  for (const place of context.node.flags) {
    const message = `HEALTHCHECK NONE takes no flags: ${place.text} is ignored`;
    report(context, "flag-ignored", message, { place, severity: "warning" });
  }
  return {
    ...base,
    keyword: "HEALTHCHECK",
    command: undefined,
    interval: undefined,
    timeout: undefined,
    startPeriod: undefined,
    startInterval: undefined,
    retries: undefined,
  };
}

function checkDurations(context: InstructionContext, flags: FlagValues): void {
  for (const name of durations) {
    const text = flags.text(name);
    if (!text) continue;
    const duration = parseDuration(text);
    if (duration === undefined) {
      report(context, "flag-value", `invalid duration ${JSON.stringify(text)} for flag --${name}`, {
        place: flags.word(name),
        hint: "write numbers with units: 30s, 1m30s, 500ms",
      });
    } else if (duration !== 0 && duration < millisecond) {
      report(context, "flag-value", `Interval "${name}" cannot be less than 1ms`, { place: flags.word(name) });
    }
  }
}

function checkRetries(context: InstructionContext, flags: FlagValues): void {
  const text = flags.text("retries");
  if (!text) return;
  const place = flags.word("retries");
  if (!/^[-+]?[0-9]+$/.test(text) || Number(text) >= 2 ** 31) {
    report(context, "flag-value", `invalid number ${JSON.stringify(text)} for flag --retries`, {
      place,
      hint: "write --retries=3",
    });
  } else if (Number(text) < 0) {
    report(context, "flag-value", `--retries cannot be negative (${Number(text)})`, { place });
  }
}
