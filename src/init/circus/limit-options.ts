import { InitError } from "../system/errors.ts";
import { suggestName } from "./findings.ts";
import { parseInteger } from "./python-values.ts";
import { namesBehind, type SectionOptions, takeParsed, tellError } from "./section-options.ts";

/** By Python's resource module. */
export const limitNames = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "ofile",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

/** `rlimit_*`: nothing or -1 is no limit. `ofile` is another name of `nofile`. */
export function readLimits(options: SectionOptions): Record<string, number> {
  const read: Record<string, number> = {};
  for (const written of namesBehind(options, "rlimit_")) {
    const key = `rlimit_${written}`;
    const name = written.toLowerCase();
    const value = takeParsed(options, key, (text) => {
      if (text.trim() === "") return -1;
      const limit = parseInteger(text);
      if (limit < -1) throw new InitError("bad-value", `${limit} is less than -1`);
      // As setrlimit has it: RLIM_INFINITY is the largest number.
      return limit >= 2 ** 63 ? -1 : limit;
    });
    if (limitNames.includes(name)) read[name === "ofile" ? "nofile" : name] = value ?? -1;
    else tellError(options, key, `no such limit: ${written}`, suggestName(name, limitNames));
  }
  return read;
}
