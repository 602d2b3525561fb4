import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkOut } from "./git-checkout.ts";
import { parseGitRef } from "./git-ref.ts";

let folder: string;
let server: Server;
let url: string;
let first: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-git-"));
  const work = join(folder, "work");
  await mkdir(join(work, "sub/deeper"), { recursive: true });
  const git = async (...args: string[]) => {
    const identity = { GIT_AUTHOR_DATE: "@1234567890 +0000", GIT_COMMITTER_DATE: "@1234567890 +0000" };
    return (await execa("git", ["-c", "user.name=n", "-c", "user.email=e", ...args], { cwd: work, env: identity }))
      .stdout;
  };
  await git("init", "--quiet", "--initial-branch=main");
  await writeFile(join(work, "sub/deeper/file"), "one");
  await writeFile(join(work, "run.sh"), "#!/bin/sh\n", { mode: 0o700 });
  await symlink("sub", join(work, "link"));
  await git("add", ".");
  await git("commit", "--quiet", "-m", "first");
  first = await git("rev-parse", "HEAD");
  await git("tag", "v1");
  await writeFile(join(work, "sub/deeper/file"), "two");
  await git("commit", "--quiet", "-am", "second");
  await git("clone", "--quiet", "--bare", work, join(folder, "served.git"));
  await execa("git", ["update-server-info"], { cwd: join(folder, "served.git") });
  // The simplest server that git knows: it gives files, and cannot leave history out.
  server = createServer(async (request, response) => {
    const path = join(folder, new URL(request.url!, "http://x").pathname.replace("/private/", "/"));
    const login = `Basic ${Buffer.from("me:s@cret").toString("base64")}`;
    if (request.url!.startsWith("/private/") && request.headers.authorization !== login) {
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
      return;
    }
    const content = await readFile(path).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200).end(content);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/served.git`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function list(source: string, keepGitDir = false): Promise<Record<string, string>> {
  const scratch = await mkdtemp(join(folder, "scratch-"));
  const tree = await checkOut(parseGitRef(source)!, { keepGitDir, folder: scratch, signal: undefined });
  const found: Record<string, string> = {};
  for await (const entry of tree.walk("/", {
    includes: (path) => !path.startsWith(".git/"),
    mayContainIncluded: () => false,
  })) {
    let text = entry.target ?? "";
    if (entry.type === "file") text += await textOf(Readable.from(entry.content()));
    found[entry.path] = `${entry.mode.toString(8)} ${text}`;
  }
  return found;
}

test("a branch, with modes as a umask of 022 gives them", async () => {
  expect(await list(`${url}#main`)).toEqual({
    "/": "755 ",
    "/link": "777 sub",
    "/run.sh": "755 #!/bin/sh\n",
    "/sub": "755 ",
    "/sub/deeper": "755 ",
    "/sub/deeper/file": "644 two",
  });
});

test("a tag, a commit and HEAD; a folder of it; its .git", async () => {
  expect(await list(`${url}#v1:sub/deeper`)).toEqual({ "/": "755 ", "/file": "644 one" });
  expect(await list(`${url}#${first}:sub/deeper`)).toEqual({ "/": "755 ", "/file": "644 one" });
  expect(await list(`${url}?subdir=sub/deeper`)).toEqual({ "/": "755 ", "/file": "644 two" });
  expect(Object.keys(await list(`${url}#v1`, true))).toContain("/.git");
  expect(Object.keys(await list(`${url}#v1:sub`, true))).not.toContain("/.git");
});

test("times of the commit", async () => {
  const scratch = await mkdtemp(join(folder, "scratch-"));
  const options = { keepGitDir: false, folder: scratch, signal: undefined };
  const tree = await checkOut(parseGitRef(`${url}?mtime=commit&ref=v1`)!, options);
  expect((await tree.entryAt("/run.sh"))?.modified).toBe(1_234_567_890_000_000_000n);
});

test("no error shows the credentials of a URL", async () => {
  const source = `${url.replace("//", "//me:secret@")}#nowhere`;
  await expect(list(source)).rejects.toMatchObject({
    code: "GIT_FAILED",
    message: expect.not.stringMatching(/secret|me@/),
  });
});

test("errors name the repository and what is wrong with it", async () => {
  await expect(list(`${url}#nowhere`)).rejects.toMatchObject({
    code: "GIT_FAILED",
    message: expect.stringContaining("nowhere"),
  });
  await expect(list(`${url}#v1:none`)).rejects.toMatchObject({ code: "GIT_FOLDER" });
  await expect(list(`${url}?ref=main&commit=${first}`)).rejects.toMatchObject({
    code: "CHECKSUM_MISMATCH",
    message: expect.stringContaining(`(expected: ${first})`),
  });
  expect(await list(`${url}?ref=v1&commit=${first.slice(0, 10)}&subdir=sub/deeper`)).toMatchObject({
    "/file": "644 one",
  });
});

test("a login in the URL opens the repository, and stands in no command line and no file of the checkout", async () => {
  const trace = join(folder, "trace");
  process.env.GIT_TRACE = trace;
  try {
    const address = url.replace("/served", "/private/served");
    const found = await list(address.replace("http://", "http://me:s%40cret@"), true);
    expect(found["/sub/deeper/file"]).toBe("644 two");
    const files = await readdir(folder, { recursive: true });
    for (const settings of files.filter((file) => file.endsWith(".git/config"))) {
      expect(await readFile(join(folder, settings), "utf8")).not.toContain("s%40cret");
    }
    // git tells every command that it starts, its own helpers too.
    const commands = await readFile(trace, "utf8");
    expect(commands).toContain(`git-remote-http origin ${address}`);
    expect(commands).not.toMatch(/s%40cret|s@cret/);
    await expect(list(address)).rejects.toMatchObject({ code: "GIT_FAILED" });
  } finally {
    delete process.env.GIT_TRACE;
  }
});
