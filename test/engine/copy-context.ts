import { chmod, link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { execa } from "execa";
import { type TarMember, writeTar } from "../../src/session/copy/tar-writer.ts";

export const ignorePatterns = ["*.secret", "ignored", "!ignored/kept"];

/** What the destinations are: users, links, folders of several owners and modes. */
export const baseSteps = `FROM debian:bookworm AS prepared
RUN mkdir -p /b/etc /b/real /b/private/sub /b/full/sub /b/tmp /b/deep/er && cd /b \\
 && printf 'root:x:0:0::/:/bin/sh\\napp:x:1000:1001::/:\\nlonely:x:7:77::/:\\n' > etc/passwd \\
 && printf 'root:x:0:\\nstaff:x:50:\\napp:x:1001:\\n' > etc/group \\
 && ln -s real to-folder && ln -s /missing/file to-nothing && ln -s old to-file && ln -s ../real deep/up \\
 && echo old > old && echo old > full/a.txt && chmod 700 private private/sub && chmod 1777 tmp && chown 5:6 private \\
 && ln -s ../old full/link && ln -s ../real full/sub-link && mkdir full/b.txt && ln -s loop-2 loop-1 && ln -s loop-1 loop-2 \\
 && mkdir -p full/replaced/by/file && echo x > full/replaced/by/file/x
FROM scratch AS base
COPY --from=prepared /b /
`;

/** What COPY --from takes: everything that a file system can hold. Unpacked, since BuildKit 0.8 copies no devices. */
export const sourceSteps = `FROM scratch AS source
ADD source.tar caps.tar /
`;

/** Answers as a web server that ADD fetches from. */
export function answer(request: IncomingMessage, response: ServerResponse): void {
  const modified = { "last-modified": "Sun, 09 Sep 2001 01:46:40 GMT" };
  const named = { "content-disposition": 'attachment; filename="x.txt"' };
  if (request.url?.startsWith("/file.bin")) response.writeHead(200, modified).end("from afar");
  else if (request.url === "/old.tar") response.writeHead(200).end("no tar");
  else if (request.url === "/moved") response.writeHead(302, { location: "/file.bin" }).end();
  else if (request.url === "/") response.writeHead(200, named).end("root");
  else response.writeHead(404).end();
}

export async function makeContext(folder: string): Promise<void> {
  await writeFiles(folder, {
    ".dockerignore": `${ignorePatterns.join("\n")}\n`,
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
    "archive/d/f": "in the archive",
    "archive/script": "#!/bin/sh\n",
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
  const root = join(folder, "archive");
  await chmod(join(root, "script"), 0o4755);
  await symlink("d/f", join(root, "link"));
  await link(join(root, "script"), join(root, "twin"));
  const content = ["--owner=33", "--group=34", "--sort=name", "--mtime=@1111111111", "-C", root, "."];
  await execa("tar", ["-cf", join(folder, "plain.tar"), ...content]);
  await execa("tar", ["-czf", join(folder, "packed.tar.gz"), ...content]);
  await execa("tar", ["-cjf", join(folder, "packed.tar.bz2"), ...content]);
  await execa("tar", ["-cJf", join(folder, "packed.tar.xz"), ...content]);
  await execa("tar", ["--zstd", "-cf", join(folder, "packed.tar.zst"), ...content]);
  await execa("gzip", ["-k", "-c", join(folder, "a.txt")], { stdout: { file: join(folder, "only.gz") } });
  await execa("tar", ["-cf", join(folder, "empty.tar"), "-T", "/dev/null"]);
  await rm(root, { recursive: true });
  const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
  const xattrs = new Map([["security.capability", capability]]);
  await writeArchive(join(folder, "caps.tar"), [{ name: "ping", mode: 0o755, xattrs }]);
  await writeArchive(join(folder, "over.tar"), [
    { name: "a.txt", type: "directory", mode: 0o711 },
    { name: "link", mode: 0o600 },
    { name: "replaced", mode: 0o640 },
    { name: "sub-link", type: "directory", mode: 0o750 },
    { name: "sub-link/through", mode: 0o644 },
    { name: "b.txt", type: "symlink", target: "a.txt" },
  ]);
}

async function writeArchive(path: string, entries: readonly Partial<TarMember["entry"]>[]): Promise<void> {
  const plain = { name: "", type: "file", mode: 0, uid: 33, gid: 34, modified: 1_222_222_222_000_000_000n } as const;
  const none = { target: undefined, hardLink: undefined, device: undefined, xattrs: new Map() };
  async function* members(): AsyncGenerator<TarMember> {
    for (const entry of entries) {
      const size = entry.type === undefined ? 4 : 0;
      const content = size === 0 ? undefined : () => Readable.from([Buffer.from("over")]);
      yield { entry: { ...plain, ...none, size, ...entry }, content };
    }
  }
  await writeFile(path, writeTar(members()));
}

/** Makes files by name, and their folders. */
async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
