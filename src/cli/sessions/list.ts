import { formatAge, formatSize } from "../../format.ts";
import { type KeptPlace, type KeptSession, listSessions, type SessionSummary, summarizeSessions } from "../../index.ts";
import type { SessionsListOptions } from "../commands/sessions.ts";
import type { CliContext } from "../context.ts";
import { type Filters, filterRows } from "../output/filter.ts";
import { type Column, printList } from "../output/list.ts";

/** `slipway sessions ls` */
export async function listTheSessions(
  context: CliContext,
  options: SessionsListOptions,
  place: KeptPlace,
): Promise<void> {
  const { format, quiet, trunc, filter, size } = options;
  // Completion asks for ids at each press of a key: nobody is to wait for an engine then.
  const isLocal = quiet === true && filter.every((each) => !each.startsWith("state="));
  const rows: readonly Row[] = isLocal
    ? (await summarizeSessions(place)).map((summary) => ({ ...summary, state: undefined, size: undefined }))
    : await listSessions({ ...place, size });
  const chosen = filterRows(rows, filter, filters);
  await printList(context, { columns: columnsOf(size === true), rows: chosen }, { format, quiet, noTrunc: !trunc });
}

type Row = SessionSummary & { readonly state: KeptSession["state"] | undefined; readonly size: number | undefined };

const filters: Filters<Row> = {
  id: ({ id }, value) => id.startsWith(value),
  state: ({ state }, value) => state === value,
  dockerfile: ({ held }, value) => held?.dockerfile === value,
  context: ({ held }, value) => held?.context === value,
  engine: ({ held }, value) => held?.engine === value,
};

function columnsOf(withSize: boolean): readonly Column<Row>[] {
  return [
    { name: "ID", heading: "SESSION", value: ({ id }) => id },
    { name: "Dockerfile", value: ({ held }) => held?.dockerfile ?? "", maxWidth: 40 },
    {
      name: "Steps",
      value: ({ held }) => (held ? `${held.done}/${held.total}` : ""),
    },
    { name: "Stage", value: ({ held }) => held?.stage ?? "", hidden: true },
    { name: "Last", heading: "LAST", value: ({ held }) => held?.last ?? "", maxWidth: 30 },
    { name: "Open", heading: "NOT IN THE FILE", value: ({ held }) => openWork(held) },
    { name: "HandEdits", value: ({ held }) => held?.handEdits, hidden: true },
    { name: "Unsaved", value: ({ held }) => held?.unsaved, hidden: true },
    { name: "Done", value: ({ held }) => held?.done, hidden: true },
    { name: "Total", value: ({ held }) => held?.total, hidden: true },
    {
      name: "Checkpoints",
      heading: "IMAGES",
      value: ({ held }) => held?.checkpoints.length ?? 0,
      align: "right",
    },
    {
      name: "Size",
      value: ({ size }) => size,
      text: ({ size }) => (size === undefined ? "" : formatSize(size)),
      align: "right",
      hidden: !withSize,
    },
    { name: "State", value: ({ state }) => state, text: stateText },
    { name: "Process", value: ({ process }) => process, hidden: true },
    { name: "Problem", value: ({ problem }) => problem, hidden: true },
    { name: "Context", value: ({ held }) => held?.context ?? "", hidden: true },
    { name: "Engine", value: ({ held }) => held?.engine ?? "", hidden: true },
    { name: "Created", value: ({ held }) => held?.created.toISOString() ?? "", hidden: true },
    {
      name: "LastUsed",
      heading: "LAST USED",
      value: ({ lastUsed }) => lastUsed.toISOString(),
      text: ({ lastUsed }) => formatAge(Date.now() - lastUsed.getTime()),
    },
  ];
}

/** What would be lost with the session. */
export function openWork(held: SessionSummary["held"]): string {
  if (!held) return "";
  const { handEdits, unsaved } = held;
  return [
    handEdits === 0 ? "" : `${handEdits} hand edit${handEdits === 1 ? "" : "s"}`,
    unsaved ? "edits of the Dockerfile" : "",
  ]
    .filter((each) => each !== "")
    .join(", ");
}

function stateText({ state, process }: Row): string {
  if (state === "open") return `open in process ${process}`;
  if (state === "containers-gone") return "its container is gone";
  if (state === "unreachable") return "its engine does not answer";
  if (state === "unreadable") return "its journal can't be read";
  return state ?? "";
}
