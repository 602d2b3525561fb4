import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

const types = {
  index: "application/vnd.docker.distribution.manifest.list.v2+json",
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

interface Stored {
  readonly type: string;
  readonly content: Buffer;
}

/** A registry of this machine, which dockerd trusts without TLS. */
export interface TestRegistry extends AsyncDisposable {
  /** How many requests came. */
  requests(): number;
  /**
   * Offers an image for each of the architectures, for a single one without an index. Its one file /architecture names it. Gives the
   * reference.
   */
  offer(name: string, architectures: readonly string[]): Promise<string>;
}

/** Serves what a client needs to pull: the OCI distribution specification's GET and HEAD of manifests and blobs. */
export async function startRegistry(): Promise<TestRegistry> {
  const stored = new Map<string, Stored>();
  const tags = new Map<string, string>();
  const store = (type: string, content: Buffer) => {
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    stored.set(digest, { type, content });
    return { mediaType: type, size: content.length, digest };
  };
  const storeJson = (type: string, value: object) => store(type, Buffer.from(JSON.stringify(value)));

  let requests = 0;
  const server = createServer(({ url = "", method }, response) => {
    requests++;
    const name = decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
    const digest = tags.get(url.replace(/^\/v2\/(.*)\/manifests\/(.*)$/, "$1:$2")) ?? name;
    const found = stored.get(digest);
    if (url === "/v2/") response.end("{}");
    else if (!found) response.writeHead(404, { "Content-Type": "application/json" }).end('{"errors":[]}');
    else {
      const headers = { "Content-Type": found.type, "Docker-Content-Digest": digest };
      response.writeHead(200, { ...headers, "Content-Length": found.content.length });
      response.end(method === "HEAD" ? undefined : found.content);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const storeImage = async (architecture: string) => {
    const tar = pack();
    tar.entry({ name: "architecture" }, architecture);
    tar.finalize();
    const layer = await buffer(tar);
    const diffId = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
    const rootfs = { type: "layers", diff_ids: [diffId] };
    const config = storeJson(types.config, { os: "linux", architecture, config: { Cmd: ["none"] }, rootfs });
    const layers = [store(types.layer, gzipSync(layer))];
    return storeJson(types.manifest, { schemaVersion: 2, mediaType: types.manifest, config, layers });
  };
  return {
    requests: () => requests,
    async offer(name, architectures) {
      const images = await Promise.all(architectures.map(storeImage));
      const manifests = images.map((image, index) => ({
        ...image,
        platform: { os: "linux", architecture: architectures[index] },
      }));
      const index = storeJson(types.index, { schemaVersion: 2, mediaType: types.index, manifests });
      tags.set(`${name}:latest`, images.length === 1 ? images[0]!.digest : index.digest);
      return `${address}/${name}:latest`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
