import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { slipwayInit } from "../init/launch-project.ts";
import { slipway } from "./program.ts";

test("deploy in a session runs the image's deployment steps, and skips what is done", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-deploy-"));
  try {
    await mkdir(join(folder, "deployment"));
    await copyFile(slipwayInit, join(folder, "slipway-init"));
    await writeFile(join(folder, "launch.yaml"), "name: shop\n");
    await writeFile(join(folder, "deployment/10-site.sh"), "#!/bin/sh\necho deployed > /srv/site\n", { mode: 0o755 });
    await writeFile(
      join(folder, "Dockerfile"),
      "FROM debian:bookworm\nCOPY slipway-init /usr/local/bin/\nCOPY launch.yaml /etc/slipway/\nCOPY deployment /srv/projects/shop/project/deployment/\n",
    );
    const input = "continue\ndeploy\ndeploy --list\nrun cat /srv/site\ndeploy --only 20\n";
    const ran = await slipway(["hack", folder, "--rm", "--script", "-"], { input, env: { XDG_STATE_HOME: folder } });
    expect(ran.stdout).toContain("slipway-init: 10-site.sh\n");
    expect(ran.stdout).toContain("10-site.sh  unchanged\n");
    expect(ran.stdout).toContain("deployed\n");
    expect(ran.exitCode).toBe(2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
