import { expect, test } from "vitest";
import { formatDiff } from "./masked-diff.ts";

test("a unified diff", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
  const after = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\n";
  expect(formatDiff({ path: "/etc/x", before, after, masked: after, secrets: [] })).toBe(
    "--- /etc/x\n+++ /etc/x\n@@ -2,8 +2,9 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n i\n+j",
  );
  expect(formatDiff({ path: "/new", before: undefined, after: "x", masked: "x", secrets: [] })).toBe(
    "--- /dev/null\n+++ /new\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file",
  );
});

test("secrets show neither in the new text nor in the old one", () => {
  const diff = formatDiff({
    path: "/etc/x",
    before: "host = a\nurl = redis://:old-secret@db/0\napi_key: former\nlogin old words\nkeep 1\n",
    after: "host = b\nurl = redis://:new-secret@db/0\napi_key: later\nlogin new words\nkeep 2\n",
    masked: "host = b\nurl = redis://:***@db/0\napi_key: later\nlogin *** words\nkeep 2\n",
    secrets: ["new-secret"],
  });
  expect(diff).not.toMatch(/secret|former|later|login (old|new)/);
  expect(diff).toContain("-host = a");
  expect(diff).toContain("+url = redis://:***@db/0");
  expect(diff).toContain("-url = redis://:***@db/0");
  expect(diff).toContain("-login *** words");
  expect(diff).toContain("-api_key: ***");
  expect(diff).toContain("-keep 1\n+host");
});

test("values are hidden where no masked text can be made", () => {
  const versions = { path: "/x", before: undefined, masked: undefined, secrets: ["hunter22"] };
  const diff = formatDiff({ ...versions, after: 'x hunter22 y\n"db_password": "abc",\nsecret_key abc;\n' });
  expect(diff).not.toMatch(/hunter|abc/);
  expect(diff).toContain('+"db_password": "***",');
  expect(diff).toContain("+secret_key ***;");
});

test("texts that have little in common are not compared to the end", () => {
  const lines = (word: string) => Array.from({ length: 2000 }, (_, index) => `${word} ${index}\n`).join("");
  const versions = { path: "/x", before: lines("a"), after: lines("b"), masked: undefined, secrets: [] };
  expect(formatDiff(versions)).toBe("--- /x\n+++ /x\nmore than 1000 lines differ");
});
