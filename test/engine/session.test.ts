import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EngineClient } from "../../src/engine/client.ts";
import { containerChanges, listContainers, removeContainer } from "../../src/engine/containers.ts";
import { inspectImage, listImages, removeImage } from "../../src/engine/images.ts";
import { base, openTestSession } from "../session-fixture.ts";

test("runs every step and keeps what each printed", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nENV GREETING=hello\nRUN echo $GREETING; echo oops >&2\nCMD ["true"]\n`,
  );
  expect(await t.session.continue()).toBe("end");
  expect(t.statuses()).toBe("done done done done");
  expect(await t.outputOf(3)).toBe("hello\noops\n");
  expect(t.session.environment()).toContain("GREETING=hello");
  expect(t.session.status()).toMatchObject({ done: 4, total: 4, unsaved: false });
});

test("the engine's builder leaves out what the Dockerfile's own ignore file names", async () => {
  await using t = await openTestSession(`FROM ${base}\nCOPY etc /etc/\nRUN ls /etc\n`, {
    files: {
      "etc/hosts": "127.0.0.1 here\n",
      "etc/kept": "kept\n",
      "etc/left-out": "secret\n",
      ".dockerignore": "etc/kept\n",
      "Dockerfile.dockerignore": "etc/left-out\n",
    },
  });
  expect(await t.session.continue()).toBe("end");
  const listed = (await t.outputOf(3)).split("\n");
  expect(listed).toContain("kept");
  expect(listed).not.toContain("left-out");
});

test("stops at a failing step, and retry starts from the state before it", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN echo first > /first\nRUN echo x >> /count; test -e /fixed\nRUN echo never\n`,
  );
  expect(await t.session.continue()).toBe("failure");
  expect(t.statuses()).toBe("done done failed pending");
  expect(t.session.steps()[2]).toMatchObject({ exitCode: 1, current: true });
  expect(await t.session.retry({ dirty: true })).toBe("failure");
  expect(await t.session.run("test $(wc -l < /count) = 2")).toBe(0);
  expect(await t.session.retry({ dirty: false })).toBe("failure");
  expect(await t.session.run("test $(wc -l < /count) = 1 && test -e /first")).toBe(0);
  expect(await t.session.run("touch /fixed")).toBe(0);
  expect(await t.session.retry({ dirty: true })).toBe("step");
  expect(t.statuses()).toBe("done done done pending");
});

test("a command by hand runs as the next RUN would, and tells what it changed", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN useradd -m worker\nWORKDIR /work\nENV MODE=test\nARG LEVEL=3\nUSER worker\nRUN true\n`,
  );
  await t.session.until(6);
  expect(await t.session.run("id -un > /tmp/seen; echo $MODE $LEVEL $PWD $HOME >> /tmp/seen; exit 7")).toBe(7);
  const [edit] = t.session.handEdits();
  expect(edit).toMatchObject({ after: 6, kind: "run", exitCode: 7, workdir: "/work" });
  expect(edit!.changes.filter(({ type }) => type === "file")).toMatchObject([{ kind: "added", path: "/tmp/seen" }]);
  expect(await t.session.diffContent(undefined, "/tmp/seen")).toContain("+worker\n+test 3 /work /home/worker\n");
});

test("adopted commands are instructions and done; write puts them on disk with the rest untouched", async () => {
  const text = `# top\nFROM ${base}\n\nRUN   echo a > /a   # spaced\n# end\nRUN test -e /b\n`;
  await using t = await openTestSession(text);
  await t.session.next(2);
  await t.session.run("touch /b");
  await t.session.run("touch /c");
  const { suggested } = await t.session.adoptable();
  await t.session.adopt({ commands: [suggested.commands.flat()], files: [] });
  expect(t.session.handEdits()).toEqual([]);
  expect(t.statuses()).toBe("done done done pending");
  expect(await t.session.continue()).toBe("end");
  expect(await readFile(join(t.folder, "Dockerfile"), "utf8")).toBe(text);
  await t.session.write();
  const lines = (await readFile(join(t.folder, "Dockerfile"), "utf8")).split("\n");
  expect(lines.filter((line) => !text.split("\n").includes(line))).toEqual(["RUN touch /b && \\", "    touch /c"]);
});

