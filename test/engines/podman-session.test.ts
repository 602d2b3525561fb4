import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listContainers } from "../../src/engine/containers.ts";
import { inspectImage, listImages, removeImage } from "../../src/engine/images.ts";
import { base, openTestSession } from "../session-fixture.ts";
import { skipsPodman, startPodman } from "./podman.ts";

describe.skipIf(skipsPodman)("a session on Podman", () => {
  let podman: Awaited<ReturnType<typeof startPodman>>;
  beforeAll(async () => {
    podman = await startPodman();
  });
  afterAll(() => podman?.[Symbol.asyncDispose]());

  test("runs stages, goes back, takes hand edits as instructions, is taken up again, launches and tags", async () => {
    const { engine } = podman;
    await using t = await openTestSession(
      `FROM ${base} AS build
RUN echo made > /made; ln /made /second; useradd -m worker
FROM build
ENV MODE=test
COPY --chown=worker file /copied
COPY --from=build /made /second /taken/
WORKDIR /work
RUN --network=none test $(grep -c : /proc/net/dev) = 1
USER worker
RUN id -un; echo $MODE; stat -c %U /copied; cat /taken/second
RUN test -e /tmp/by-hand
CMD ["cat", "/taken/made"]
`,
      { engine, files: { file: "content\n" } },
    );
    expect(await t.session.continue()).toBe("failure");
    expect(t.session.status()).toMatchObject({ done: 10 });
    expect(await t.outputOf(10)).toBe("worker\ntest\nworker\nmade\n");
    expect(await t.session.run("touch /tmp/by-hand")).toBe(0);
    expect(t.session.handEdits()[0]!.changes.map(({ path }) => path)).toContain("/tmp/by-hand");
    await t.session.adopt((await t.session.adoptable()).suggested);
    expect(await t.session.continue()).toBe("end");
    await t.resume();
    expect(t.session.losses).toEqual([]);
    expect(await t.session.run("cat /taken/made && test -e /tmp/by-hand && touch /tmp/again")).toBe(0);
    expect(await t.session.launch({ command: [], detach: false })).toBe(0);
    await t.session.tag("slipway-session:1");
    const tagged = (await inspectImage(engine, "slipway-session:1"))!;
    expect(tagged.config).toMatchObject({ user: "worker", workingDir: "/work", cmd: ["cat", "/taken/made"] });
    await t.session.close({ remove: true });
    await removeImage(engine, "slipway-session:1");
    expect(await listContainers(engine, { all: true })).toEqual([]);
    expect((await listImages(engine, { all: true })).flatMap(({ tags }) => tags)).toEqual([`localhost/${base}`]);
    expect(await listImages(engine, { all: true })).toHaveLength(1);
  });

  test("says which instruction needs the builder that Podman does not have", async () => {
    await using t = await openTestSession(`FROM ${base}\nRUN --mount=type=tmpfs,target=/t true\n`, {
      engine: podman.engine,
    });
    expect(await t.session.continue()).toBe("failure");
    const finished = t.events.findLast((event) => event.type === "step-finished");
    expect(finished?.message).toMatch(/Dockerfile:2: only BuildKit can do this RUN, and Podman .* has none/);
  });
});
