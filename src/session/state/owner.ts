import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateUnwritable } from "./journal.ts";

/**
 * The name of a state folder, made up when it is first asked for. Sessions carry it on the engine, so that those of other
 * people and machines on the same engine are told from sessions of this folder that were forgotten.
 */
export async function stateOwner(stateDir: string): Promise<string> {
  const path = join(stateDir, "owner");
  const known = await knownOwner(stateDir);
  if (known !== undefined) return known;
  const own = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await writeFile(own, randomBytes(8).toString("hex"), { mode: 0o600 });
    // Of two programs that begin together, the first one's name is that of both.
    await link(own, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } catch (cause) {
    throw stateUnwritable(stateDir, cause);
  } finally {
    await rm(own, { force: true });
  }
  return (await knownOwner(stateDir))!;
}

/** Undefined where no session was ever begun. */
export async function knownOwner(stateDir: string): Promise<string | undefined> {
  const text = await readFile(join(stateDir, "owner"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.trim() || undefined;
}
