import { expect, test } from "vitest";
import type { EngineClient } from "../../engine/client.ts";
import { emptyRunSettings } from "../../project/run-settings.ts";
import type { SessionOptions } from "../types.ts";
import { recordOptions, restoreOptions } from "./recorded-options.ts";

const place = {
  engine: undefined as unknown as EngineClient,
  stateDir: "/state",
  dockerConfigDir: "/docker",
  environment: { API_TOKEN: "from-environment", HOME: "/home/me" },
};

const options: SessionOptions = {
  ...place,
  context: "/context",
  dockerfilePath: "/context/Dockerfile",
  target: undefined,
  buildArgs: { VERSION: "7", API_TOKEN: "from-environment", SHOP_KEY: "given", HTTP_PROXY: "http://me:pass@proxy" },
  platform: undefined,
  contexts: {},
  secrets: [{ id: "deploy", source: { env: "DEPLOY" } }],
  sshAgents: [],
  labels: {},
  network: undefined,
  addHosts: [],
  pull: false,
  noCache: false,
  fromImage: undefined,
  runSettings: { ...emptyRunSettings, env: ["MODE=test", "DB_PASSWORD=hunter2"] },
};

const recorded = () => JSON.parse(JSON.stringify(recordOptions(options)));
const again = {
  buildArgs: { SHOP_KEY: "given", HTTP_PROXY: "http://me:pass@proxy" },
  variables: { DB_PASSWORD: "hunter2" },
};

test("no value that looks like a secret is recorded, nor what is this machine's own", () => {
  const text = JSON.stringify(recordOptions(options));
  expect(text).not.toMatch(/from-environment|"given"|pass@|hunter2|\/state|\/docker"/);
  expect(recorded()).toMatchObject({ buildArgs: { VERSION: "7" }, runSettings: { env: ["MODE=test"] } });
});

test("with the withheld values given again, the options are what they were", () => {
  const restored = restoreOptions(recorded(), place, again);
  expect(restored.buildArgs).toEqual(options.buildArgs);
  expect(restored.runSettings.env).toEqual(options.runSettings.env);
  expect(JSON.parse(JSON.stringify({ ...restored, buildArgs: 0, runSettings: 0 }))).toEqual(
    JSON.parse(JSON.stringify({ ...options, buildArgs: 0, runSettings: 0 })),
  );
});

test("a value from the environment comes from there again, unless another is given", () => {
  const other = { ...place, environment: { API_TOKEN: "changed" } };
  expect(restoreOptions(recorded(), other, again).buildArgs.API_TOKEN).toBe("changed");
  const given = { ...again, buildArgs: { ...again.buildArgs, API_TOKEN: "mine" } };
  expect(restoreOptions(recorded(), other, given).buildArgs.API_TOKEN).toBe("mine");
});

test("what is missing is named, with how to give it", () => {
  const restore = () => restoreOptions(recorded(), { ...place, environment: {} }, { buildArgs: {}, variables: {} });
  expect(restore).toThrow("the session needs the value of API_TOKEN, SHOP_KEY, HTTP_PROXY, DB_PASSWORD again");
  expect(restore).toThrow(
    expect.objectContaining({
      code: "VALUE_MISSING",
      exitCode: 2,
      hint: expect.stringContaining("--build-arg SHOP_KEY --build-arg HTTP_PROXY --run-arg '-e DB_PASSWORD'"),
    }),
  );
});

test("what was kept can't be given again", () => {
  const given = { ...again, buildArgs: { ...again.buildArgs, VERSION: "8" } };
  expect(() => restoreOptions(recorded(), place, given)).toThrow("--build-arg VERSION belongs to the beginning");
});
