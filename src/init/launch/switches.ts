import { UsageError } from "./command-line.ts";
import { didYouMean } from "./fields.ts";
import type { LaunchFile } from "./launch-file.ts";
import type { Variables } from "./variables.ts";

const yes = ["true", "yes", "on", "1"];
const no = ["false", "no", "off", "0", ""];

/** Python's words and others, in any case. */
function readSwitch(what: string, word: string): boolean {
  const lower = word.toLowerCase();
  if (yes.includes(lower)) return true;
  if (no.includes(lower)) return false;
  throw new UsageError(`${what}: neither true nor false: ${word}`, undefined);
}

const names = ["ssh_config", "re_configure"] as const;

/** What the environment, and then the words of the command line (`re_configure=False`), say of the file's switches. */
export function applySwitches(launch: LaunchFile, variables: Variables, words: readonly string[]): LaunchFile {
  const given: Record<string, boolean> = {};
  for (const name of names) {
    const value = variables.plain(name);
    if (value !== undefined) given[name] = readSwitch(name, value);
  }
  for (const word of words) {
    const [name = "", value] = word.split("=", 2);
    if (value === undefined || !names.some((known) => known === name))
      throw new UsageError(
        `unexpected ${word}`,
        value === undefined ? "a command stands behind --" : didYouMean(name, names),
      );
    given[name] = readSwitch(name, value);
  }
  const development = variables.plain("SLIPWAY_DEVELOPMENT");
  if (development !== undefined) given.development = readSwitch("SLIPWAY_DEVELOPMENT", development);
  return { ...launch, ...given };
}
