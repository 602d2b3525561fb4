import { expect, test } from "vitest";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { locateStep } from "./locate-step.ts";

const dockerfile = parseDockerfile(
  [
    "ARG VERSION=1", // 1
    "FROM debian:bookworm AS build", // 2
    "ENV A=b", // 3
    "RUN make \\", // 4
    "    all",
    "WORKDIR /x", // 6
    "FROM registry.example.org/team/app:2", // 7
    "COPY --from=build /x /x", // 8
    "RUN true", // 9
    "COPY --from=busybox /bin/sh /", // 10
  ].join("\n"),
);

test.each([
  ["[build 1/3] FROM docker.io/library/debian:bookworm", 2, 2],
  ["[build 2/3] RUN make     all", 4, 5],
  ["[build 3/3] WORKDIR /x", 6, 6],
  ["[stage-1 2/4] COPY --from=build /x /x", 8, 8],
  ["[linux/arm64 stage-1 3/4] RUN true", 9, 9],
  // Two ONBUILD triggers of the base come first.
  ["[stage-1 5/6] RUN true", 9, 9],
  ["[internal] load metadata for docker.io/library/debian:bookworm", 2, 2],
  ["[internal] load metadata for registry.example.org/team/app:2", 7, 7],
  ["[internal] load metadata for docker.io/library/busybox:latest", 10, 10],
])("%s", (name, start, end) => {
  expect(locateStep(dockerfile, "Dockerfile", name)).toEqual({ file: "Dockerfile", start, end });
});

test.each([
  "[internal] load build context",
  "exporting to image",
  "[build 2/3] COPY . .",
  "[other 2/3] RUN make all",
  "[stage-1 2/6] RUN a trigger",
])("%s has no place", (name) => {
  expect(locateStep(dockerfile, "Dockerfile", name)).toBeUndefined();
});
