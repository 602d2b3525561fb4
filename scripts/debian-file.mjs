// Files of Debian's archive that the build takes from a release of its own choice, whatever this machine runs.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { once } from "./once.mjs";
import { run } from "./run.mjs";

/**
 * @typedef {object} DebianFile
 * @property {string} name the file's name, here and in the archive
 * @property {string} [sha256] without one, whatever version Debian has now will do
 * @property {string} suite such as `trixie`
 * @property {string} package `NAME` or `NAME=VERSION`, of a binary package where `architecture` is given, else of a source package
 * @property {string} [architecture] Debian's name
 */

/**
 * The path of the file in `folder`, fetched when it is not there yet. Rejects where it is not the file that is expected.
 * @param {DebianFile} file
 */
export async function provideDebianFile(file, folder) {
  const path = await once(join(folder, file.name), (target) => download(file, target, folder));
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  if (file.sha256 !== undefined && sha256 !== file.sha256)
    throw new Error(`${path} has sha256 ${sha256}, expected ${file.sha256}`);
  return path;
}

/** Through an apt with settings of our own, which touches nothing of the machine's and needs no root. */
async function download({ name, sha256, suite, package: named, architecture }, target, folder) {
  const apt = `${target}.apt`;
  try {
    for (const part of ["lists/partial", "cache/archives/partial"]) await mkdir(join(apt, part), { recursive: true });
    await writeFile(
      join(apt, "sources.list"),
      `${architecture ? "deb" : "deb-src"} http://deb.debian.org/debian ${suite} main\n`,
    );
    const settings = [
      `Dir::Etc::sourcelist=${apt}/sources.list`,
      "Dir::Etc::sourceparts=-",
      `Dir::State::lists=${apt}/lists`,
      `Dir::Cache=${apt}/cache`,
      "APT::Sandbox::User=",
      "Acquire::Languages=none",
      "Acquire::Retries=3",
      ...(architecture ? [`APT::Architecture=${architecture}`, `APT::Architectures=${architecture}`] : []),
    ].flatMap((setting) => ["-o", setting]);
    await run("apt-get", [...settings, "-q", "update"]);
    const fetch = architecture ? ["download"] : ["source", "--download-only"];
    await run("apt-get", [...settings, "-q", ...fetch, named], { cwd: apt });
    const fetched = sha256 === undefined ? (await readdir(apt)).find((entry) => entry.endsWith(".deb")) : name;
    await rename(join(apt, fetched), target);
  } catch (cause) {
    const remedy = `Where apt-get can't do it, put Debian's ${name} (sha256 ${sha256 ?? "any"}) into ${folder} and try again.`;
    throw new Error(`${name} could not be fetched. ${remedy}\n${cause.message}`, { cause });
  } finally {
    await rm(apt, { recursive: true, force: true });
  }
}
