import { describe, expect, test } from "vitest";
import { plan } from "./replay.test-support.ts";

describe("stages", () => {
  test("start from scratch, images, and earlier stages by name", () => {
    const { stages } = plan("FROM debian:bookworm AS Base\nFROM base\nFROM scratch\nFROM later\nFROM scratch AS later");
    expect(stages.map(({ base }) => base)).toEqual([
      { kind: "image", reference: "debian:bookworm", platform: undefined },
      { kind: "stage", index: 0 },
      { kind: "scratch" },
      { kind: "image", reference: "later", platform: undefined },
      { kind: "scratch" },
    ]);
  });

  test("of one name: FROM takes the one before it, COPY the last", () => {
    const { stages } = plan(
      "FROM a AS x\nFROM x AS x\nFROM x AS y\nCOPY --from=X /f /\nRUN --mount=from=x,target=/x true",
    );
    expect(stages[1]!.base).toEqual({ kind: "stage", index: 0 });
    expect(stages[2]).toMatchObject({ base: { kind: "stage", index: 1 }, needs: [1] });
  });

  test("the target needs only what it starts from and takes files from", () => {
    const text = "FROM a AS one\nFROM b AS two\nFROM c AS three\nCOPY --from=0 /x /\nFROM three AS four\nFROM two";
    expect(plan(text, { target: "FOUR" }).order).toEqual([0, 2, 3]);
    expect(plan(text).order).toEqual([1, 4]);
    expect(plan(text, { target: "1" })).toMatchObject({ targetIndex: 1, order: [1] });
  });

  test("triggers of a base stage count among its needs", () => {
    const text = "FROM a AS files\nFROM b AS base\nONBUILD COPY --from=files /x /\nFROM base";
    expect(plan(text).order).toEqual([0, 1, 2]);
  });

  test.each([
    ["FROM a\nCOPY --from=0 /x /", /Dockerfile:2:.*this very stage/],
    ["FROM a\nCOPY --from=b /x /\nFROM c AS b\nFROM b\nCOPY --from=0 / /", /Dockerfile:2:.*later stage/],
    ["FROM a\nCOPY --from=7 /x /", /Dockerfile:2:.*no stage 7/],
    ["ARG X\nFROM a\nCOPY --from=$X /x /", /Dockerfile:3:.*not expanded/],
    ["FROM $NOTHING", /Dockerfile:1:.*names nothing/],
    ["FROM a AS base\nFROM Base", /Dockerfile:2:.*lower case/],
    ["FROM --platform=bogus a", /Dockerfile:1:.*not a platform/],
    ["ARG V=${\nFROM a", /Dockerfile:1:/],
  ])("%j fails", (text, message) => {
    expect(() => plan(text)).toThrow(message);
  });

  test("a stage that is not needed may take files from a later one", () => {
    expect(plan("FROM a\nCOPY --from=b /x /\nFROM c AS b\nFROM d").order).toEqual([2]);
  });

  test("an unknown target is told with the names that there are", () => {
    expect(() => plan("FROM a AS one\nFROM b", { target: "tow" })).toThrow(
      expect.objectContaining({ code: "STAGE_UNKNOWN", hint: "its stages are one, 1" }),
    );
  });
});

describe("--build-context", () => {
  test("stands in for images and for stages", () => {
    const text =
      "FROM debian:bookworm\nFROM node AS dep\nCOPY missing /\nFROM dep\nCOPY --from=dep /x /\nCOPY --from=src /y /";
    const { stages } = plan(text, { contexts: ["docker.io/library/debian:bookworm", "dep", "src"] });
    expect(stages.map(({ base }) => base)).toEqual([
      { kind: "context", name: "docker.io/library/debian:bookworm" },
      { kind: "context", name: "dep" },
      { kind: "context", name: "dep" },
    ]);
    expect(stages[1]!.stage.instructions).toEqual([]);
    expect(stages[2]!.needs).toEqual([]);
  });
});

describe("global ARGs", () => {
  test("expand in order, give way to --build-arg, and expand FROM", () => {
    const text = "ARG TAG=1\nARG IMAGE=a:${TAG}\nARG LATE=$IMAGE-x\nARG NONE\nFROM ${IMAGE}${NONE:-y}";
    const { stages, globalArgs } = plan(text, { buildArgs: { TAG: "2", OTHER: "z" } });
    expect(stages[0]!.base).toMatchObject({ reference: "a:2y" });
    expect(globalArgs).toMatchObject({ TAG: "2", IMAGE: "a:2", LATE: "a:2-x" });
    expect(globalArgs).not.toHaveProperty("NONE");
    expect(globalArgs).not.toHaveProperty("OTHER");
  });

  test("the platforms are predefined", () => {
    const arm = { os: "linux", architecture: "arm", variant: "v7" };
    const { stages, globalArgs } = plan("FROM --platform=$BUILDPLATFORM a\nFROM --platform=arm64 b\nFROM c", {
      targetPlatform: arm,
    });
    expect(globalArgs).toMatchObject({ TARGETPLATFORM: "linux/arm/v7", TARGETVARIANT: "v7", BUILDARCH: "amd64" });
    expect(stages.map(({ platform }) => platform.architecture)).toEqual(["amd64", "arm64", "arm"]);
  });
});
