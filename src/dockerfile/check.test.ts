import { expect, test } from "vitest";
import { type CheckOptions, checkDockerfile } from "./check.ts";
import { parseDockerfile } from "./parse.ts";

function check(text: string, options: CheckOptions = {}) {
  return checkDockerfile(parseDockerfile(text), options).map(({ severity, rule, range }) => [
    severity,
    rule,
    `${range.start.line}:${range.start.column}`,
  ]);
}

const warning = (rule: string, place: string) => ["warning", rule, place];
const error = (rule: string, place: string) => ["error", rule, place];

test("a good Dockerfile has no problems", () => {
  const text = [
    "ARG V=12",
    "FROM debian:${V} AS build",
    "WORKDIR /src",
    "COPY --link . .",
    "RUN --mount=type=cache,target=/root/.cache make",
    "FROM build",
    "COPY --from=build /a /b",
    "COPY --from=0 /a /b",
    "COPY --from=alpine:3 /a /b",
    'CMD ["x"]',
    "",
  ].join("\n");
  expect(check(text)).toEqual([]);
});

test.each([
  // Stages
  ["FROM a\nCOPY --from=2 a b", error("unknown-stage", "2:8")],
  ["FROM a AS x\nCOPY --from=x a b", error("stage-circular", "2:8")],
  ["FROM a AS x\nCOPY --from=y a b\nFROM x AS y\nCOPY --from=x a b", error("stage-order", "2:8")],
  ["FROM a AS x\nRUN --mount=from=y,target=/y z\nFROM x AS y", error("stage-order", "2:13")],
  ["FROM a AS build\nFROM a\nCOPY --from=biuld a b", warning("unknown-stage", "3:8")],
  ["FROM a\nCOPY --from=$X a b", error("from-variable", "2:8")],
  ["FROM b\nFROM a AS b", warning("stage-order", "1:1")],
  ["FROM a AS b\nFROM a AS b", warning("DuplicateStageName", "2:11")],
  ["FROM a AS Build", warning("StageNameCasing", "1:11")],
  ["FROM a as b", warning("FromAsCasing", "1:1")],
  ["FROM a AS scratch", warning("ReservedStageName", "1:11")],
  // Variables
  ["FROM a:1$V", warning("UndefinedArgInFrom", "1:9")],
  ["ARG V\nFROM a:$V", warning("InvalidDefaultArgInFrom", "2:1")],
  ["FROM scratch\nCOPY $A /x", warning("UndefinedVar", "2:6")],
  ["FROM a\nENV PATH=$PAHT:/x", warning("UndefinedVar", "2:10")],
  ["FROM a\nCOPY ${X} b\nARG X", warning("UndefinedVar", "2:6")],
  ["FROM a\nENV A=${", error("expansion", "2:7")],
  ["FROM scratch\nCOPY <<E /x\nit's $A\nE", warning("UndefinedVar", "3:6")],
  ["FROM a\nCOPY <<E /x\n${\nE", error("expansion", "3:1")],
  ["FROM a\nWORKDIR /${A:=b}", error("expansion", "2:9")],
  ["FROM --platform=$TARGETPLATFORM a", warning("RedundantTargetPlatform", "1:1")],
  ["FROM --platform=linux/arm64 a", warning("FromPlatformFlagConstDisallowed", "1:1")],
  // Instructions
  ["FROM a\nMAINTAINER b", warning("MaintainerDeprecated", "2:1")],
  ["FROM a\nENV b c", warning("LegacyKeyValueFormat", "2:1")],
  ["FROM a\nLABEL b c", warning("LegacyKeyValueFormat", "2:1")],
  ["FROM a\nENV API_TOKEN=x", warning("SecretsUsedInArgOrEnv", "2:5")],
  ["FROM a\nARG password", warning("SecretsUsedInArgOrEnv", "2:5")],
  ["FROM a\nWORKDIR b", warning("WorkdirRelativePath", "2:1")],
  ["FROM a\nCMD b", warning("JSONArgsRecommended", "2:1")],
  ['FROM a\nCMD ["b"]\nCMD ["c"]', warning("MultipleInstructionsDisallowed", "2:1")],
  ["FROM a\nrun b\nRUN c", warning("ConsistentInstructionCasing", "2:1")],
  ["FROM a\nRUN b \\\n\n c", warning("NoEmptyContinuation", "3:1")],
  ["FROM a\nEXPOSE 80/TCP", warning("ExposeProtoCasing", "2:8")],
  ["FROM a\nEXPOSE 8080:80", warning("ExposeInvalidFormat", "2:8")],
  ["FROM a\nEXPOSE 80/tpc", error("port-invalid", "2:8")],
  ["FROM a\nSTOPSIGNAL SIGTREM", error("signal-unknown", "2:1")],
  ["FROM a\nRUN ['b', 'c']", warning("json-invalid", "2:1")],
  ["FROM a\nRNU b", error("unknown-instruction", "2:1")],
])("%j", (text, expected) => {
  expect(check(text)).toEqual([expected]);
});

test.each([
  ["FROM golang\nENV PATH=$GOPATH/bin:$PATH"],
  ["FROM scratch\nARG A\nCOPY $A /x"],
  ["FROM scratch\nCOPY <<'E' /x\n$A ${\nE"],
  ["FROM a AS b\nARG A\nFROM b\nCOPY $A /x"],
  ["FROM --platform=linux/amd64 a AS for-amd64"],
  ["FROM a AS b\nWORKDIR /x\nFROM b\nWORKDIR y"],
  ['FROM a\nSHELL ["x"]\nCMD y'],
  ["FROM a\nENV PUBLIC_KEY=x"],
  ["FROM a\nRUN [ -f x ] || y"],
  ["FROM a\nEXPOSE 8000-8010/udp $P"],
  ["FROM a\nSTOPSIGNAL RTMIN+3"],
])("%j is fine", (text) => {
  expect(check(text)).toEqual([]);
});

test("problems of a stage that the target doesn't need are warnings", () => {
  const text = "FROM a AS x\nCOPY --from=y a b\nFROM a AS y\nFROM a AS z";
  expect(check(text)).toEqual([warning("stage-order", "2:8")]);
  expect(check(text, { target: "x" })).toEqual([error("stage-order", "2:8")]);
});

test("a target is found by name in any case, or by number", () => {
  const text = "FROM a AS one\nFROM a AS two";
  expect(check(text, { target: "ONE" })).toEqual([]);
  expect(check(text, { target: "1" })).toEqual([]);
  expect(check(text, { target: "onn" })).toEqual([error("unknown-target", "2:1")]);
});

test("# check= skips rules for the file, and in a comment for the next instruction", () => {
  const lines = ["FROM a", "MAINTAINER b", "# check=skip=MaintainerDeprecated // on purpose", "MAINTAINER c"].join(
    "\n",
  );
  expect(check(lines)).toEqual([warning("MaintainerDeprecated", "2:1")]);
  expect(check(`# check=skip=MaintainerDeprecated\n${lines}`)).toEqual([]);
  expect(check(`# check=skip=all\n${lines}`)).toEqual([]);
  expect(check(`# check=error=true\n${lines}`)).toEqual([error("MaintainerDeprecated", "3:1")]);
  expect(check(`# check=skpi=all\n${lines}`)).toContainEqual(error("directive-check", "1:1"));
});

test("experimental rules are off until they are asked for", () => {
  const lines = "# something\nFROM a AS b\n# c is good\nARG c";
  expect(check(lines)).toEqual([]);
  expect(check(`# check=experimental=all\n${lines}`)).toEqual([warning("InvalidDefinitionDescription", "3:1")]);
});
