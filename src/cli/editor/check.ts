import { ExitCode } from "../../errors.ts";
import { formatMode, problemTexts } from "../../policy/decide.ts";
import { EDITOR_GID } from "../../policy/policy.ts";
import { type EditorFinding, editorTree } from "../../project/editor/editor-findings.ts";
import { nameIds } from "../../project/editor/id-names.ts";
import type { EditorListOptions } from "../commands/editor.ts";
import type { CliContext } from "../context.ts";
import { type Column, printList } from "../output/list.ts";

type Row = EditorFinding & { readonly result: string | undefined };

/** `slipway editor check` */
export async function checkFolder(context: CliContext, path: string, options: EditorListOptions): Promise<void> {
  const rows = await collect(context, path, () => undefined);
  await print(context, rows, options, false);
  if (rows.length > 0) context.setExitCode(ExitCode.failure);
}

/** `slipway editor fix` */
export async function fixFolder(context: CliContext, path: string, options: EditorListOptions): Promise<void> {
  const dryRun = options.dryRun === true;
  const rows = await collect(context, path, ({ mend }) => {
    if (mend === undefined) return "by hand only";
    return dryRun ? "would be mended" : (mend() ?? MENDED);
  });
  await print(context, rows, options, true);
  if (!dryRun && rows.some(({ result }) => result !== MENDED)) context.setExitCode(ExitCode.failure);
}

const MENDED = "mended";

async function collect(
  context: CliContext,
  path: string,
  act: (finding: EditorFinding) => string | undefined,
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const finding of editorTree(path, context.cwd).findings(context.signal))
    rows.push({ ...finding, mend: undefined, result: act(finding) });
  return rows;
}

async function print(
  context: CliContext,
  rows: readonly Row[],
  { format, quiet }: EditorListOptions,
  withResult: boolean,
): Promise<void> {
  const names = await nameIds();
  const columns: readonly Column<Row>[] = [
    { name: "Path", value: ({ path }) => path },
    { name: "Kind", value: ({ kind }) => kind, hidden: true },
    { name: "Problem", value: describe },
    {
      name: "Owner",
      value: ({ entry }) => entry && names.user(entry.uid),
      text: ({ entry }) => (entry ? names.user(entry.uid) : ""),
    },
    {
      name: "Group",
      value: ({ entry }) => entry && names.group(entry.gid),
      text: ({ entry }) => (entry ? names.group(entry.gid) : ""),
    },
    {
      name: "Mode",
      value: ({ entry }) => entry && formatMode(entry, entry.mode),
      text: ({ entry }) => (entry ? formatMode(entry, entry.mode) : ""),
    },
    {
      name: "Wanted",
      value: ({ entry, wanted }) => entry && wanted && formatMode(entry, wanted.mode),
      text: ({ entry, wanted }) => (entry && wanted ? formatMode(entry, wanted.mode) : ""),
    },
    { name: "Result", value: ({ result }) => result, hidden: !withResult },
  ];
  if (rows.length === 0 && format === "table" && quiet !== true) context.stderr.write("all is as the policy says\n");
  else await printList(context, { columns, rows }, { format, quiet });
}

function describe({ kind, wanted, reason, entry }: Row): string {
  if (kind === "parent") return `members can't pass it: chmod o+x, or chgrp ${EDITOR_GID} and chmod g+x`;
  if (kind === "closed") return `can't be looked into: ${reason}`;
  if (kind === "repository") return "git makes files in it that members can't write (core.sharedRepository)";
  const problems = (wanted?.problems ?? []).map((problem) => problemTexts[problem]).join("; ");
  return kind === "linked" ? `has other names outside (${entry?.names} in all): ${problems}` : problems;
}
