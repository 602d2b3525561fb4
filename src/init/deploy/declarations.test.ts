import { expect, test } from "vitest";
import { readComments, readPlace, readSidecar } from "./declarations.ts";

test("comments of an executable", () => {
  const text = "#!/bin/sh\n# inputs: package.json src/*\n## inputs: a, b\n# configuration: http database.host\necho\n";
  expect(readComments(text)).toEqual({
    inputs: ["package.json", "src/*", "a", "b"],
    configuration: ["http", "database.host"],
  });
  expect(readComments("#!/usr/bin/env node\n// configuration:\n")).toEqual({ inputs: [], configuration: [] });
  expect(readComments(`${"\n".repeat(20)}# inputs: late`)).toEqual({ inputs: [], configuration: undefined });
  expect(readComments("\x7fELF\0\n# inputs: a\n")).toEqual({ inputs: [], configuration: undefined });
});

test("a file beside it", () => {
  expect(readSidecar("inputs: [a]\n", "x.yaml")).toEqual({ inputs: ["a"], configuration: undefined });
  expect(() => readSidecar("input: [a]\n", "x.yaml")).toThrow(
    "x.yaml:1: unknown key input\n  hint: did you mean inputs?",
  );
});

test("where a template goes", () => {
  expect(readPlace("{# target: /etc/x #}\n", "a.j2")).toEqual({ target: "/etc/x", mode: 0o644 });
  expect(readPlace("{#-\ntarget: x\nmode: 0600\nowner: 7\n-#}\nb", "a.j2")).toEqual({
    target: "x",
    mode: 0o600,
    owner: "7",
    group: undefined,
  });
  expect(() => readPlace("x", "a.j2")).toThrow("a.j2:1: no comment that says where to");
  expect(() => readPlace("{#\ntarget: x\nmod: 1\n#}", "a.j2")).toThrow("a.j2:3: unknown key mod");
});
