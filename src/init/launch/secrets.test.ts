import { expect, test } from "vitest";
import { isSecretKey, Secrets } from "./secrets.ts";
import { listStepValues } from "./step-values.ts";

test.each([
  ["password", true],
  ["dbPassword", true],
  ["secret-key", true],
  ["api.token", true],
  ["public_key", false],
  ["keyboard", false],
  ["monkey", false],
])("%s: %s", (name, isSecret) => {
  expect(isSecretKey(name)).toBe(isSecret);
});

const configuration = {
  http: { port: 80, tls: false, "server-name": "a b" },
  smtp: { login: "me", password: "hunter22" },
  users: [{ name: "x", token: "t0ken" }],
  names: ["a", 1],
  nothing: null,
};
const secrets = new Secrets(["smtp.login"]);

test("secrets are masked, by name or as they are named, and all below them", () => {
  expect(JSON.parse(JSON.stringify(secrets.mask(configuration)))).toEqual({
    ...configuration,
    smtp: { login: "***", password: "***" },
    users: [{ name: "x", token: "***" }],
  });
  expect(secrets.valuesOf(configuration)).toEqual(["me", "hunter22", "t0ken"]);
});

test("steps get the configuration as variables, secrets apart", () => {
  expect(listStepValues(configuration, secrets).map(({ name, value, isSecret }) => [name, value, isSecret])).toEqual([
    ["CONFIG_HTTP_PORT", "80", false],
    ["CONFIG_HTTP_TLS", "false", false],
    ["CONFIG_HTTP_SERVER_NAME", "a b", false],
    ["CONFIG_SMTP_LOGIN", "me", true],
    ["CONFIG_SMTP_PASSWORD", "hunter22", true],
    ["CONFIG_USERS", '[{"name":"x","token":"t0ken"}]', true],
    ["CONFIG_NAMES", '["a",1]', false],
  ]);
});
