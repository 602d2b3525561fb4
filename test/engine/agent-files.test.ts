import { execFileSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Header, pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { containerChanges, getArchive, removeContainer } from "../../src/engine/containers.ts";
import { importImage, removeImage } from "../../src/engine/images.ts";
import { createVolume, removeVolume } from "../../src/engine/volumes.ts";
import type { FileChange } from "../../src/protocol/messages.ts";
import type { Agent, TarSource } from "../../src/session/agent/client.ts";
import { ensureAgentVolume, provideVolume } from "../../src/session/agent/volume.ts";
import { agentContainers, run, shell } from "./agent-container.ts";
import { uniqueName } from "./fixture.ts";

const containers = agentContainers("agent-files");
let agent: Agent;

beforeAll(async () => {
  ({ agent } = await containers.start());
});
afterAll(containers.clean);

type Entry = Partial<Header> & { name: string; content?: string };

function archive(...entries: Entry[]): TarSource {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry({ mtime: new Date(1e12), ...header }, content ?? "");
  tar.finalize();
  return tar;
}

const extract = (...entries: Entry[]) => agent.extract(archive(...entries), { parentUid: 0, parentGid: 0 });

describe("extract", () => {
  test("sets content, owner, mode, time and extended attributes", async () => {
    await extract(
      { name: "/x1/", type: "directory", mode: 0o2775, uid: 7, gid: 8 },
      { name: "/x1/file", mode: 0o4711, uid: 70000, gid: 9, content: "text", pax: { "SCHILY.xattr.user.note": "hi" } },
      { name: "/x1/null", type: "character-device", mode: 0o666, devmajor: 1, devminor: 3 },
      { name: "/x1/pipe", type: "fifo", mode: 0o600 },
      { name: "/x1/symlink", type: "symlink", linkname: "no/where", uid: 5, gid: 6 },
      { name: "/x1/link", type: "link", linkname: "/x1/file" },
    );
    const { stdout } = await shell(
      agent,
      "cd /x1; stat -c '%n %F %a %u:%g %Y %t,%T' . * && cat file && test file -ef link && readlink symlink",
    );
    expect(stdout.split("\n")).toEqual([
      ". directory 2775 7:8 1000000000 0,0",
      "file regular file 4711 70000:9 1000000000 0,0",
      "link regular file 4711 70000:9 1000000000 0,0",
      "null character special file 666 0:0 1000000000 1,3",
      "pipe fifo 600 0:0 1000000000 0,0",
      "symlink symbolic link 777 5:6 1000000000 0,0",
      "textno/where",
      "",
    ]);
  });

  test("makes missing parents for their owner", async () => {
    await agent.extract(archive({ name: "/x2/a/b", content: "" }), { parentUid: 3, parentGid: 4 });
    expect(await agent.stat(["/x2", "/x2/a"], false)).toMatchObject([
      { mode: 0o755, uid: 3, gid: 4 },
      { mode: 0o755, uid: 3, gid: 4 },
    ]);
  });

  test("replaces files and links, and not what they point at", async () => {
    await shell(
      agent,
      "mkdir /x3; echo kept >/x3/target; ln -s target /x3/symlink; ln /x3/target /x3/link; mkfifo /x3/fifo",
    );
    await extract(...["symlink", "link", "fifo"].map((name) => ({ name: `/x3/${name}`, content: "new" })));
    expect((await shell(agent, "cd /x3; cat target symlink link fifo")).stdout).toBe("kept\nnewnewnew");
  });

  test("merges folders and follows symbolic links on the way", async () => {
    await shell(agent, "mkdir -p /x4/real; echo old >/x4/real/old; ln -s real /x4/way");
    await extract({ name: "/x4/way/new", content: "new" }, { name: "/x4/real", type: "directory", mode: 0o700 });
    expect((await shell(agent, "cd /x4; ls real; stat -c %a real; readlink way")).stdout).toBe("new\nold\n700\nreal\n");
  });

  test.each([
    ["a folder by a file", { name: "/x5/folder", content: "" }, "cannot replace to directory /x5/folder with file"],
    ["a file by a folder", { name: "/x5/file", type: "directory" }, "cannot copy to non-directory: /x5/file"],
    ["a parent that is a file", { name: "/x5/file/below", content: "" }, "mkdir /x5/file: not a directory"],
    ["what leads upwards", { name: "/x5/../up", content: "" }, "the archive names /x5/../up, which leads upwards"],
  ] as const)("refuses %s", async (_, entry, message) => {
    await shell(agent, "mkdir -p /x5/folder; touch /x5/file");
    await expect(extract(entry)).rejects.toMatchObject({ message });
  });

  test("refuses what is no archive, and stops reading it", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1 << 16, "no archive ");
      })(),
    );
    await expect(agent.extract(endless, { parentUid: 0, parentGid: 0 })).rejects.toMatchObject({ code: "BAD_ARCHIVE" });
    expect(endless.destroyed).toBe(true);
  });

  test("fails with the error of its source, and with an abort's reason", async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(0);
        throw new Error("the disk is gone");
      })(),
    );
    await expect(agent.extract(broken, { parentUid: 0, parentGid: 0 })).rejects.toThrow("the disk is gone");
    const abort = new AbortController();
    const silent = new Readable({ read: () => setImmediate(() => abort.abort(new Error("enough"))) });
    const options = { parentUid: 0, parentGid: 0, signal: abort.signal };
    await expect(agent.extract(silent, options)).rejects.toThrow("enough");
    expect((await shell(agent, "echo on")).stdout).toBe("on\n");
  });

  test("writes what tar itself would", async () => {
    const folder = mkdtempSync(join(tmpdir(), "agent-files-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const source = join(folder, "source.tar");
    execFileSync("tar", [
      "-cf",
      source,
      "--format=pax",
      "--xattrs",
      "-C",
      "/usr",
      "share/zoneinfo",
      "lib/ssl",
      "share/perl5",
    ]);
    const list =
      "find . -mindepth 1 -printf '%p %y %m %U:%G %s %T@ %l %n\\n' | sort; find . -type f | sort | xargs md5sum";
    await shell(agent, "mkdir /x6 /x7");
    const stdin = createReadStream(source);
    const listing = await run(
      agent,
      ["/bin/sh", "-c", `tar -xpf - --numeric-owner && ${list}`],
      { cwd: "/x6" },
      { stdin },
    );
    const renamed = join(folder, "renamed.tar");
    execFileSync("tar", [
      "-cf",
      renamed,
      "--format=pax",
      "--xattrs",
      "-P",
      "--transform=s,^,/x7/,S",
      "-C",
      "/usr",
      "share/zoneinfo",
      "lib/ssl",
      "share/perl5",
    ]);
    writeFileSync(join(folder, "own"), "");
    await agent.extract(createReadStream(renamed), { parentUid: 0, parentGid: 0 });
    const own = await shell(agent, list, { cwd: "/x7" });
    // Their parents are in no archive and have the time of now.
    const lines = (text: string) => text.split("\n").filter((line) => !/^\.\/(share|lib) d /.test(line));
    expect(lines(own.stdout)).toEqual(lines(listing.stdout));
    expect(lines(own.stdout).length).toBeGreaterThan(1000);
  });
});

