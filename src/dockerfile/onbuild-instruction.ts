import { type InstructionContext, report } from "./report.ts";
import type { DockerfileProblem, Instruction, InstructionBase, OnbuildInstruction } from "./types.ts";
import { splitInstruction } from "./words.ts";

type ReadInstruction = (context: InstructionContext, number: number) => Instruction | undefined;

/** Reads ONBUILD, and its trigger with `readTrigger` for the trigger's own mistakes. */
export function readOnbuild(
  context: InstructionContext,
  base: InstructionBase,
  readTrigger: ReadInstruction,
): OnbuildInstruction | undefined {
  const { node } = context;
  if (node.rest.text === "") {
    report(context, "arguments-missing", "ONBUILD requires at least one argument", {
      hint: "write ONBUILD INSTRUCTION",
    });
    return undefined;
  }
  const inner = splitInstruction(node.rest.text, context.escape);
  const keyword = inner.keyword.text.toUpperCase();
  const place = { start: node.rest.start, end: node.rest.start + inner.keyword.end };
  if (keyword === "ONBUILD") {
    report(context, "onbuild-trigger", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", { place });
  } else if (keyword === "FROM" || keyword === "MAINTAINER") {
    report(context, "onbuild-trigger", `${keyword} isn't allowed as an ONBUILD trigger`, { place });
  } else {
    checkTrigger(context, readTrigger);
  }
  const bodies = node.heredocs.map(({ raw, name }) => `\n${raw}${name}`).join("");
  return { ...base, keyword: "ONBUILD", trigger: node.line.replace(/^\s*ONBUILD\s*/i, "") + bodies };
}

/** BuildKit refuses here what breaks the line's own syntax; other mistakes show only when an image is built on this one. */
const refused = ["json-not-strings", "pair-syntax"];

function checkTrigger(context: InstructionContext, readTrigger: ReadInstruction): void {
  const { node } = context;
  const inner = splitInstruction(node.rest.text, context.escape);
  const shift = <W extends { start: number; end: number }>(word: W): W => ({
    ...word,
    start: word.start + node.rest.start,
    end: word.end + node.rest.start,
  });
  const problems: DockerfileProblem[] = [];
  const trigger = {
    ...node,
    keyword: shift(inner.keyword),
    flags: inner.flags.map(shift),
    rest: shift(inner.rest),
  };
  readTrigger({ ...context, node: trigger, problems }, 1);
  for (const problem of problems) {
    context.problems.push(refused.includes(problem.rule) ? problem : { ...problem, severity: "warning" });
  }
}
