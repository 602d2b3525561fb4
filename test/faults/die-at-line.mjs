// Loaded into the program with --import: it dies, as by `kill -9`, when it has written line JOURNAL_LINE of its journal,
// with half of the next one where JOURNAL_TORN is set, and before it does anything else.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { openSync, writeSync } = fs;
const last = Number(process.env.JOURNAL_LINE);
let journal;
let lines = 0;

fs.openSync = (path, ...rest) => {
  const fd = openSync(path, ...rest);
  if (String(path).endsWith("/journal.jsonl")) journal = fd;
  return fd;
};

fs.writeSync = (fd, bytes, ...rest) => {
  if (fd !== journal) return writeSync(fd, bytes, ...rest);
  const whole = [...bytes.toString("utf8").matchAll(/.*\n/g)].map(([line]) => line);
  if (lines + whole.length < last) {
    lines += whole.length;
    return writeSync(fd, bytes, ...rest);
  }
  const kept = whole.slice(0, last - lines).join("");
  const next = whole[last - lines] ?? '{"type":"state","state":{"id":';
  writeSync(fd, process.env.JOURNAL_TORN ? kept + next.slice(0, next.length / 2) : kept);
  process.kill(process.pid, "SIGKILL");
};
syncBuiltinESMExports();