test("a repair after a failure is adopted before the failed step, which then runs on a clean state", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN echo one > /one\nRUN echo junk > /junk; test -e /repaired\n`,
  );
  expect(await t.session.continue()).toBe("failure");
  await t.session.run("touch /repaired");
  await t.session.adopt((await t.session.adoptable()).suggested);
  expect(t.session.text).toContain("RUN touch /repaired\nRUN echo junk");
  await expect(t.session.retry({ dirty: true })).rejects.toMatchObject({ code: "RETRY_NOT_NEXT" });
  expect(await t.session.retry({ dirty: false })).toBe("end");
  expect(t.statuses()).toBe("done done done done");
  expect((await t.session.diff(4)).map(({ path }) => path)).toContain("/junk");
});

test("a file edited in the container becomes a COPY with the file in the context", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN mkdir /etc/app && echo port=1 > /etc/app/app.conf\nRUN grep port=2 /etc/app/app.conf\n`,
  );
  await t.session.next(2);
  await t.session.run("echo port=2 > /etc/app/app.conf; chmod 640 /etc/app/app.conf; chown 33:33 /etc/app/app.conf");
  await t.session.adopt({ commands: [], files: ["/etc/app/app.conf"] });
  expect(await readFile(join(t.folder, "rootfs/etc/app/app.conf"), "utf8")).toBe("port=2\n");
  expect(t.session.text).toContain("COPY --chown=33:33 rootfs/etc/app/app.conf /etc/app/app.conf\n");
  expect(await t.session.continue()).toBe("end");
  expect(await t.session.run("test $(stat -c %a:%u:%g /etc/app/app.conf) = 640:33:33")).toBe(0);
});

test("editing makes stale what comes after, and only that is run again", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN echo 1 > /1\nRUN echo 2 > /2\nLABEL a=b\nRUN echo 3 > /3\n`);
  await t.session.continue();
  await t.session.replace(4, "LABEL a=c");
  expect(t.statuses()).toBe("done done done done done");
  await t.session.replace(3, "RUN echo two > /2");
  expect(t.statuses()).toBe("done done stale stale stale");
  await t.session.insert(3, "RUN echo new > /new");
  expect(t.statuses()).toBe("done done pending stale stale stale");
  await t.session.remove(6);
  expect(await t.session.continue()).toBe("end");
  expect(await t.session.run("cat /1 /new /2; test ! -e /3")).toBe(0);
  await expect(t.session.replace(2, "RAN oops")).rejects.toMatchObject({
    exitCode: expect.any(Number),
    message: expect.stringContaining("RAN"),
  });
  expect(t.session.text).not.toContain("RAN");
});

test("hand edits that going back leaves behind are kept as a state", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN true\n`);
  await t.session.continue();
  await t.session.run("echo mine > /mine");
  await t.session.replace(2, "RUN false");
  expect(await t.session.continue()).toBe("failure");
  const notice = t.events.find((event) => event.type === "notice" && event.message.includes("going back leaves"));
  const kept = notice?.type === "notice" ? /goto (s\d+)/.exec(notice.message)?.[1] : undefined;
  await t.session.goto(kept!);
  expect(await t.session.run("grep mine /mine")).toBe(0);
  expect(t.session.text).toContain("RUN true");
});

test("break points stop before a step, a line, a text", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN echo a\nRUN echo b\nENV X=1\nRUN echo c\n`);
  await t.session.addBreakpoint("RUN echo b");
  await t.session.addBreakpoint(":4");
  const last = await t.session.addBreakpoint("5");
  expect(await t.session.continue()).toBe("breakpoint");
  expect(t.statuses()).toBe("done done pending pending pending");
  expect(await t.session.continue()).toBe("breakpoint");
  expect(t.statuses()).toBe("done done done pending pending");
  await t.session.removeBreakpoint(last.id);
  expect(await t.session.continue()).toBe("end");
  await expect(t.session.addBreakpoint("RUN nothing")).rejects.toMatchObject({ code: "BREAKPOINT_NOWHERE" });
});

test("diff tells what a step changed, also when many were run in a row", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN echo 1 > /one\nRUN echo 2 >> /one\nRUN rm /one && echo 3 > /three\n`,
  );
  await t.session.continue();
  expect((await t.session.diff(3)).filter(({ type }) => type === "file")).toMatchObject([
    { path: "/one", kind: "changed" },
  ]);
  expect(await t.session.diffContent(3, "/one")).toContain(" 1\n+2\n");
  const changes = (await t.session.diff(4)).filter(({ path }) => path === "/one" || path === "/three");
  expect(changes.map(({ path, kind }) => `${kind} ${path}`)).toEqual(["removed /one", "added /three"]);
  await expect(t.session.diff(9)).rejects.toMatchObject({ code: "STEP_UNKNOWN" });
});

