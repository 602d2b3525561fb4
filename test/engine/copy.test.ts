import { createWriteStream } from "node:fs";
import { chmod, link, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, test } from "vitest";
import { createContainer } from "../../src/engine/containers.ts";
import { copyDialects } from "../../src/session/copy/dialect.ts";
import { materializeCopy } from "../../src/session/copy/materialize.ts";
import { type TarMember, writeTar } from "../../src/session/copy/tar-writer.ts";
import type { CopyDependencies } from "../../src/session/copy/types.ts";
import { agentContainers } from "./agent-container.ts";
import { archiveOrNothing, dockerBuild, lastCopy, listFiles, writeFiles } from "./copy-fixture.ts";
import { uniqueName } from "./fixture.ts";

const label = uniqueName("copy");
const containers = agentContainers(label);
const { engine } = containers;
const images = { base: `${label}:base`, source: `${label}:source`, oracle: `${label}:oracle` };

/** What the destinations are: users, links, folders of several owners and modes. */
const baseSteps = `FROM debian:bookworm AS prepared
RUN mkdir -p /b/etc /b/real /b/private/sub /b/full/sub /b/tmp /b/deep/er && cd /b \\
 && printf 'root:x:0:0::/:/bin/sh\\napp:x:1000:1001::/:\\nlonely:x:7:77::/:\\n' > etc/passwd \\
 && printf 'root:x:0:\\nstaff:x:50:\\napp:x:1001:\\n' > etc/group \\
 && ln -s real to-folder && ln -s /missing/file to-nothing && ln -s old to-file && ln -s ../real deep/up \\
 && echo old > old && echo old > full/a.txt && chmod 700 private private/sub && chmod 1777 tmp && chown 5:6 private \\
 && ln -s ../old full/link && ln -s ../real full/sub-link && mkdir full/b.txt && ln -s loop-2 loop-1 && ln -s loop-1 loop-2
FROM scratch AS base
COPY --from=prepared /b /
`;

/** What COPY --from takes: everything that a file system can hold. Unpacked, since BuildKit 0.8 copies no devices. */
const sourceSteps = `FROM scratch AS source
ADD source.tar caps.tar /
`;

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
  "ADD http://SERVER/file.bin /new/",
  "ADD http://SERVER/file.bin /new",
  "ADD http://SERVER/file.bin?x=y /new/",
  "ADD http://SERVER/old.tar /new/",
  "ADD http://SERVER/ /new/",
  "ADD http://SERVER/moved /new/",
  "ADD --chown=app http://SERVER/file.bin /new/",
  "COPY ignored/kept /new/",
  "COPY ignored /new/",
  "COPY ignored/* /new/",
];

let context: string;
let server: Server;
let host: string;
const oracles = new Map<string, string>();

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), "slipway-copy-context-"));
  await makeContext(context);
  server = createServer(serve).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await dockerBuild(context, baseSteps, ["-t", images.base]);
  await dockerBuild(context, sourceSteps, ["-t", images.source]);
  // One build for all: each case is a stage, and its files a folder of the last one.
  const all = cases.map((line, index) => `FROM ${images.base} AS case-${index}\n${instruction(line)}\n`).join("");
  const gather = cases.map((_, index) => `COPY --from=case-${index} / /${index}\n`).join("");
  await dockerBuild(context, `FROM ${images.source} AS source\n${all}FROM scratch\n${gather}`, ["-t", images.oracle]);
  for (const image of [images.source, images.oracle]) oracles.set(image, await neverStarted(image));
});

afterAll(async () => {
  server.close();
  await containers.clean();
  await execa("/usr/bin/docker", ["rmi", "-f", ...Object.values(images)]);
  await rm(context, { recursive: true });
});

describe("the container is as BuildKit would have made it", { concurrent: true }, () => {
  test.for(cases.map((line, index) => [line, index] as const))("%s", async ([line, index], { expect }) => {
    const expected = await listFiles(engine, oracles.get(images.oracle)!, `/${index}`);
    expect(await ourResult(line)).toEqual(expected);
  });
});

async function ourResult(line: string): Promise<string[]> {
  const { id, agent } = await containers.start(images.base);
  await using _ = agent;
  await materializeCopy(lastCopy(dockerfileOf(line)), dependencies(agent));
  return listFiles(engine, id, "/");
}

function dockerfileOf(line: string): string {
  return `FROM ${images.source} AS source\nFROM ${images.base}\n${instruction(line)}\n`;
}

function instruction(line: string): string {
  return line.replace("SERVER", host);
}

function dependencies(agent: CopyDependencies["agent"]): CopyDependencies {
  return {
    agent,
    context,
    ignorePatterns: ["*.secret", "ignored", "!ignored/kept"],
    ignoreFile: ".dockerignore",
    contexts: {},
    archiveOf: (_, path) => archiveOrNothing(engine, oracles.get(images.source)!, path),
    dialect: copyDialects["0.8"],
    place: "Dockerfile:3",
  };
}

async function neverStarted(image: string): Promise<string> {
  return createContainer(engine, {
    image,
    entrypoint: ["/none"],
    labels: { "slipway.test": label },
    openStdin: false,
    tty: false,
    networkMode: "none",
  });
}

