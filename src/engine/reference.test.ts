import { expect, test } from "vitest";
import { parseReference, splitTag } from "./reference.ts";

const digest = `sha256:${"ab".repeat(32)}`;

test.each([
  ["debian", "docker.io", "library/debian", undefined, undefined],
  ["debian:bookworm", "docker.io", "library/debian", "bookworm", undefined],
  ["team/app", "docker.io", "team/app", undefined, undefined],
  ["docker.io/debian", "docker.io", "library/debian", undefined, undefined],
  ["index.docker.io/team/app", "docker.io", "team/app", undefined, undefined],
  ["localhost/app", "localhost", "app", undefined, undefined],
  ["localhost:5000/app:1.2", "localhost:5000", "app", "1.2", undefined],
  ["quay.io/a/b/c:x", "quay.io", "a/b/c", "x", undefined],
  ["[::1]:5000/app", "[::1]:5000", "app", undefined, undefined],
  [`app:1@${digest}`, "docker.io", "library/app", "1", digest],
  ["a--b/c__d.e", "docker.io", "a--b/c__d.e", undefined, undefined],
])("%s", (text, registry, path, tag, expectedDigest) => {
  expect(parseReference(text)).toEqual({ registry, path, name: `${registry}/${path}`, tag, digest: expectedDigest });
});

test.each([
  ["", "empty"],
  ["De bian", "white space"],
  ["Debian", "lower case"],
  ["quay.io/Team/app", "lower case"],
  ["debian:", "tag"],
  ["debian:-x", "tag"],
  [`debian:${"x".repeat(129)}`, "tag"],
  ["debian@sha256:12", "digest"],
  ["a..b", "[REGISTRY/]NAME"],
  ["/app", "[REGISTRY/]NAME"],
  ["a".repeat(256), "longer than 255"],
  ["ab".repeat(32), "image id"],
])("%j is refused: %s", (text, reason) => {
  expect(() => parseReference(text)).toThrow(
    expect.objectContaining({ code: "REFERENCE_INVALID", message: expect.stringContaining(reason) }),
  );
});

test("a tag to give", () => {
  expect(splitTag("app")).toEqual({ repository: "docker.io/library/app", tag: "latest" });
  expect(() => splitTag(`app@${digest}`)).toThrow("digest");
});
