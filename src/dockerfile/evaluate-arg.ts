import { moveToEnd } from "./environment.ts";
import type { Evaluated, StageState } from "./plan-types.ts";
import { dialectOf, type Expander, expanderFor } from "./scope.ts";
import type { ArgInstruction, KeyValue } from "./types.ts";

/**
 * ARG in a stage: --build-arg, else the default as expanded here, else the global ARG of that name. From here on the
 * value is seen like an ENV of that name, and hides one that was set before.
 */
export function evaluateArg(state: StageState, instruction: ArgInstruction): Evaluated {
  const { showsArgValuesInHistory, expandsArgsInTurn } = dialectOf(state.plan.options);
  const before = expanderFor(state, instruction);
  let after = state;
  const shown: string[] = [];
  for (const pair of instruction.pairs) {
    const expand = expandsArgsInTurn ? expanderFor(after, instruction) : before;
    const key = expandsArgsInTurn ? pair.key : expand.word(pair.key);
    const value = resolveValue(after, key, pair, expand);
    const written = showsArgValuesInHistory || pair.value === undefined ? undefined : expand.word(pair.value);
    shown.push(nameValue(key, showsArgValuesInHistory ? value : written));
    const env = value === undefined ? after.env : moveToEnd(after.env, key, value);
    after = { ...after, env, args: [...after.args, { key, value }] };
  }
  return { state: after, operation: { kind: "config" }, createdBy: `ARG ${shown.join(" ")}` };
}

function resolveValue({ plan }: StageState, key: string, written: KeyValue, expand: Expander): string | undefined {
  const given = ownValue(plan.options.buildArgs, key);
  if (given !== undefined) return given;
  return written.value === undefined ? ownValue(plan.globalArgs, key) : expand.word(written.value);
}

function nameValue(key: string, value: string | undefined): string {
  return value === undefined ? key : `${key}=${value}`;
}

/** ARGs may be named like anything on Object.prototype. */
function ownValue(values: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
