import fc from "fast-check";
import { expect, test } from "vitest";
import { readYaml } from "./located.ts";
import { mergeConfiguration } from "./merge-configuration.ts";
import { formatMistake } from "./mistakes.ts";
import { isValueMap, kindOf, mapOf, plainValue, type Value, type ValueMap } from "./value.ts";

const defaults = plainValue(
  readYaml(
    'http: {host: localhost, port: 8080, tls: false}\nversion: "1"\nnames: [a, b]\nsites: {}\nsmtp: {host: mail}\nextra:',
    "",
  ).value!,
) as ValueMap;

function merge(...texts: string[]) {
  const layers = texts.map((text, index) => ({
    file: `${index}.yaml`,
    hasLines: true,
    value: readYaml(text, "").value!,
  }));
  const { configuration, mistakes } = mergeConfiguration(defaults, layers);
  return { configuration: JSON.parse(JSON.stringify(configuration)), mistakes: mistakes.map(formatMistake) };
}

test("maps merge, lists replace, null takes away, later layers win", () => {
  const { configuration, mistakes } = merge(
    "http: {port: 80}\nnames: [c]\nsmtp: null\nsites: {shop: {root: /a, deep: {x: 1}}}\nextra: {any: [1]}",
    "# nothing here\n",
    "http: {host: shop}\nsites: {shop: {root: /b}, blog: {}}",
  );
  expect(mistakes).toEqual([]);
  expect(configuration).toEqual({
    http: { host: "shop", port: 80, tls: false },
    version: "1",
    names: ["c"],
    sites: { shop: { root: "/b", deep: { x: 1 } }, blog: {} },
    smtp: null,
    extra: { any: [1] },
  });
});

test("what a layer took away comes back with its defaults", () => {
  expect(merge("smtp: null", "smtp: {host: other}").configuration.smtp).toEqual({ host: "other" });
  expect(merge("smtp: null", "smtp: {}").configuration.smtp).toEqual({ host: "mail" });
});

test("tells all mistakes with their lines", () => {
  const { mistakes } = merge("http:\n  prot: 1\n  port: '80'\nversion: 1.10\nnames: a\nsmtp: no\nnothing_like_it: 1");
  expect(mistakes).toEqual([
    "0.yaml:2: unknown key http.prot\n  hint: did you mean port?",
    "0.yaml:3: http.port must be a number, not a text",
    "0.yaml:4: version must be a text, not a number\n  hint: put it in quotes",
    "0.yaml:5: names must be a list, not a text",
    "0.yaml:6: smtp must be a map, not a text",
    "0.yaml:7: unknown key nothing_like_it\n  hint: known are http, version, names, sites, smtp, extra",
  ]);
  expect(merge("- a").mistakes).toEqual(["0.yaml:1: the configuration must be a map, not a list"]);
});

const scalar = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const key = fc.oneof(fc.constantFrom("a", "b", "__proto__", "constructor", "toString"), fc.string());
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map(mapOf),
  ),
}));
const map = fc.array(fc.tuple(key, value), { maxLength: 5 }).map(mapOf);

/** JSON is YAML, so this is what an operator may have written. */
function layerOf(over: Value) {
  const { value, mistakes } = readYaml(JSON.stringify(over), "fuzz");
  expect(mistakes).toEqual([]);
  return { file: "fuzz", hasLines: true, value: value! };
}

/** Where defaults say what there is, the merged configuration has it, of the same kind or taken away. */
function fits(pattern: Value, merged: Value | undefined): boolean {
  if (merged === undefined) return false;
  if (pattern === null || merged === null) return true;
  if (kindOf(pattern) !== kindOf(merged)) return false;
  if (!isValueMap(pattern) || !isValueMap(merged)) return true;
  const keys = Object.keys(pattern);
  return (
    keys.every((name) => fits(pattern[name]!, merged[name])) &&
    (keys.length === 0 || Object.keys(merged).every((name) => keys.includes(name)))
  );
}

test("whatever is laid over whatever: the result fits the defaults", () => {
  fc.assert(
    fc.property(map, fc.array(value, { maxLength: 3 }), (pattern, overs) => {
      const { configuration } = mergeConfiguration(pattern, overs.map(layerOf));
      expect(fits(pattern, configuration)).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test("laying it over twice is laying it over once; nothing changes nothing", () => {
  fc.assert(
    fc.property(map, map, (pattern, over) => {
      const layer = layerOf(over);
      const once = mergeConfiguration(pattern, [layer]);
      const twice = mergeConfiguration(pattern, [layer, layer]);
      expect(JSON.stringify(twice.configuration)).toBe(JSON.stringify(once.configuration));
      const { configuration } = mergeConfiguration(pattern, [layerOf(mapOf([]))]);
      expect(JSON.stringify(configuration)).toBe(JSON.stringify(pattern));
    }),
    { numRuns: 300 },
  );
});

test("an open map takes exactly what it is given", () => {
  fc.assert(
    fc.property(map, (over) => {
      const { configuration, mistakes } = mergeConfiguration(mapOf([["open", mapOf([])]]), [
        layerOf(mapOf([["open", over]])),
      ]);
      expect(mistakes).toEqual([]);
      expect(JSON.stringify(configuration.open)).toBe(JSON.stringify(over));
    }),
  );
});
