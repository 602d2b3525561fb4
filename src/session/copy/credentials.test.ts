import { expect, test } from "vitest";
import { hideCredentials, splitLogin } from "./credentials.ts";

test.each([
  ["https://me:se@cret@host/x.git", "https://host/x.git"],
  ["https://token@host:8443/x.git", "https://host:8443/x.git"],
  ["HTTP://me:secret@host", "HTTP://host"],
  ["ssh://git@host:22/x", "ssh://git@host:22/x"],
  ["ssh://git:secret@host/x", "ssh://git@host/x"],
  ["git@host:x.git", "git@host:x.git"],
  ["fatal: 'https://a:b@c/' and 'https://d:e@f/@g'", "fatal: 'https://c/' and 'https://f/@g'"],
  ["https://host/path@v1:2", "https://host/path@v1:2"],
])("%s", (message, shown) => {
  expect(hideCredentials(message)).toBe(shown);
});

test.each([
  ["https://me:p%40ss@host/x.git", "https://host/x.git", "me:p@ss"],
  ["https://token@host/x.git", "https://host/x.git", "token:"],
  ["https://host/x.git", "https://host/x.git", undefined],
  ["ssh://git@host/x.git", "ssh://git@host/x.git", undefined],
  ["git@host:x.git", "git@host:x.git", undefined],
])("the login of %s", (url, address, login) => {
  const authorization = login && `Basic ${Buffer.from(login).toString("base64")}`;
  expect(splitLogin(url)).toEqual({ address, authorization });
});
