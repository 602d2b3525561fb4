import type { ProcessStatistics } from "../daemon/statistics.ts";

/** What `top` shows, after circus-top. Pure. */

export type SortKey = "cpu" | "mem" | "age" | "pid";

export const sortKeys: readonly SortKey[] = ["cpu", "mem", "age", "pid"];

export type Infos = Readonly<Record<string, Readonly<Record<string, ProcessStatistics>>>>;

const COLUMNS: readonly { readonly title: string; readonly at: number }[] = [
  { title: "PID", at: 1 },
  { title: "CPU (%)", at: 28 },
  { title: "MEMORY (%)", at: 40 },
  { title: "RSS", at: 54 },
  { title: "AGE (s)", at: 66 },
];

/** Each cell in its column, cut where it would run into the next. */
function row(cells: readonly string[]): string {
  const line = COLUMNS.map(({ at }, index) => {
    const width = (COLUMNS[index + 1]?.at ?? Number.POSITIVE_INFINITY) - at;
    const cell = (cells[index] ?? "").slice(0, width - 1);
    return Number.isFinite(width) ? cell.padEnd(width) : cell;
  });
  return `${" ".repeat(COLUMNS[0]!.at)}${line.join("")}`.trimEnd();
}

function figure(value: number | string): string {
  return typeof value === "number" ? value.toFixed(2) : value;
}

/** Largest first, what is not known last; of pids the smallest first. */
function compareBy(key: SortKey): (one: ProcessStatistics, other: ProcessStatistics) => number {
  const rank = (process: ProcessStatistics) => {
    const value = process[key];
    return typeof value === "number" ? value : -1;
  };
  return key === "pid" ? (one, other) => one.pid - other.pid : (one, other) => rank(other) - rank(one);
}

function known(processes: readonly ProcessStatistics[], key: "cpu" | "mem" | "age"): number[] {
  return processes.map((process) => process[key]).filter((value) => typeof value === "number");
}

function sum(values: readonly number[]): number {
  return values.reduce((one, other) => one + other, 0);
}

function watcherLines(name: string, processes: readonly ProcessStatistics[], key: SortKey): string[] {
  const sorted = [...processes].sort(compareBy(key));
  const lines = sorted.map((process) =>
    row([
      `${process.pid} (${process.cmdline})`,
      figure(process.cpu),
      figure(process.mem),
      process.mem_info1,
      figure(process.age),
    ]),
  );
  const cpu = known(processes, "cpu");
  const ages = known(processes, "age");
  const totals = row([
    "",
    cpu.length === 0 ? "N/A" : `${figure(sum(cpu) / cpu.length)} (avg)`,
    `${figure(sum(known(processes, "mem")))} (sum)`,
    "",
    ages.length === 0 ? "N/A" : `${figure(Math.max(...ages))} (older)`,
  ]);
  return [name, row(COLUMNS.map(({ title }) => title)), ...lines, ...(processes.length > 1 ? [totals] : []), ""];
}

/** Lines without their ends; watchers in alphabetical order. */
export function topLines(infos: Infos, key: SortKey): string[] {
  const names = Object.keys(infos).sort();
  if (names.length === 0) return ["no watchers"];
  return names.flatMap((name) => watcherLines(name, Object.values(infos[name]!), key));
}
