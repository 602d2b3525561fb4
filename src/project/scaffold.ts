import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ExitCode, SlipwayError } from "../errors.ts";

/**
 * Makes a project of a template's files: `{{name}}` becomes its name, a `_` at the beginning of a path a dot. Gives the files' paths within
 * it. Nothing is written where something is in the way. Errors: PROJECT_NAME, PROJECT_EXISTS.
 */
export async function scaffoldProject(template: string, folder: string): Promise<readonly string[]> {
  const name = basename(folder);
  requireName(name);
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return ["a file"];
    throw error;
  });
  if (present.length > 0) {
    throw new SlipwayError(
      "PROJECT_EXISTS",
      `${folder} is there already (${present.slice(0, 3).join(", ")}…); nothing was written`,
      {
        hint: "give another name, or a folder that is empty",
      },
    );
  }
  const written: string[] = [];
  for (const source of (await listFiles(template)).sort()) {
    const target = source.replace(/^_/, ".");
    const text = (await readFile(join(template, source), "utf8")).replaceAll("{{name}}", name);
    const path = join(folder, target);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: "wx" });
    // Packages don't keep this bit everywhere.
    if (text.startsWith("#!")) await chmod(path, (await stat(path)).mode | 0o111);
    written.push(target);
  }
  return written;
}

/** It becomes the name of a folder, of an image and of a compose service: what all three allow. */
function requireName(name: string): void {
  if (/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name) && name.length <= 63) return;
  throw new SlipwayError("PROJECT_NAME", `${JSON.stringify(name)} can't be the name of an image`, {
    hint: "use lower-case letters and digits, with single dots, dashes or underscores between them",
    exitCode: ExitCode.usage,
  });
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\/+/, ""));
}
