import { execa } from "execa";

/** Debian bookworm's client: it speaks with the BuildKit inside dockerd, without buildx. */
export const dockerClient = "/usr/bin/docker";

/** Runs the docker client against an engine (`unix://…`, `tcp://…`); gives what it printed. */
export async function docker(host: string, args: readonly string[], input?: string): Promise<string> {
  const { stdout } = await execa(dockerClient, [...args], {
    env: { DOCKER_HOST: host, DOCKER_BUILDKIT: "1" },
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
  });
  return stdout;
}
