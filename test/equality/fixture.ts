import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { type FileServer, serveFolder } from "./file-server.ts";

/** What `fixture.json` beside a Dockerfile says. */
interface FixtureSettings {
  /** For `docker build` and `slipway hack` alike. */
  readonly args?: readonly string[];
  /** The folder `served` is given out over HTTP; its address is the build argument URL. */
  readonly server?: boolean;
}

/** A fixture made ready: its files in a folder of its own, and what the build is to be told. */
export interface PreparedFixture extends AsyncDisposable {
  readonly context: string;
  /** For Slipway's own state. */
  readonly stateHome: string;
  readonly args: readonly string[];
}

/**
 * `any-engine` needs nothing that BuildKit 0.8 (Docker 20.10) lacks; `docker-26` needs BuildKit 0.13; `arm64` an engine whose
 * machine runs programs for linux/arm64, and an image for it as BASE.
 */
export type FixtureGroup = "any-engine" | "docker-26" | "arm64";

export const fixtureFolder = join(import.meta.dirname, "../fixtures/equality");

export function listFixtures(group: FixtureGroup): readonly string[] {
  return readdirSync(join(fixtureFolder, group)).sort();
}

/** Copies a fixture and runs its `prepare.sh`, which makes what git does not keep. `address`: of this machine, for engines. */
export async function prepareFixture(
  group: FixtureGroup,
  name: string,
  address: string,
  args: readonly string[] = [],
): Promise<PreparedFixture> {
  const parent = await mkdtemp(join(tmpdir(), "slipway-equality-"));
  const context = join(parent, "context");
  await cp(join(fixtureFolder, group, name), context, { recursive: true, verbatimSymlinks: true });
  if (existsSync(join(context, "prepare.sh"))) await execa("sh", ["-eu", "prepare.sh"], { cwd: context });
  const settings = readSettings(context);
  await Promise.all(["prepare.sh", "fixture.json"].map((file) => rm(join(context, file), { force: true })));
  const server = settings.server ? await serve(context, join(parent, "served"), address) : undefined;
  return {
    context,
    stateHome: join(parent, "state"),
    args: [...args, ...(settings.args ?? []), ...(server ? ["--build-arg", `URL=${server.url}`] : [])],
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]();
      await rm(parent, { recursive: true });
    },
  };
}

async function serve(context: string, served: string, address: string): Promise<FileServer> {
  await rename(join(context, "served"), served);
  return serveFolder(served, address);
}

function readSettings(context: string): FixtureSettings {
  const file = join(context, "fixture.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as FixtureSettings) : {};
}
