import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SessionCore } from "../core.ts";
import { stateUnwritable } from "./journal.ts";

/**
 * Images that the session fetched for a platform while their names stay with images of another one: their ids, by what they were
 * fetched as. A session finds them again without the registry.
 */
export async function recallFetched(core: SessionCore, name: string): Promise<string | undefined> {
  return (await read(core))[name];
}

export async function rememberFetched(core: SessionCore, name: string, id: string): Promise<void> {
  const path = pathOf(core);
  try {
    await writeFile(`${path}.new`, JSON.stringify({ ...(await read(core)), [name]: id }), { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw stateUnwritable(core.folder, cause);
  }
}

function pathOf(core: SessionCore): string {
  return join(core.folder, "fetched.json");
}

async function read(core: SessionCore): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(pathOf(core), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return JSON.parse(text) as Record<string, string>;
}