test("a tag has the files and exactly the configuration of the Dockerfile so far", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN echo x > /x\nENV A=1\nVOLUME /data\nUSER 1000\nENTRYPOINT ["/bin/echo"]\nCMD ["hi"]\n`,
  );
  await t.session.continue();
  const name = `slipway-test-${t.session.id}:tag`;
  await t.session.tag(name);
  try {
    const image = await inspectImage(t.engine, name);
    expect(image?.config).toMatchObject({
      user: "1000",
      volumes: ["/data"],
      entrypoint: ["/bin/echo"],
      cmd: ["hi"],
      labels: {},
    });
    expect(image?.config.env).toContain("A=1");
  } finally {
    await removeImage(t.engine, name);
  }
});

test("stages run in order, and files are copied between them", async () => {
  await using t = await openTestSession(
    `FROM ${base} AS one\nRUN echo built > /built\nFROM ${base} AS unused\nRUN false\nFROM one AS two\nRUN echo more >> /built\nFROM ${base}\nCOPY --from=two /built /copied\nCOPY --from=one /built /first\n`,
  );
  expect(await t.session.continue()).toBe("end");
  expect(t.statuses()).toBe("done done skipped skipped done done done done done");
  expect(await t.session.run('test "$(cat /copied /first | xargs)" = "built more built"')).toBe(0);
  await t.session.replace(2, "RUN echo rebuilt > /built");
  expect(t.statuses()).toBe("done stale skipped skipped stale stale done stale stale");
  expect(await t.session.continue()).toBe("end");
  expect(await t.session.run('test "$(cat /copied /first | xargs)" = "rebuilt more rebuilt"')).toBe(0);
});

test("files that are read out of a container leave no trace of it there", async () => {
  await using t = await openTestSession(
    `FROM ${base} AS one\nRUN echo built > /built\nFROM ${base}\nCOPY --from=one /built /copied\nRUN true\n`,
  );
  await t.session.until(4);
  await t.session.run("echo port=2 > /etc/app.conf");
  expect(await t.session.diffContent(undefined, "/etc/app.conf")).toContain("+port=2\n");
  await t.session.adopt({ commands: [], files: ["/etc/app.conf"] });
  const running = await listContainers(t.engine, { label: [`slipway.session=${t.session.id}`] });
  expect(running).toHaveLength(2);
  for (const { id } of running) {
    const changes = await containerChanges(t.engine, id);
    expect(changes.filter(({ path }) => path.startsWith("/dev"))).toEqual([]);
  }
});

test("a file of the context that changed makes its COPY due again", async () => {
  await using t = await openTestSession(`FROM ${base}\nCOPY app.conf /app.conf\nRUN grep good /app.conf\n`, {
    files: { "app.conf": "bad\n", "other.txt": "x" },
  });
  expect(await t.session.continue()).toBe("failure");
  await t.write("app.conf", "good\n");
  expect(await t.session.continue()).toBe("end");
});

test("a session is taken up on its container, and on a checkpoint when that is gone", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN echo a > /a\nRUN echo b > /b\n`);
  await t.session.next(2);
  await t.session.run("touch /by-hand");
  let session = await t.resume();
  expect(t.statuses()).toBe("done done pending");
  expect(session.losses).toEqual([]);
  expect(await session.run("test -e /by-hand")).toBe(0);
  const { container } = session.status();
  await session.close({ remove: false });
  await removeContainer(t.engine, container!, { force: true });
  session = await t.resume();
  expect(session.losses).toEqual([]);
  expect(await session.run("test -e /a && test -e /by-hand")).toBe(0);
  expect(await session.continue()).toBe("end");
});

test("an interrupted step ends, the session goes on", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN echo started; sleep 100\n`);
  await t.session.next(1);
  const abort = new AbortController();
  t.session.onEvent((event) => {
    if (event.type === "output") abort.abort();
  });
  expect(await t.session.next(1, abort.signal)).toBe("interrupted");
  expect(t.statuses()).toBe("done failed");
  await t.session.replace(2, "RUN echo quick");
  expect(await t.session.continue()).toBe("end");
});

test("processes that a step leaves behind end with it, and are named", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN sleep 1000 & echo left\n`);
  expect(await t.session.continue()).toBe("end");
  expect(t.events.find((event) => event.type === "left-behind")).toMatchObject({
    of: 2,
    processes: [{ command: expect.stringContaining("sleep") }],
  });
  expect(await t.session.run("! grep -l sleep /proc/[0-9]*/comm")).toBe(0);
});

test("RUN with mounts and without network run in lanes of their own, and the session goes on from them", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nARG WHO=me\nRUN --mount=type=bind,source=seed.txt,target=/mnt/seed --mount=type=tmpfs,target=/scratch cat /mnt/seed > /seed; echo $WHO >> /seed; touch /scratch/x\nRUN --network=none ls /sys/class/net > /nets\nRUN cat /seed /nets\n`,
    { files: { "seed.txt": "seed\n" } },
  );
  expect(await t.session.continue()).toBe("end");
  expect(await t.outputOf(5)).toBe("seed\nme\nlo\n");
  expect(await t.session.run('test -z "$(ls -A /scratch)"')).toBe(0);
});

test("an application is launched as docker run would, and answers at an address", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN printf '#!/bin/sh\\necho serving as $1; exec sleep 1000\\n' > /serve && chmod +x /serve\nENTRYPOINT ["/serve"]\nCMD ["server"]\n`,
  );
  await t.session.continue();
  expect(await t.session.launch({ command: [], detach: true })).toBe(0);
  expect(t.session.status().application).toBe("/serve server");
  expect((await t.session.addresses())[0]?.address).toMatch(/^\d+\./);
  expect(await t.session.run("cat /proc/[0-9]*/comm | grep -q sleep")).toBe(0);
  await expect(t.session.launch({ command: [], detach: true })).resolves.toBe(0);
});