describe("stat and mkdir", () => {
  test("tell what is there, and what is not", async () => {
    await shell(agent, "mkdir -m 1777 /y1; ln -s y1 /y2; touch -d @5 /y1/f; chown 1:2 /y1/f");
    expect(await agent.stat(["/y1", "/y2", "/y1/f", "/y3", "/y1/f/g"], false)).toMatchObject([
      { path: "/y1", type: "directory", mode: 0o1777 },
      { path: "/y2", type: "symlink", target: "y1" },
      { path: "/y1/f", type: "file", uid: 1, gid: 2, mtime: 5, size: 0 },
      undefined as never,
      undefined as never,
    ]);
    expect(await agent.stat(["/y2"], true)).toMatchObject([{ type: "directory" }]);
  });

  test("keep file names that are no UTF-8", async () => {
    await agent.changes();
    await shell(agent, "mkdir /y5; touch /y5/$(printf '\\377\\303')");
    const path = (await agent.changes()).find((change) => change.path.startsWith("/y5/"))!.path;
    expect(await agent.stat([path], false)).toMatchObject([{ type: "file" }]);
  });

  test("make missing parents alike", async () => {
    await agent.mkdir("/y4/a/b", { mode: 0o2750, uid: 11, gid: 12 });
    expect(await agent.stat(["/y4", "/y4/a", "/y4/a/b"], false)).toMatchObject(
      Array.from({ length: 3 }, () => ({ mode: 0o2750, uid: 11, gid: 12 })),
    );
    await expect(agent.mkdir("/etc/passwd", { mode: 0o755, uid: 0, gid: 0 })).rejects.toMatchObject({
      code: "ENOTDIR",
    });
  });
});

