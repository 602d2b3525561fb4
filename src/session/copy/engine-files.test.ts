import { expect, test } from "vitest";
import type { CopyOperation, RunOperation } from "../../dockerfile/plan-types.ts";
import { isMounted, namesEngineFiles, needsBuilder } from "./engine-files.ts";

const copy: CopyOperation = {
  kind: "copy",
  from: { kind: "stage", index: 0 },
  sources: [],
  inlineFiles: [],
  destination: "/new/",
  chown: undefined,
  chmod: undefined,
  link: false,
  parents: false,
  excludes: [],
  checksum: undefined,
  keepGitDir: false,
  unpack: undefined,
};

test.each([
  ["/", true],
  [".", true],
  ["/etc", true],
  ["etc/", true],
  ["/etc/hosts", true],
  ["/etc/host*", true],
  ["/e*", true],
  ["/*/mtab", true],
  ["/dev/null", true],
  ["/proc", true],
  ["/etc/passwd", false],
  ["/etc/pass*", false],
  ["/usr", false],
  ["/u*", false],
  ["/etcetera", false],
  ["/*/*/*", false],
])("COPY --from=stage %s needs a builder: %s", (source, expected) => {
  expect(needsBuilder({ ...copy, sources: ["/usr/bin/env", source] })).toBe(expected);
  expect(needsBuilder({ ...copy, sources: [source], from: { kind: "context", name: undefined } })).toBe(false);
});

test("what is mounted in a running container is no destination", () => {
  expect(needsBuilder({ ...copy, from: { kind: "context", name: undefined }, destination: "/etc/hosts" })).toBe(true);
  expect(isMounted("/dev/")).toBe(true);
  expect(isMounted("/dev/x/y")).toBe(true);
  expect(isMounted("/etc/hostsx")).toBe(false);
});

test.each([
  ["echo 1.2.3.4 name >> /etc/hosts", true],
  ["cat '/etc/resolv.conf'", true],
  ["test -e /.dockerenv", true],
  ["cat /etc/hosts.allow /etc/hostnames /etc/hosts-old", false],
])("a command that names the engine's files: %s", (command, expected) => {
  const argv = ["/bin/sh", "-c", command];
  const run: RunOperation = {
    kind: "run",
    argv,
    env: [],
    workdir: "/",
    user: "",
    mounts: [],
    network: "default",
    security: "sandbox",
    listPrimaryGroup: false,
    scripts: [],
  };
  expect(namesEngineFiles(run)).toBe(expected);
});