test("ONBUILD triggers of the base run with FROM", async () => {
  await using t = await openTestSession(`FROM ${base}\nONBUILD RUN echo triggered > /triggered\nONBUILD ENV T=1\n`);
  await t.session.continue();
  const name = `slipway-test-${t.session.id}:onbuild`;
  await t.session.tag(name);
  try {
    await using u = await openTestSession(`FROM ${name}\nRUN cat /triggered; echo $T\n`);
    expect(await u.session.continue()).toBe("end");
    expect(await u.outputOf(2)).toBe("triggered\n1\n");
  } finally {
    await removeImage(t.engine, name);
  }
});

test("nothing is left when a session is removed", async () => {
  await using t = await openTestSession(
    `FROM ${base} AS b\nRUN echo a > /a\nFROM ${base}\nCOPY --from=b /a /a\nRUN false\n`,
  );
  const label = [`slipway.session=${t.session.id}`];
  await t.session.continue();
  await t.session.run("echo x > /x");
  await t.session.diff(2);
  expect(await listContainers(t.engine, { all: true, label })).not.toEqual([]);
  expect(await listImages(t.engine, { all: true, label })).not.toEqual([]);
  await t.session.close({ remove: true });
  expect(await listContainers(t.engine, { all: true, label })).toEqual([]);
  expect(await listImages(t.engine, { all: true, label })).toEqual([]);
});

test("a file of the context that changed makes due again what other stages copied of it", async () => {
  await using t = await openTestSession(
    `FROM ${base} AS a\nCOPY f /f\nFROM ${base}\nRUN echo b > /b\nCOPY --from=a /f /g\nRUN cat /g\n`,
    { files: { f: "old\n" } },
  );
  expect(await t.session.continue()).toBe("end");
  await t.write("f", "new and longer\n");
  expect(await t.session.continue()).toBe("end");
  expect(await t.outputOf(6)).toBe("new and longer\n");
});

test("stages that wait for no other run side by side", async () => {
  const met: Socket[] = [];
  // Lets nobody go before both are there.
  const server = createServer((socket) => {
    met.push(socket);
    if (met.length === 2) for (const each of met) each.end("met\n");
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    await using t = await openTestSession("FROM scratch\n");
    const meet = `RUN ["bash", "-c", "exec 3<>/dev/tcp/${await gatewayOf(t.engine)}/${port} && cat <&3"]`;
    await t.session.replaceText(
      `FROM ${base} AS a\n${meet}\nFROM ${base} AS b\n${meet}\nFROM a\nCOPY --from=b /etc/passwd /b\n`,
    );
    expect(await t.session.continue()).toBe("end");
    expect([await t.outputOf(2), await t.outputOf(4)]).toEqual(["met\n", "met\n"]);
  } finally {
    server.close();
  }
});

/** This machine's address on the network of containers. */
async function gatewayOf(engine: EngineClient): Promise<string> {
  interface Network {
    readonly IPAM: { readonly Config: readonly { readonly Gateway: string }[] };
  }
  return (await engine.json<Network>("GET", "/networks/bridge")).IPAM.Config[0]!.Gateway;
}

test("a stage that is chosen is the one to work in", async () => {
  await using t = await openTestSession(
    `FROM ${base} AS one\nRUN echo 1 > /n\nFROM ${base} AS two\nRUN echo 2 > /n\nRUN true\nFROM ${base}\nCOPY --from=one /n /1\nCOPY --from=two /n /2\n`,
  );
  await t.session.chooseStage("two");
  expect(await t.session.next(2)).toBe("step");
  expect(t.statuses()).toBe("pending pending done done pending pending pending pending");
  expect(await t.session.run("grep 2 /n")).toBe(0);
  await t.session.chooseStage("0");
  expect(t.session.status().stage).toBe("one");
  expect(await t.session.next(2)).toBe("step");
  expect(await t.session.run("grep 1 /n")).toBe(0);
  expect(await t.session.continue()).toBe("end");
  expect(await t.session.run("grep 1 /1 && grep 2 /2")).toBe(0);
  await expect(t.session.chooseStage("three")).rejects.toMatchObject({ code: "STAGE_UNKNOWN" });
});