function serve(request: { url?: string | undefined }, response: import("node:http").ServerResponse): void {
  const modified = { "last-modified": "Sun, 09 Sep 2001 01:46:40 GMT" };
  if (request.url?.startsWith("/file.bin")) response.writeHead(200, modified).end("from afar");
  else if (request.url === "/old.tar") response.writeHead(200).end("no tar");
  else if (request.url === "/moved") response.writeHead(302, { location: "/file.bin" }).end();
  else if (request.url === "/")
    response.writeHead(200, { "content-disposition": 'attachment; filename="x.txt"' }).end("root");
  else response.writeHead(404).end();
}

async function makeContext(folder: string): Promise<void> {
  await writeFiles(folder, {
    ".dockerignore": "*.secret\nignored\n!ignored/kept\n",
    "a.txt": "a",
    "b.txt": "bb",
    "c.secret": "c",
    "with space.dat": "space",
    "dir/inside": "inside",
    "dir/zz": "zz",
    "dir/sub/deep": "deep",
    "dir/sub/hidden.secret": "nobody",
    "ignored/kept": "kept",
    "ignored/lost": "lost",
    program: "#!/bin/sh\n",
    "links/target": "target",
    "looks-like.tar.gz": "text",
    "tree/d/f": "in the archive",
    "tree/script": "#!/bin/sh\n",
  });
  await chmod(join(folder, "program"), 0o6755);
  await chmod(join(folder, "dir/sub"), 0o1750);
  await chmod(join(folder, "dir"), 0o700);
  await symlink("a.txt", join(folder, "link-file"));
  await symlink("dir", join(folder, "link-dir"));
  await symlink("target", join(folder, "links/good"));
  await symlink("/no/where", join(folder, "links/bad"));
  await symlink("../dir", join(folder, "links/folder"));
  await link(join(folder, "links/target"), join(folder, "links/twin"));
  await makeArchives(folder);
  await makeSource(folder);
  await execa("find", [folder, "-exec", "touch", "-h", "-d", "@1000000000", "{}", "+"]);
}

async function makeSource(folder: string): Promise<void> {
  const root = join(folder, "source");
  await writeFiles(root, {
    "tree/one": "one",
    "tree/inner/two": "two",
    "dir-1/x": "x",
    "dir-2/y": "y",
    "etc/conf": "c",
  });
  const script = `ln tree/one tree/same; ln tree/one tree/inner/same-too; ln -s one tree/link; ln -s /tree abs; ln -s tree rel
    chown 3:4 tree/one; chown -h 8:9 tree/link; chmod 4750 tree/one; chmod 2770 tree/inner; chmod 1777 dir-1
    mknod tree/null c 1 3; mknod tree/disk b 8 1; mkfifo tree/pipe; ln -s ../tree dir-2/out; chown 21:22 tree`;
  await execa("sh", ["-ec", script], { cwd: root });
  await execa("tar", ["-cf", join(folder, "source.tar"), "--sort=name", "--mtime=@1500000000", "-C", root, "."]);
  await rm(root, { recursive: true });
}

async function makeArchives(folder: string): Promise<void> {
  const tree = join(folder, "tree");
  await chmod(join(tree, "script"), 0o4755);
  await symlink("d/f", join(tree, "link"));
  await link(join(tree, "script"), join(tree, "twin"));
  const owner = ["--owner=33", "--group=34", "--sort=name", "--mtime=@1111111111", "-C", tree, "."];
  await execa("tar", ["-cf", join(folder, "plain.tar"), ...owner]);
  await execa("tar", ["-czf", join(folder, "packed.tar.gz"), ...owner]);
  await execa("tar", ["-cjf", join(folder, "packed.tar.bz2"), ...owner]);
  await execa("tar", ["-cJf", join(folder, "packed.tar.xz"), ...owner]);
  await execa("gzip", ["-k", "-c", join(folder, "a.txt")], { stdout: { file: join(folder, "only.gz") } });
  await execa("tar", ["-cf", join(folder, "empty.tar"), "-T", "/dev/null"]);
  await rm(tree, { recursive: true });
  const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
  await writeArchive(join(folder, "caps.tar"), [
    { name: "ping", mode: 0o755, xattrs: new Map([["security.capability", capability]]) },
  ]);
  await writeArchive(join(folder, "over.tar"), [
    { name: "a.txt", type: "directory", mode: 0o711 },
    { name: "link", mode: 0o600 },
  ]);
}

async function writeArchive(path: string, entries: readonly Partial<TarMember["entry"]>[]): Promise<void> {
  async function* members(): AsyncGenerator<TarMember> {
    for (const entry of entries) {
      const size = entry.type === undefined ? 4 : 0;
      const whole = {
        name: "",
        type: "file",
        mode: 0,
        uid: 33,
        gid: 34,
        size,
        modified: 1_222_222_222_000_000_000n,
      } as const;
      const none = { target: undefined, hardLink: undefined, device: undefined, xattrs: new Map() };
      yield {
        entry: { ...whole, ...none, ...entry },
        content: size === 0 ? undefined : Readable.from([Buffer.from("over")]),
      };
    }
  }
  await pipeline(writeTar(members()), createWriteStream(path));
}
