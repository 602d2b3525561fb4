import type { Dialect } from "./dialect.ts";
import { formatDuration, quoteCharacter, quoteStrings } from "./go-format.ts";
import type { Healthcheck } from "./image-config.ts";
import type { HealthcheckInstruction } from "./types.ts";
import { parseDuration } from "./values.ts";

export function evaluateHealthcheck(instruction: HealthcheckInstruction): Healthcheck {
  const { command } = instruction;
  return {
    test: !command ? ["NONE"] : command.form === "exec" ? ["CMD", ...command.args] : ["CMD-SHELL", command.line],
    interval: nanoseconds(instruction.interval),
    timeout: nanoseconds(instruction.timeout),
    startPeriod: nanoseconds(instruction.startPeriod),
    startInterval: nanoseconds(instruction.startInterval),
    retries: Number(instruction.retries || 0),
  };
}

export function describeHealthcheck(check: Healthcheck, dialect: Dialect): string {
  const times = [check.interval, check.timeout, check.startPeriod].map(formatDuration);
  if (dialect.healthStartInterval) times.push(formatDuration(check.startInterval));
  if (!dialect.namesHealthFieldsInHistory) {
    const quoted = times.map((time) => `"${time}"`).join(" ");
    return `&{${quoteStrings(check.test)} ${quoted} ${quoteCharacter(check.retries)}}`;
  }
  const [interval, timeout, startPeriod, startInterval] = times;
  return (
    `{Test:[${check.test.join(" ")}] Interval:${interval} Timeout:${timeout} StartPeriod:${startPeriod} ` +
    `StartInterval:${startInterval} Retries:${check.retries}}`
  );
}

/** The parser has checked it. */
function nanoseconds(text: string | undefined): number {
  return (text && parseDuration(text)) || 0;
}
