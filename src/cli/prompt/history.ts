import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, SlipwayError } from "../../errors.ts";

/** Lines typed at the prompt, newest first; the file has the oldest first, as other programs' histories have. */
export async function loadHistory(stateDir: string): Promise<string[]> {
  try {
    const text = await readFile(historyPath(stateDir), "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new SlipwayError("HISTORY_UNREADABLE", `cannot read ${historyPath(stateDir)}: ${messageOf(error)}`, {
      hint: "remove the file, or give it back to yourself",
      cause: error,
    });
  }
}

/** Commands may hold passwords: the file is for its owner alone. */
export async function saveHistory(stateDir: string, history: readonly string[]): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const path = historyPath(stateDir);
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(
    fresh,
    history
      .toReversed()
      .map((line) => `${line}\n`)
      .join(""),
    { mode: 0o600 },
  );
  await rename(fresh, path);
}

function historyPath(stateDir: string): string {
  return join(stateDir, "history");
}