describe("changes", () => {
  const summary = (changes: readonly FileChange[]) =>
    changes.map(({ kind, path, type, timesOnly }) => `${kind} ${type} ${path}${timesOnly ? " (times)" : ""}`);

  test("name what a command added, changed and removed", async () => {
    await shell(agent, "mkdir -p /z/d/e; cd /z; touch a b c d/e/f g; ln -s a l; mkdir t");
    await agent.changes();
    await shell(
      agent,
      "cd /z; echo x >a; chmod 600 b; rm c; rm -r d; mkdir n; touch n/x n/y; ln -sf b l; rm g; mkdir g; touch t/x; rm t/x; echo 1 >/tmp/.hidden",
    );
    const changes = await agent.changes();
    expect(summary(changes)).toEqual([
      "changed directory /tmp (times)",
      "added file /tmp/.hidden",
      "changed directory /z (times)",
      "changed file /z/a",
      "changed file /z/b",
      "removed file /z/c",
      "removed directory /z/d",
      "changed directory /z/g",
      "changed symlink /z/l",
      "added directory /z/n",
      "added file /z/n/x",
      "added file /z/n/y",
      "changed directory /z/t (times)",
    ]);
    expect(changes.find(({ path }) => path === "/z/l")).toMatchObject({ target: "b" });
    expect(changes.find(({ path }) => path === "/z/b")).toMatchObject({ mode: 0o600, size: 0 });
    expect(await agent.changes()).toEqual([]);
  });

  test("see a file that was replaced by one of the same size and time", async () => {
    await shell(agent, "echo one >/z1; touch -d @9 /z1");
    await agent.changes();
    await shell(agent, "echo two >/z1; touch -d @9 /z1");
    expect(summary(await agent.changes())).toEqual(["changed file /z1"]);
  });

  test("leave mounts out", async () => {
    await agent.changes();
    await shell(agent, "echo 1.2.3.4 x >>/etc/hosts; echo x >/dev/shm/x; touch /dev/x");
    expect(summary(await agent.changes())).toEqual([]);
  });
});

describe("the agent", () => {
  async function contentOf(volume: string): Promise<string> {
    const mounts = [{ type: "volume", source: volume, target: "/agent", readOnly: true }] as const;
    const id = await containers.create({ mounts, command: ["true"] });
    const archive = await getArchive(containers.engine, id, "/agent/agent");
    const content = (await buffer(archive)).subarray(512).toString().replace(/\0+$/, "");
    await removeContainer(containers.engine, id, { force: true });
    return content;
  }

  test("needs nothing in the image and leaves nothing in the container", async () => {
    const image = await importImage(containers.engine, archive({ name: "only", content: "file" }) as Readable, {
      changes: ['CMD ["/only"]', "LABEL slipway.test=agent-files"],
    });
    const one = await containers.start(image);
    onTestFinished(async () => {
      await removeContainer(containers.engine, one.id, { force: true });
      await removeImage(containers.engine, image, { force: true });
    });
    expect(await run(one.agent, ["/bin/sh"])).toMatchObject({
      exitCode: 127,
      error: 'exec: "/bin/sh": stat /bin/sh: no such file or directory',
    });
    expect(await one.agent.lookup("")).toMatchObject({ uid: 0, gid: 0, home: "/" });
    await expect(one.agent.lookup("bob")).rejects.toMatchObject({ code: "NO_SUCH_USER" });
    await one.agent.changes();
    await one.agent.extract(archive({ name: "/a/b", content: "c" }), { parentUid: 0, parentGid: 0 });
    expect((await one.agent.changes()).map(({ path }) => path)).toEqual(["/a", "/a/b"]);
    expect(await run(one.agent, ["/dev/slipway/agent", "none"], { terminal: undefined })).toMatchObject({
      exitCode: 0,
    });
    const made = (await containerChanges(containers.engine, one.id)).map(({ kind, path }) => `${kind} ${path}`);
    expect(made.sort()).toEqual(["added /a", "added /a/b"]);
  });

  test("is put into a volume once, however many do so at once", async () => {
    const files = [{ name: "agent", content: Buffer.from(uniqueName("agent")), mode: 0o755 }];
    const [volume, ...others] = await Promise.all(
      Array.from({ length: 4 }, () => provideVolume(containers.engine, files)),
    );
    onTestFinished(async () => {
      for (const name of [volume!, `${volume}-filled`]) await removeVolume(containers.engine, name);
    });
    expect(volume).toMatch(/^slipway-agent-[0-9a-f]{12}$/);
    expect(others).toEqual([volume, volume, volume]);
    expect(await contentOf(volume!)).toBe(files[0]!.content.toString());
  });

  test("is put again into a volume that was removed and that a container named since", async () => {
    const files = [{ name: "agent", content: Buffer.from(uniqueName("agent")), mode: 0o755 }];
    const volume = await provideVolume(containers.engine, files);
    onTestFinished(async () => {
      for (const name of [volume, `${volume}-filled`]) await removeVolume(containers.engine, name);
    });
    await removeVolume(containers.engine, volume);
    await createVolume(containers.engine, { name: volume, labels: {} });
    expect(await provideVolume(containers.engine, files)).toBe(volume);
    expect(await contentOf(volume)).toBe(files[0]!.content.toString());
  });

  test("is missing for a platform that it was not built for", async () => {
    await expect(ensureAgentVolume(containers.engine, { os: "linux", architecture: "s390x" })).rejects.toMatchObject({
      code: "AGENT_PLATFORM",
    });
  });
});
