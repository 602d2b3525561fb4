import type { CliContext } from "../context.ts";
import { styleFor } from "./style.ts";
import { cutToWidth, layTable } from "./table.ts";
import { compileTemplate, printRaw, type TemplateData } from "./template.ts";

export interface Column<Row> {
  /** The field's name in templates, JSON and YAML, as docker writes names: `CreatedAt`. */
  readonly name: string;
  /** Heading in a table, upper case by habit; default: the name in upper case. */
  readonly heading?: string;
  /** For programs: numbers as numbers, bytes, ISO dates, whole ids. */
  value(row: Row): unknown;
  /** For people, in tables and `{{.Name}}`; default: the value. */
  text?(row: Row): string;
  /** Longest text in a table, in columns of the terminal, unless `--no-trunc`. */
  readonly maxWidth?: number;
  readonly align?: "left" | "right";
  /** Only in templates, JSON and YAML. */
  readonly hidden?: boolean;
}

export interface List<Row> {
  /** The first one is what `--quiet` prints. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}

export interface ListOptions {
  /** `table` (default), `json` (one object a line), `yaml`, `table TEMPLATE` or a template as docker takes it. */
  readonly format?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly noTrunc?: boolean | undefined;
}

/** Prints a list: the one way that all commands have. Throws SlipwayError TEMPLATE for a bad `format`. */
export async function printList<Row>(
  context: Pick<CliContext, "stdout" | "env">,
  list: List<Row>,
  options: ListOptions,
): Promise<void> {
  const lines = await formatList(list, options, styleFor(context.stdout, context.env).heading);
  context.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

async function formatList<Row>(
  { columns, rows }: List<Row>,
  { format = "table", quiet = false, noTrunc = false }: ListOptions,
  paintHeading: (text: string) => string,
): Promise<string[]> {
  if (quiet) return rows.map((row) => printRaw(columns[0]!.value(row)));
  if (format === "json") return rows.map((row) => JSON.stringify(valuesOf(columns, row)));
  if (format === "yaml") {
    const { stringify } = await import("yaml");
    return [stringify(rows.map((row) => valuesOf(columns, row))).trimEnd()];
  }
  if (format !== "table" && !format.startsWith("table ")) {
    const template = compileTemplate(format);
    return rows.map((row) => template.render(dataOf(columns, row)));
  }
  const template = format.slice("table ".length).trimStart();
  const shown = columns.filter((column) => column.hidden !== true);
  const [heading, ...body] =
    template === ""
      ? layTable(
          plainCells(shown, rows, noTrunc),
          shown.map((column) => column.align ?? "left"),
        )
      : layTable(templateCells(columns, rows, template, noTrunc));
  return [paintHeading(heading!), ...body];
}

function plainCells<Row>(columns: readonly Column<Row>[], rows: readonly Row[], noTrunc: boolean): string[][] {
  const body = rows.map((row) => {
    return columns.map((column) => cut(textOf(column, row), noTrunc ? undefined : column.maxWidth));
  });
  return [columns.map(headingOf), ...body];
}

function templateCells<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  text: string,
  noTrunc: boolean,
): string[][] {
  const template = compileTemplate(text);
  const headings = Object.fromEntries(columns.map((column) => [column.name, headingOf(column)]));
  const body = rows.map((row) => template.render(dataOf(columns, row, noTrunc ? undefined : cut)));
  return [template.renderHeadings(headings), ...body].map((line) => line.split("\t"));
}

function headingOf<Row>(column: Column<Row>): string {
  return column.heading ?? column.name.toUpperCase();
}

function textOf<Row>(column: Column<Row>, row: Row): string {
  return column.text?.(row) ?? printRaw(column.value(row));
}

function valuesOf<Row>(columns: readonly Column<Row>[], row: Row): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column.name, column.value(row)]));
}

function dataOf<Row>(
  columns: readonly Column<Row>[],
  row: Row,
  shorten: (text: string, maxWidth: number | undefined) => string = (text) => text,
): TemplateData {
  const texts = columns
    .filter((column) => column.text !== undefined || column.maxWidth !== undefined)
    .map((column) => [column.name, shorten(textOf(column, row), column.maxWidth)]);
  return { values: valuesOf(columns, row), texts: Object.fromEntries(texts) };
}

function cut(text: string, maxWidth: number | undefined): string {
  return maxWidth === undefined ? text : cutToWidth(text, maxWidth);
}
