import { suggestWord } from "../../dockerfile/suggest.ts";
import { UsageError } from "../launch/command-line.ts";
import type { Mistake } from "../launch/mistakes.ts";

export interface StepFile {
  readonly name: string;
  readonly isExecutable: boolean;
}

export interface Step {
  readonly name: string;
  readonly kind: "executable" | "template";
  /** Name of the YAML file beside it. */
  readonly sidecar: string | undefined;
}

export interface Steps {
  readonly steps: readonly Step[];
  readonly mistakes: readonly Mistake[];
}

const TEMPLATE = ".j2";
const SIDECAR = ".yaml";

export function numberOf(name: string): number | undefined {
  const digits = /^[0-9]+/.exec(name)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/** The steps among the files of a deployment's folder, in their order: by number, then by name. */
export function findSteps(files: readonly StepFile[], folder: string): Steps {
  const numbered = files.filter(({ name }) => numberOf(name) !== undefined);
  const names = new Set(numbered.map(({ name }) => name));
  const mistakes: Mistake[] = [];
  const steps: Step[] = [];
  for (const { name, isExecutable } of numbered) {
    const complain = (message: string, hint: string) =>
      mistakes.push({ file: `${folder}/${name}`, line: undefined, message, hint });
    if (name.endsWith(SIDECAR) && !isExecutable) {
      const owner = name.slice(0, -SIDECAR.length);
      if (!names.has(owner)) complain("belongs to no step", `there is no ${owner}`);
    } else if (name.endsWith(TEMPLATE)) steps.push({ name, kind: "template", sidecar: undefined });
    else if (isExecutable) {
      const sidecar = `${name}${SIDECAR}`;
      steps.push({ name, kind: "executable", sidecar: names.has(sidecar) ? sidecar : undefined });
    } else complain("neither executable nor a template", "chmod +x, or a name without a number");
  }
  return { steps: steps.sort(compareSteps), mistakes };
}

function compareSteps(left: Step, right: Step): number {
  return numberOf(left.name)! - numberOf(right.name)! || (left.name < right.name ? -1 : 1);
}

/** Those that `--only` names, by name or number. Throws UsageError. */
export function selectSteps(steps: readonly Step[], only: readonly string[]): readonly Step[] {
  if (only.length === 0) return steps;
  const matches = ({ name }: Step, word: string) =>
    name === word || (/^[0-9]+$/.test(word) && numberOf(name) === Number(word));
  for (const word of only) {
    if (steps.some((step) => matches(step, word))) continue;
    const names = steps.map(({ name }) => name);
    const nearest = suggestWord(word, names, 4);
    throw new UsageError(`no step ${word}`, nearest ? `did you mean ${nearest}?` : `there are ${names.join(", ")}`);
  }
  return steps.filter((step) => only.some((word) => matches(step, word)));
}
