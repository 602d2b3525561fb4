import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runCommand } from "./command.ts";

/**
 * The first docker client on the PATH that reaches the engine's own BuildKit: newer clients hand `docker build` to a
 * plugin (buildx), which may be missing.
 */
export async function findDockerClient(folder: string): Promise<string> {
  const candidates = (process.env.PATH ?? "").split(delimiter).map((entry) => join(entry, "docker"));
  const context = join(folder, "probe");
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nLABEL probe=1\n");
  const failures: string[] = [];
  for (const client of candidates.filter((path) => existsSync(path))) {
    try {
      await runCommand([client, "build", "-q", context], { env: { DOCKER_BUILDKIT: "1" } });
      return client;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`No docker client on the PATH builds with BuildKit, to compare with.\n${failures.join("\n")}`);
}

/** Words and environment of `docker build` with one of the engine's two builders. */
export function dockerBuild(
  docker: string,
  builder: "buildkit" | "classic",
  args: readonly string[],
): { words: string[]; env: Record<string, string> } {
  return { words: [docker, "build", ...args], env: { DOCKER_BUILDKIT: builder === "buildkit" ? "1" : "0" } };
}
