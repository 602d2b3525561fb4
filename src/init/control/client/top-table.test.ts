import { expect, test } from "vitest";
import type { ProcessStatistics } from "../daemon/statistics.ts";
import { topLines } from "./top-table.ts";

function process(pid: number, cpu: number | "N/A", mem: number | "N/A", age: number): ProcessStatistics {
  const rest = { ctime: "0:00.00", username: "root", nice: 0, create_time: 0, children: [] } as const;
  return { ...rest, pid, cpu, mem, age, cmdline: "sleep", mem_info1: "1.50M", mem_info2: "2.44M" };
}

const infos = {
  web: { 12: process(12, 1.5, 0.25, 9), 11: process(11, 20, 0.5, 3), 13: process(13, "N/A", "N/A", 4) },
  cron: { 7: process(7, 0, 0.1, 100) },
  idle: {},
};

test("top groups processes by watcher, sorts them and sums them up", () => {
  expect(topLines(infos, "cpu").join("\n")).toBe(`\
cron
 PID                        CPU (%)     MEMORY (%)    RSS         AGE (s)
 7 (sleep)                  0.00        0.10          1.50M       100.00

idle
 PID                        CPU (%)     MEMORY (%)    RSS         AGE (s)

web
 PID                        CPU (%)     MEMORY (%)    RSS         AGE (s)
 11 (sleep)                 20.00       0.50          1.50M       3.00
 12 (sleep)                 1.50        0.25          1.50M       9.00
 13 (sleep)                 N/A         N/A           1.50M       4.00
                            10.75 (avg) 0.75 (sum)                9.00 (older)
`);
});

test("top sorts by other columns too", () => {
  const order = (key: "mem" | "age" | "pid") =>
    topLines({ web: infos.web }, key).flatMap((line) => /^ (\d+) /.exec(line)?.[1] ?? []);
  expect(order("mem")).toEqual(["11", "12", "13"]);
  expect(order("age")).toEqual(["12", "13", "11"]);
  expect(order("pid")).toEqual(["11", "12", "13"]);
});
