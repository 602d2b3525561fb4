import { expect, test } from "vitest";
import { isSecretArg, isSecretName } from "./secret-names.ts";

test.each(["TOKEN", "GITHUB_TOKEN", "api_key", "DATABASE_PASSWORD", "secret_MESSAGE", "AUTH", "AWS_ACCESS_KEY_ID"])(
  "%s speaks of a secret",
  (name) => expect(isSecretName(name)).toBe(true),
);

test.each(["PUBLIC_KEY", "TOKENS", "KEYBOARD", "PASSWORD_FILE", "TOKEN_VERSION", "USER", "MONKEY"])(
  "%s does not",
  (name) => expect(isSecretName(name)).toBe(false),
);

test("a URL with a password is a secret under any name, an empty value under none", () => {
  expect(isSecretArg("HTTP_PROXY", "http://me:pass@proxy:3128")).toBe(true);
  expect(isSecretArg("REPOSITORY", "ssh://git@host/a.git")).toBe(false);
  expect(isSecretArg("MIRROR", "http://mirror:8080/a@b")).toBe(false);
  expect(isSecretArg("TOKEN", "")).toBe(false);
});
