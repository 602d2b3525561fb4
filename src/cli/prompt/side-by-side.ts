/** A line longer than this is not waited for to end. */
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Output of steps that run at the same time, line by line, each with its step's number before it: `4 | checking for gcc`.
 */
export interface SideBySide {
  /** The lines that this piece of output ends. */
  add(step: number, data: Uint8Array): string;
  /** What the step printed last without an end of the line. */
  finish(step: number): string;
}

export function createSideBySide(label: (step: number) => string): SideBySide {
  const waiting = new Map<number, Buffer>();
  const print = (step: number, line: Uint8Array) => `${label(step)} ${Buffer.from(line).toString("utf8")}\n`;
  return {
    add(step, data) {
      let rest = Buffer.concat([waiting.get(step) ?? Buffer.alloc(0), data]);
      let text = "";
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        text += print(step, rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      }
      if (rest.length > LONGEST_LINE) {
        text += print(step, rest);
        rest = Buffer.alloc(0);
      }
      waiting.set(step, rest);
      return text;
    },
    finish(step) {
      const rest = waiting.get(step);
      waiting.delete(step);
      return rest === undefined || rest.length === 0 ? "" : print(step, rest);
    },
  };
}
