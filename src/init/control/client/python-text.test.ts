import { expect, test } from "vitest";
import { optionText, prettyJson, pythonJson, pythonText } from "./python-text.ts";

test("values look as Python's str() has them", () => {
  expect([true, null, 3, "a b", ["a", "it's"], { class: "FileStream" }].map((value) => pythonText(value))).toEqual([
    "True",
    "None",
    "3",
    "a b",
    `['a', "it's"]`,
    "{'class': 'FileStream'}",
  ]);
});

test("options are shown as circus shows them", () => {
  expect(optionText("graceful_timeout", 30)).toBe("30.0");
  expect(optionText("numprocesses", 30)).toBe("30");
  expect(optionText("uid", null)).toBe("");
  expect(optionText("send_hup", false)).toBe("False");
  expect(optionText("env", { B: "two", A: "1" })).toBe("A=1,B=two");
});

test("JSON looks as Python's json.dumps() has it", () => {
  const answer = { status: "ok", time: 5, pids: [1, 2], options: { graceful_timeout: 2, env: {}, uid: null, é: "☃" } };
  expect(pythonJson(answer)).toBe(
    '{"status": "ok", "time": 5.0, "pids": [1, 2], "options": {"graceful_timeout": 2.0, "env": {}, "uid": null, ' +
      '"\\u00e9": "\\u2603"}}',
  );
  expect(prettyJson({ b: [1], a: [], c: {} })).toBe('{\n  "a": [],\n  "b": [\n    1\n  ],\n  "c": {}\n}');
});
