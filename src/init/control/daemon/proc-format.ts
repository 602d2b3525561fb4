/** Texts of /proc (proc_pid_stat(5), proc_pid_status(5)) and those that circus shows instead. Pure. */

export interface Stat {
  readonly cpuTicks: number;
  readonly nice: number;
  /** After the machine started. */
  readonly startTicks: number;
}

export function parseStat(text: string): Stat {
  // The program's name stands in brackets and may hold brackets and blanks; the state behind it is field 3.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  return { cpuTicks: field(14) + field(15), nice: field(19), startTicks: field(22) };
}

export interface Status {
  readonly uid: number | undefined;
  /** Undefined of a process that has none: a zombie. */
  readonly residentBytes: number | undefined;
  readonly virtualBytes: number | undefined;
}

export function parseStatus(text: string): Status {
  const resident = numberBehind(text, "\nVmRSS:");
  const virtual = numberBehind(text, "\nVmSize:");
  return {
    uid: numberBehind(text, "\nUid:"),
    residentBytes: resident === undefined ? undefined : 1024 * resident,
    virtualBytes: virtual === undefined ? undefined : 1024 * virtual,
  };
}

/** A hundred processes have long texts: searched for once, without a regular expression. */
function numberBehind(text: string, label: string): number | undefined {
  const at = text.indexOf(label);
  return at === -1 ? undefined : Number.parseInt(text.slice(at + label.length, at + label.length + 24).trimStart(), 10);
}

/** `100B`, `9.77K`, `95.37M`, `2.00G`: circus's bytes2human. */
export function bytesToText(bytes: number): string {
  const symbols = "KMGTPEZY";
  for (let power = symbols.length; power > 0; power--) {
    const unit = 1024 ** power;
    if (bytes >= unit) return `${(bytes / unit).toFixed(2)}${symbols[power - 1]}`;
  }
  return `${bytes}B`;
}

/** Minutes, seconds, hundredths: `0:00.41`, `75:12.30`. */
export function cpuTimeToText(milliseconds: number): string {
  const hundredths = Math.floor(milliseconds / 10);
  const seconds = Math.floor(hundredths / 100);
  const twoDigits = (number: number) => `${number}`.padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${twoDigits(seconds % 60)}.${twoDigits(hundredths % 100)}`;
}

/** The program's name in the text of /proc/PID/cmdline; programs that rename themselves write their line as one word. */
export function programOf(commandLine: string): string | undefined {
  const word = (commandLine.split("\0")[0] ?? "").trim().split(/\s/)[0]!;
  return word === "" ? undefined : word.slice(word.lastIndexOf("/") + 1);
}
