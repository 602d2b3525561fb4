import { expect, test } from "vitest";
import { emptyImageConfig } from "../../dockerfile/image-config.ts";
import { parseDockerfile } from "../../dockerfile/parse.ts";
import { planBuild } from "../../dockerfile/plan.ts";
import { shortenDockerfile } from "./shorten.ts";
import { evaluatePlan, type Secrets } from "./wanted-plan.ts";

const platform = { os: "linux", architecture: "amd64", variant: undefined };
const base = { key: "sha256:1", config: { ...emptyImageConfig, env: ["PATH=/bin"] }, platform };

const noSecrets: Secrets = { seal: (key) => key, hide: (value) => value };

/** The text with the first stage, or another one, beginning after `dropped` instructions. */
function shorten(text: string, dropped: number, { index = 0, buildArgs = {} } = {}): string | undefined {
  const plan = planBuild(parseDockerfile(text), {
    target: undefined,
    buildArgs,
    targetPlatform: platform,
    buildPlatform: platform,
    contexts: [],
  });
  const baseOf = (stage: number) => (plan.stages[stage]!.base.kind === "image" ? base : undefined);
  const wanted = evaluatePlan(plan, baseOf, noSecrets);
  const stage = wanted.stages.get(index)!;
  return shortenDockerfile(wanted, baseOf, [{ index, dropped, reference: "held:1", stage }]);
}

test("what was done goes, and lines keep their numbers", () => {
  const text = "# syntax=docker/dockerfile:1\nFROM a \\\n  AS b\nRUN one \\\n  two\n# why\nCOPY x /\nRUN three\n";
  expect(shorten(text, 2)).toBe("# syntax=docker/dockerfile:1\nFROM held:1 AS b\n\n\n\n# why\n\nRUN three\n");
});

test("an ARG keeps the value that it had, whatever it was made of", () => {
  const text = `FROM a\nENV A 1 \nARG B="it's $A" C\nENV A=2\nRUN one\nRUN echo $A $B $C\n`;
  expect(shorten(text, 4)).toBe(`FROM held:1\nENV A='1'\nARG B='it'"'"'s 1' C\nENV A='2'\n\nRUN echo $A $B $C\n`);
});

test("values given with --build-arg are not written down", () => {
  expect(shorten("FROM a\nARG TOKEN\nRUN one\nRUN two\n", 2, { buildArgs: { TOKEN: "x" } })).toBe(
    "FROM held:1\nARG TOKEN\n\nRUN two\n",
  );
});

test("an ENTRYPOINT keeps the CMD of its own stage", () => {
  expect(shorten('FROM a\nCMD go\nRUN one\nENTRYPOINT ["x"]\n', 2)).toBe(
    'FROM held:1\nCMD ["/bin/sh","-c","go"]\n\nENTRYPOINT ["x"]\n',
  );
});

test("triggers of the stage stay triggers", () => {
  const text = "FROM a AS b\nRUN one\nONBUILD RUN two\nFROM b\nRUN three\n";
  expect(shorten(text, 2)).toBe("FROM held:1 AS b\n\nONBUILD RUN two\nFROM b\nRUN three\n");
});

test("ENV hides an ARG, and an ARG an ENV, as before", () => {
  expect(shorten("FROM a\nARG A=1\nENV A=2\nRUN one\nRUN echo $A\n", 3)).toBe(
    "FROM held:1\nARG A='1'\nENV A='2'\n\nRUN echo $A\n",
  );
});

test("what can't be said again the same is left whole", () => {
  expect(shorten("FROM a\nARG K=a\nENV ${K}=1\nRUN one\nRUN two\n", 3)).toBeUndefined();
});
