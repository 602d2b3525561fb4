import { styleText } from "node:util";

type Paint = (text: string) => string;

/** What a piece of output is, rather than which colour it has. */
export interface Style {
  readonly error: Paint;
  readonly warning: Paint;
  readonly hint: Paint;
  readonly success: Paint;
  /** Names that the reader can type: commands, steps, images. */
  readonly name: Paint;
  readonly heading: Paint;
  /** Times, sizes, prefixes: there for who looks for them. */
  readonly faint: Paint;
  readonly added: Paint;
  readonly removed: Paint;
  readonly current: Paint;
}

type Format = Parameters<typeof styleText>[0];

const formats: Readonly<Record<keyof Style, Format>> = {
  error: ["bold", "red"],
  warning: "yellow",
  hint: "cyan",
  success: "green",
  name: "bold",
  heading: "bold",
  faint: "gray",
  added: "green",
  removed: "red",
  current: ["bold", "cyan"],
};

/** Colours on a terminal; none when piped, with NO_COLOR (https://no-color.org) or TERM=dumb. FORCE_COLOR has the last word. */
function hasColours(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") return env.FORCE_COLOR !== "0";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  return hasColours(stream, env) ? colouredStyle : plainStyle;
}

export const plainStyle: Style = mapFormats(() => (text) => text);
const colouredStyle: Style = mapFormats(
  (format) => (text) => (text === "" ? "" : styleText(format, text, { validateStream: false })),
);

function mapFormats(paint: (format: Format) => Paint): Style {
  const entries = Object.entries(formats).map(([role, format]) => [role, paint(format)]);
  return Object.fromEntries(entries) as Record<keyof Style, Paint>;
}
