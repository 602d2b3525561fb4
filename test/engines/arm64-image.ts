import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { execa } from "execa";
import { extract, pack } from "tar-stream";
import { provideDebianFile } from "../../scripts/debian-file.mjs";
import { whyNoArm64 } from "../../scripts/emulation.mjs";
import { emptyImageConfig } from "../../src/dockerfile/image-config.ts";
import type { EngineClient } from "../../src/engine/client.ts";
import { composeImage } from "../../src/engine/compose-image.ts";
import { importImage, removeImage } from "../../src/engine/images.ts";

/** Why tests that run programs for linux/arm64 are skipped; undefined where they run. */
export const skipsArm64: string | undefined = whyNoArm64();
if (skipsArm64 !== undefined) console.warn(`Tests of linux/arm64 are skipped: ${skipsArm64}.`);

const cache = join(import.meta.dirname, "../../.cache");
const applets = "sh cat cp echo env id ls mkdir rm sleep stat touch true uname".split(" ");

/** An image for linux/arm64, of Debian's static busybox alone, under a name of its own. Disposing removes it. */
export async function makeArm64Image(engine: EngineClient): Promise<{ readonly name: string } & AsyncDisposable> {
  const tar = pack();
  for (const name of ["bin", "etc", "tmp"]) tar.entry({ name, type: "directory", mode: 0o755 });
  tar.entry({ name: "bin/busybox", mode: 0o755 }, await readBusybox());
  for (const applet of applets) tar.entry({ name: `bin/${applet}`, type: "symlink", linkname: "busybox" });
  tar.entry({ name: "etc/passwd" }, "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
  tar.entry({ name: "etc/group" }, "root:x:0:\nann:x:1000:\nteam:x:1001:ann\n");
  tar.finalize();
  const imported = await importImage(engine, tar);
  const name = `slipway-test/arm64:${randomBytes(4).toString("hex")}`;
  await composeImage(engine, {
    base: imported,
    config: { ...emptyImageConfig, cmd: ["sh"], labels: { "slipway.test": "arm64" } },
    // As Docker Hub's images for it have it.
    platform: { os: "linux", architecture: "arm64", variant: "v8" },
    history: [{ created: new Date(0), createdBy: "busybox", comment: "", emptyLayer: false }],
    created: new Date(0),
    tags: [name],
  });
  await removeImage(engine, imported);
  return {
    name,
    async [Symbol.asyncDispose]() {
      await removeImage(engine, name, { force: true });
    },
  };
}

async function readBusybox(): Promise<Buffer> {
  const file = {
    name: "busybox-static_arm64.deb",
    suite: "bookworm",
    package: "busybox-static",
    architecture: "arm64",
  };
  const archive = execa("dpkg-deb", ["--fsys-tarfile", await provideDebianFile(file, cache)], {
    encoding: "buffer",
    buffer: false,
  });
  let busybox: Buffer | undefined;
  for await (const entry of archive.stdout.pipe(extract())) {
    if (entry.header.name.endsWith("bin/busybox")) busybox = await buffer(entry);
    else entry.resume();
  }
  await archive;
  return busybox!;
}
