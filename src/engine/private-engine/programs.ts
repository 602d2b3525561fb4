import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { Environment } from "../docker-config.ts";

/** What a private engine runs on, and the packages of Debian and Ubuntu that have it. */
const needed = { dockerd: "docker.io", containerd: "containerd", runc: "runc", iptables: "iptables", ip: "iproute2" };

export interface MissingPrograms {
  readonly programs: readonly string[];
  readonly packages: readonly string[];
}

type Program = keyof typeof needed;

export async function findMissingPrograms(env: Environment): Promise<MissingPrograms | undefined> {
  const missing: Program[] = [];
  for (const program of Object.keys(needed) as Program[]) {
    if ((await findProgram(program, env)) === undefined) missing.push(program);
  }
  return missing.length === 0 ? undefined : { programs: missing, packages: packagesOf(missing) };
}

export function packagesOf(programs: readonly Program[]): string[] {
  const packages = new Set(programs.map((program) => needed[program]));
  // docker.io brings the two others as its dependencies.
  if (packages.has("docker.io")) for (const name of ["containerd", "runc"]) packages.delete(name);
  return [...packages];
}

/** Root's folders too, which a user's PATH often lacks. */
export async function findProgram(name: string, env: Environment): Promise<string | undefined> {
  const folders = [...(env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const folder of folders.filter((part) => part !== "")) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

export function installCommand(packages: readonly string[]): string {
  return `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
}

/** Errors: ENGINE_PROGRAMS_MISSING, with the command that brings them. */
export class MissingProgramsError extends SlipwayError {
  override readonly name = "MissingProgramsError";
  readonly missing: MissingPrograms;

  constructor(missing: MissingPrograms) {
    super("ENGINE_PROGRAMS_MISSING", `a private engine needs ${missing.programs.join(", ")}: not found`, {
      hint: `as root: ${installCommand(missing.packages)}`,
      exitCode: ExitCode.engine,
    });
    this.missing = missing;
  }
}

/** Installs Debian's packages, as root; `onOutput` gets what apt prints, line by line. Errors: PACKAGES_NOT_INSTALLED. */
export async function installPackages(
  packages: readonly string[],
  { onOutput, signal }: { readonly onOutput: (line: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const run = async (words: readonly string[]) => {
    const apt = execa("apt-get", words, {
      all: true,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      reject: false,
      stdin: "ignore",
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    for await (const line of apt.iterable({ from: "all" })) onOutput(line);
    return await apt;
  };
  const command = ["install", "-y", "--no-install-recommends", ...packages];
  let result = await run(command);
  // A machine that never updated its lists knows no packages.
  if (result.failed && !result.isCanceled) {
    await run(["update"]);
    result = await run(command);
  }
  signal?.throwIfAborted();
  if (result.failed)
    throw new SlipwayError("PACKAGES_NOT_INSTALLED", `${installCommand(packages)} failed: ${lastLine(result.all)}`, {
      hint: "install them yourself, then try again",
    });
}

function lastLine(output: string | undefined): string {
  return output?.trim().split("\n").at(-1) ?? "it could not be started";
}
