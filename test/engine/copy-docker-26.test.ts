import { afterAll, beforeAll, describe, test } from "vitest";
import { connectEngine } from "../../src/engine/client.ts";
import { copyDialects } from "../../src/session/copy/dialect.ts";
import { type NestedEngine, startDocker26 } from "../engines/docker-26.ts";
import { type CopyBench, openCopyBench } from "./copy-fixture.ts";

const cases: readonly string[] = [
  "COPY dir /new",
  "COPY . /new/",
  "COPY --from=source /tree /new",
  "COPY --from=source /tree/null /tree/disk /tree/pipe /new/",
  "COPY --chmod=640 a.txt /new/deep/",
  "COPY --chmod=4755 a.txt /new",
  "COPY --chmod=750 dir /new",
  "COPY --chmod=700 dir /private",
  "COPY --chmod=0 links /new/",
  "COPY --chmod=1777 --chown=app dir /new/x/y",
  "COPY --chmod=640 --from=source /tree /new",
  "COPY --link a.txt /new/",
  "COPY --link a.txt /to-folder/x",
  "COPY --link dir /private",
  "COPY --link --chown=app dir /tmp/sub",
  "COPY <<one /new\nhello\none",
  "COPY <<one <<two /new/\n1\none\n2\ntwo",
  "COPY <<one a.txt /new/\n1\none",
  "COPY --chmod=755 --chown=7:8 <<one /full/link\n1\none",
  "ADD <<one /to-folder/\n1\none",
  "ADD packed.tar.zst /new/",
  "ADD --chown=app packed.tar.gz /new/",
  "ADD --chmod=600 plain.tar a.txt /new/",
  "ADD --chmod=755 URL/file.bin /new/",
  "ADD --checksum=sha256:6a1c23a9a6970cdbdf36e5e1913fe5ef2e1b6c333f233041af8a8977864654d5 URL/file.bin /new",
  "ADD URL/old.tar /new/",
  "ADD over.tar /full",
];

let outer: NestedEngine;
let bench: CopyBench;

beforeAll(async () => {
  outer = await startDocker26(process.env.DOCKER_HOST!);
  const { hostname, port } = new URL(outer.host);
  const engine = connectEngine({ kind: "tcp", url: outer.host, host: hostname, port: Number(port), tls: undefined });
  bench = await openCopyBench(cases, {
    engine,
    host: outer.host,
    address: outer.gateway,
    dialect: copyDialects["0.10"],
  });
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  await outer?.[Symbol.asyncDispose]();
});

describe("the container is as BuildKit 0.13 would have made it", { concurrent: true }, () => {
  test.for(cases.map((line, index) => [line, index] as const))("%s", async ([line, index], { expect }) => {
    expect(await bench.actual(line)).toEqual(await bench.expected(index));
  });
});
