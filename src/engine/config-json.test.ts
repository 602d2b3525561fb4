import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyImageConfig, type ImageConfig } from "../dockerfile/image-config.ts";
import { parseConfig, printConfig, printImage } from "./config-json.ts";

const word = fc.string({ minLength: 1, maxLength: 6 });
const words = fc.uniqueArray(word, { maxLength: 3 });
const someWords = fc.option(fc.array(word, { minLength: 1, maxLength: 3 }), { nil: undefined });
const count = fc.integer({ min: 0, max: 5 });

const anyConfig: fc.Arbitrary<ImageConfig> = fc.record({
  user: fc.string(),
  exposedPorts: words,
  env: words,
  entrypoint: someWords,
  cmd: someWords,
  volumes: words,
  workingDir: fc.string(),
  labels: fc.dictionary(word, fc.string(), { maxKeys: 3 }),
  stopSignal: fc.option(word, { nil: undefined }),
  shell: someWords,
  onBuild: words,
  healthcheck: fc.option(
    fc.record({
      test: fc.array(word),
      interval: count,
      timeout: count,
      startPeriod: count,
      startInterval: count,
      retries: count,
    }),
    { nil: undefined },
  ),
  argsEscaped: fc.boolean(),
});

test("a configuration is the same after it was printed and parsed; ports and volumes are sets", () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      const again = parseConfig(JSON.parse(JSON.stringify(printConfig(config))));
      const sorted = (list: readonly string[]) => [...list].sort();
      expect({ ...again, exposedPorts: sorted(again.exposedPorts), volumes: sorted(again.volumes) }).toEqual({
        ...config,
        exposedPorts: sorted(config.exposedPorts),
        volumes: sorted(config.volumes),
      });
    }),
  );
});

test("what is empty is left out, as BuildKit leaves it out", () => {
  expect(printConfig(emptyImageConfig)).toEqual({});
  expect(printConfig({ ...emptyImageConfig, entrypoint: [], cmd: [] })).toEqual({});
});

test("an engine's nulls are the empty configuration", () => {
  const nulls = {
    Env: null,
    Cmd: null,
    Entrypoint: null,
    Volumes: null,
    Labels: null,
    OnBuild: null,
    Healthcheck: null,
  };
  expect(parseConfig(nulls)).toEqual(emptyImageConfig);
  expect(parseConfig(null)).toEqual(emptyImageConfig);
});

test("the whole image in the words of the specification", () => {
  const created = new Date("2024-01-01T00:00:00Z");
  expect(
    printImage({
      platform: { os: "linux", architecture: "arm64", variant: "v8" },
      created,
      config: { ...emptyImageConfig, exposedPorts: ["80/tcp", "22/tcp"], labels: { b: "2", a: "" } },
      layers: ["sha256:aa"],
      history: [{ created: undefined, createdBy: "LABEL b=2", comment: undefined, emptyLayer: true }],
    }),
  ).toEqual({
    architecture: "arm64",
    os: "linux",
    variant: "v8",
    created: "2024-01-01T00:00:00.000Z",
    config: { ExposedPorts: { "22/tcp": {}, "80/tcp": {} }, Labels: { a: "", b: "2" } },
    rootfs: { type: "layers", diff_ids: ["sha256:aa"] },
    history: [{ created: "2024-01-01T00:00:00.000Z", created_by: "LABEL b=2", empty_layer: true }],
  });
});
