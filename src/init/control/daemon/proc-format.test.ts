import { expect, test } from "vitest";
import { bytesToText, cpuTimeToText, parseStat, parseStatus, programOf } from "./proc-format.ts";

test("bytes are written as circus does", () => {
  expect([100, 1023, 10000, 100001221, 1024 * 1024 * 2047].map(bytesToText)).toEqual([
    "100B",
    "1023B",
    "9.77K",
    "95.37M",
    "2.00G",
  ]);
});

test("processor time is minutes, seconds, hundredths", () => {
  expect([0, 90, 410, 59_999, 4_512_300].map(cpuTimeToText)).toEqual([
    "0:00.00",
    "0:00.09",
    "0:00.41",
    "0:59.99",
    "75:12.30",
  ]);
});

test("a process's name may hold what separates the fields", () => {
  const rest = "S 1 42 42 0 -1 4194560 120 0 0 0 7 5 1 2 20 -5 1 0 123456 2500000 340 18446744073709551615";
  expect(parseStat(`42 (a) b (c)) ${rest}\n`)).toEqual({ cpuTicks: 12, nice: -5, startTicks: 123456 });
});

test("a zombie has no memory", () => {
  const status = "Name:\tsleep\nUid:\t33\t33\t33\t33\nVmSize:\t    2500 kB\nVmRSS:\t    1340 kB\n";
  expect(parseStatus(status)).toEqual({ uid: 33, residentBytes: 1340 * 1024, virtualBytes: 2500 * 1024 });
  expect(parseStatus("Name:\tsleep\nState:\tZ (zombie)\nUid:\t0\t0\t0\t0\n")).toEqual({
    uid: 0,
    residentBytes: undefined,
    virtualBytes: undefined,
  });
});

test("a program is named by its first word, without its folder", () => {
  expect(programOf("/usr/sbin/nginx\0-g\0daemon off;\0")).toBe("nginx");
  expect(programOf("nginx: master process /usr/sbin/nginx\0\0")).toBe("nginx:");
  expect(programOf("")).toBeUndefined();
});
