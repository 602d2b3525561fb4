import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";

export interface FileServer extends AsyncDisposable {
  readonly url: string;
}

/** Gives out the files of a folder at a free port of an address of this machine. */
export async function serveFolder(folder: string, address: string): Promise<FileServer> {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(new URL(request.url!, "http://x").pathname));
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-length": found.size, "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
