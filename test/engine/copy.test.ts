import { afterAll, beforeAll, describe, test } from "vitest";
import { copyDialects } from "../../src/session/copy/dialect.ts";
import { type CopyBench, openCopyBench } from "./copy-fixture.ts";
import { testEngine } from "./fixture.ts";

const cases: readonly string[] = [
  "COPY a.txt /new",
  "COPY a.txt /new/",
  "COPY a.txt /new/deep/er/name",
  "COPY a.txt b.txt /new/",
  "COPY a.txt b.txt /new",
  "COPY a.txt /real",
  "COPY a.txt /old",
  "COPY a.txt /to-folder",
  "COPY a.txt /to-folder/",
  "COPY a.txt /to-nothing",
  "COPY a.txt /to-file",
  "COPY a.txt /deep/up/x/y",
  "COPY a.txt .",
  "COPY a.txt /full/link",
  "COPY dir /new",
  "COPY dir/ /new/",
  "COPY dir /private",
  "COPY dir /to-folder",
  "COPY dir /deep/up/",
  "COPY dir a.txt /new/",
  "COPY . /new",
  "COPY . .",
  "COPY *.txt /new/",
  "COPY *.txt /new",
  "COPY d*/sub* /new/",
  "COPY dir/[a-m]* /new/",
  "COPY no-such-* /new/",
  "COPY no-such-* a.txt /new/",
  "COPY link-file /new",
  "COPY link-file /new/",
  "COPY link-dir /new",
  "COPY link-dir/inside /new",
  "COPY link-* /new/",
  "COPY links /new",
  "COPY ../a.txt /../new",
  "COPY program /new/",
  "COPY program /tmp/",
  'COPY ["with space.dat", "/new/with space/"]',
  "COPY --chown=1:2 dir /new",
  "COPY --chown=7 a.txt /new/a/b",
  "COPY --chown=app a.txt /new/",
  "COPY --chown=lonely a.txt /new/",
  "COPY --chown=nobody-knows a.txt /new/",
  "COPY --chown=app:staff dir /private",
  "COPY --chown=9:staff a.txt /new/",
  "COPY --chown=app:nobody-knows a.txt /new/",
  "COPY --chown=:staff a.txt /new/",
  "COPY --chown=12:13 dir /private/sub",
  "COPY --from=source /tree /new",
  "COPY --from=source /tree/one /new/",
  "COPY --from=source /tree/same /tree/one /new/",
  "COPY --from=source /tree/link /new/",
  "COPY --from=source /rel /new",
  "COPY --from=source /abs/inner /new",
  "COPY --from=source /dir-* /new/",
  "COPY --from=source /tree/*e /new/",
  "COPY --from=source /dir-2/out/one /new/",
  "COPY --from=source --chown=app /tree /new",
  "COPY --from=source tree/inner/two /tmp",
  "COPY --from=source /tree/null /tree/pipe /new/",
  "ADD a.txt /new/",
  "ADD dir /new",
  "ADD plain.tar /new",
  "ADD plain.tar /new/",
  "ADD plain.tar /private",
  "ADD plain.tar /to-folder",
  "ADD packed.tar.gz /new",
  "ADD packed.tar.bz2 /new",
  "ADD packed.tar.xz /new",
  "ADD plain.tar packed.tar.gz a.txt /new/",
  "ADD --chown=1:2 plain.tar /new",
  "ADD [np]*.tar /new/",
  "ADD looks-like.tar.gz /new/",
  "ADD only.gz /new/",
  "ADD empty.tar /new/",
  "ADD caps.tar /new/",
  "ADD over.tar /full",
  "ADD URL/file.bin /new/",
  "ADD URL/file.bin /new",
  "ADD URL/file.bin?x=y /new/",
  "ADD URL/old.tar /new/",
  "ADD URL/ /new/",
  "ADD URL/moved /new/",
  "ADD --chown=app URL/file.bin /new/",
  "COPY ignored/kept /new/",
  "COPY ignored /new/",
  "COPY ignored/* /new/",
];

let bench: CopyBench;

beforeAll(async () => {
  const host = process.env.DOCKER_HOST!;
  bench = await openCopyBench(cases, {
    engine: testEngine(),
    host,
    address: "127.0.0.1",
    dialect: copyDialects["0.8"],
  });
});
afterAll(() => bench?.[Symbol.asyncDispose]());

describe("the container is as BuildKit 0.8 would have made it", { concurrent: true }, () => {
  test.for(cases.map((line, index) => [line, index] as const))("%s", async ([line, index], { expect }) => {
    expect(await bench.actual(line)).toEqual(await bench.expected(index));
  });
});
