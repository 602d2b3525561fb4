import { expect, test } from "vitest";
import { parseGitRef } from "./git-ref.ts";

const plain = {
  ref: undefined,
  folder: "",
  commit: undefined,
  keepGitDir: undefined,
  submodules: true,
  times: "checkout",
};

test.each([
  ["https://example.com/a/b.git", { remote: "https://example.com/a/b.git" }],
  ["http://example.com/b.git#v1", { remote: "http://example.com/b.git", ref: "v1" }],
  [
    "https://example.com/b.git#feature/x:sub/dir/",
    { remote: "https://example.com/b.git", ref: "feature/x", folder: "sub/dir" },
  ],
  ["https://example.com/b.git#:sub/../../x", { remote: "https://example.com/b.git", folder: "x" }],
  ["git@example.com:a/b.git", { remote: "git@example.com:a/b.git" }],
  ["git@example.com:a/b#main:d", { remote: "git@example.com:a/b", ref: "main", folder: "d" }],
  ["ssh://git@example.com:22/a/b", { remote: "ssh://git@example.com:22/a/b" }],
  ["git://example.com/a", { remote: "git://example.com/a" }],
  ["https://example.com/b.git?ref=v1&subdir=/d/", { remote: "https://example.com/b.git", ref: "v1", folder: "d" }],
  ["https://example.com/b.git?tag=v1", { remote: "https://example.com/b.git", ref: "refs/tags/v1" }],
  ["https://example.com/b.git?branch=x", { remote: "https://example.com/b.git", ref: "refs/heads/x" }],
  [
    "https://example.com/b.git?keep-git-dir&submodules=0&commit=abc&mtime=commit",
    { remote: "https://example.com/b.git", keepGitDir: true, submodules: false, commit: "abc", times: "commit" },
  ],
])("%s names a repository", (source, expected) => {
  expect(parseGitRef(source)).toEqual({ ...plain, ...expected });
});

test.each(["https://example.com/b", "b.git", "./git@x:y", "github.com/a/b", "ftp://example.com/b.git", "a/b@c:d"])(
  "%s names none",
  (source) => expect(parseGitRef(source)).toBeUndefined(),
);

test.each([
  ["https://example.com/b.git#v1?x", undefined],
  ["https://example.com/b.git?ref=a&ref=b", "the query ref has several values"],
  ["https://example.com/b.git?ref=a#b", "it names two values of ref: b and a"],
  ["https://example.com/b.git?ref=", "the query ref has no value"],
  ["https://example.com/b.git?colour=red", "the query colour is unknown"],
  ["https://example.com/b.git?mtime=now", "mtime is checkout or commit, not now"],
])("%s: %s", (source, message) => {
  if (message === undefined) expect(parseGitRef(source)).toMatchObject({ ref: "v1?x" });
  else expect(() => parseGitRef(source)).toThrow(message);
});
