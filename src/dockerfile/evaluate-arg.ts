import { moveToEnd } from "./environment.ts";
import type { Evaluated, StageState } from "./plan-types.ts";
import { dialectOf, type Expander, expanderFor } from "./scope.ts";
import type { ArgInstruction, KeyValue } from "./types.ts";

/**
 * ARG in a stage: --build-arg, else the default as expanded here, else the global ARG of that name. From here on the
 * value is seen like an ENV of that name, and hides one that was set before.
 */
export function evaluateArg(state: StageState, instruction: ArgInstruction): Evaluated {
  let after = state;
  const shown: string[] = [];
  for (const pair of instruction.pairs) {
    const expand = expanderFor(after, instruction);
    const value = resolveValue(after, pair, expand);
    const env = value === undefined ? after.env : moveToEnd(after.env, pair.key, value);
    shown.push(describe(after, pair, value, expand));
    after = { ...after, env, args: [...after.args, { key: pair.key, value }] };
  }
  return { state: after, operation: { kind: "config" }, createdBy: `ARG ${shown.join(" ")}` };
}

function resolveValue({ plan }: StageState, pair: KeyValue, expand: Expander): string | undefined {
  const given = ownValue(plan.options.buildArgs, pair.key);
  if (given !== undefined) return given;
  return pair.value === undefined ? ownValue(plan.globalArgs, pair.key) : expand.word(pair.value);
}

function describe(state: StageState, pair: KeyValue, value: string | undefined, expand: Expander): string {
  const shown = dialectOf(state.plan.options).showsArgValuesInHistory
    ? value
    : pair.value === undefined
      ? undefined
      : expand.word(pair.value);
  return shown === undefined ? pair.key : `${pair.key}=${shown}`;
}

/** ARGs may be named like anything on Object.prototype. */
function ownValue(values: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
