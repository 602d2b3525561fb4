import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareImages } from "./compare-images.ts";
import { docker } from "./docker.ts";

const host = process.env.DOCKER_HOST!;
const tags = ["first", "second"].map((name) => `slipway-compare-${name}:${process.pid}`) as [string, string];
let folder: string;

async function build(tag: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(folder, "Dockerfile"), ["FROM debian:bookworm", ...lines].join("\n"));
  await docker(host, ["build", "--quiet", "--label", "slipway.test=compare", "--tag", tag, folder]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-compare-"));
});

afterAll(async () => {
  await docker(host, ["rmi", "--force", ...tags]);
  await rm(folder, { recursive: true });
});

test("equal images have no differences", async () => {
  const lines = ["RUN echo 1 > /one && ln /one /two && mknod /null c 1 3", 'CMD ["x"]', "LABEL empty="];
  for (const tag of tags) await build(tag, lines);
  expect(await compareImages(host, ...tags)).toEqual([]);
});

test("every kind of difference is told", async () => {
  const attribute = (value: number) =>
    `perl -e 'my $v = pack("V5", 0x02000001, ${value}, 0, 0, 0); my ($p, $n) = ("/cap", "security.capability"); syscall(188, $p, $n, $v, 20, 0) == 0 or die $!'`;
  await build(tags[0], [
    `RUN cd / && echo a > content && touch mode owner gone kind && ln -s a link && mknod device c 1 3 && echo x > h1 && ln h1 h2 && touch cap && ${attribute(1)}`,
    'ENTRYPOINT ["a"]',
    "LABEL kept=1 lost=",
    "EXPOSE 80",
    "MAINTAINER a",
  ]);
  await build(tags[1], [
    `RUN cd / && echo b > content && touch mode owner new && chmod 4600 mode && chown 1:2 owner && mkdir kind && ln -s b link && mknod device c 1 5 && echo x > h1 && echo x > h2 && touch cap && ${attribute(2)}`,
    'ENTRYPOINT ["b"]',
    "LABEL kept=1",
    "EXPOSE 80 81",
    "MAINTAINER b",
  ]);
  expect(await compareImages(host, ...tags)).toEqual([
    expect.stringMatching(/^\/cap: attributes is SCHILY.*, expected SCHILY/),
    expect.stringMatching(/^\/content: content is 2 bytes.*, expected 2 bytes/),
    "/device: device is 1:5, expected 1:3",
    expect.stringMatching(/^\/gone: missing \(expected file 644 0:0 0 bytes/),
    "/h1: names is none, expected /h1 /h2",
    "/h2: names is none, expected /h1 /h2",
    "/kind: type is directory, expected file",
    "/kind: mode is 755, expected 644",
    expect.stringMatching(/^\/kind: content is none/),
    "/link: target is b, expected a",
    "/mode: mode is 4600, expected 644",
    expect.stringMatching(/^\/new: not expected/),
    "/owner: owner is 1:2, expected 0:0",
    'configuration Author: is "b", expected "a"',
    'configuration Entrypoint: is ["b"], expected ["a"]',
    'configuration ExposedPorts: is {"80/tcp":{},"81/tcp":{}}, expected {"80/tcp":{}}',
    expect.stringMatching(/^configuration Labels: is .*expected .*"lost":""/),
  ]);
});
