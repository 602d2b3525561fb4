import { ExitCode, SlipwayError } from "../../errors.ts";

/** By the key of a filter: whether a row has this value there. */
export type Filters<Row> = Readonly<Record<string, (row: Row, value: string) => boolean>>;

/**
 * The rows that `--filter KEY=VALUE` chooses, as docker's lists do: one of the values given for each key.
 * @throws SlipwayError USAGE for what is no filter
 */
export function filterRows<Row>(rows: readonly Row[], given: readonly string[], filters: Filters<Row>): readonly Row[] {
  const wanted = new Map<string, string[]>();
  for (const each of given) {
    const [, key = "", value = ""] = /^([^=]+)=(.*)$/s.exec(each) ?? [];
    if (!Object.hasOwn(filters, key)) {
      throw new SlipwayError("USAGE", `--filter does not know ${JSON.stringify(each)}`, {
        hint: `filters are KEY=VALUE, with one of the keys ${Object.keys(filters).join(", ")}`,
        exitCode: ExitCode.usage,
      });
    }
    wanted.set(key, [...(wanted.get(key) ?? []), value]);
  }
  return rows.filter((row) => [...wanted].every(([key, values]) => values.some((value) => filters[key]!(row, value))));
}
