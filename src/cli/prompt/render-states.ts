import type { StateView } from "../../index.ts";
import type { Style } from "../output/style.ts";
import { cutToWidth } from "../output/table.ts";

/**
 * The states as a tree of text. A state with one child stands right above it; where ways part, each but the last that was
 * gone is indented below, as in `git log --graph`.
 */
export function renderStates(states: readonly StateView[], style: Style, columns: number | undefined): string[] {
  const children = new Map<number | undefined, StateView[]>();
  for (const state of states) children.set(state.parent, [...(children.get(state.parent) ?? []), state]);
  const lines: string[] = [];
  const pending = (children.get(undefined) ?? []).map((state) => ({ state, indent: "", branch: "" }));
  while (pending.length > 0) {
    const { state, indent, branch } = pending.pop()!;
    lines.push(cutToWidth(row(state, `${indent}${branch}`, style), columns ?? Number.POSITIVE_INFINITY));
    const below = branch === "" ? indent : `${indent}│ `;
    const [newest, ...others] = [...(children.get(state.id) ?? [])].reverse();
    if (newest) pending.push({ state: newest, indent: below, branch: "" });
    for (const other of others) pending.push({ state: other, indent: below, branch: "├─" });
  }
  return lines;
}

function row({ id, kind, label, step, image, current }: StateView, tree: string, style: Style): string {
  const mark = current ? style.success("=>") : "  ";
  const kept = image === undefined ? " " : "*";
  const name = style.name(`s${id}`.padEnd(5));
  return `${mark} ${kept} ${name} ${tree}${describe(kind, label, step, style)}`;
}

function describe(kind: StateView["kind"], label: string, step: number | undefined, style: Style): string {
  switch (kind) {
    case "begin":
      return style.faint("the beginning");
    case "step":
      return `step ${step}: ${label}`;
    case "failed":
      return style.error(`step ${step} failed: ${label}`);
    case "hand":
      return `by hand: ${label}`;
    case "edit":
      return style.faint(`edited: ${label}`);
    case "lost":
      return style.warning(`lost: ${label}`);
  }
}
