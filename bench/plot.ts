/** Lines over two logarithmic axes. */
export interface Plot {
  readonly title: string;
  /** Labels of the axes. */
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const width = 760;
const height = 420;
const area = { left: 70, right: 500, top: 50, bottom: 360 };
/** Space between two names at the ends of lines. */
const lineHeight = 18;

/** Readable on light and on dark pages; each line has its own colour and name. */
const style = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2.5 }
${lineStyles(["#0969da", "#bc4c00", "#6e7781", "#8250df"])}
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .grid { stroke: #3d444d }
  ${lineStyles(["#58a6ff", "#f0883e", "#9198a1", "#be8fff"])}
}`;

function lineStyles(colours: readonly string[]): string {
  return colours
    .map((colour, index) => `.line-${index} { stroke: ${colour} } .mark-${index} { fill: ${colour} }`)
    .join("\n  ");
}

export function drawPlot({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const across = logScale(
    points.map((point) => point.x),
    [area.left, area.right],
  );
  const yTicks = ticksOf(points.map((point) => point.y));
  const up = logScale(yTicks, [area.bottom, area.top]);
  const xTicks = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const parts = [
    text(area.left, 26, title, "start", "title"),
    text((area.left + area.right) / 2, height - 14, x, "middle"),
    `<text transform="translate(18 ${(area.top + area.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(y)}</text>`,
    ...xTicks.flatMap((tick) => [
      rule(across(tick), area.top, across(tick), area.bottom),
      text(across(tick), area.bottom + 20, formatTick(tick), "middle"),
    ]),
    ...yTicks.flatMap((tick) => [
      rule(area.left, up(tick), area.right, up(tick)),
      text(area.left - 8, up(tick) + 4, formatTick(tick), "end"),
    ]),
    ...lines.map((line, index) => drawLine(line, index, across, up)),
    ...placeNames(lines, up).map(({ name, top }, index) =>
      [
        `<circle class="mark-${lines.findIndex((line) => line.name === name) % 4}" cx="${area.right + 18}" cy="${top - 4}" r="4"/>`,
        text(area.right + 28, top, name, "start", `name-${index}`),
      ].join("\n"),
    ),
  ];
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeText(title)}">`;
  return [open, `<style>${style}\n</style>`, ...parts, "</svg>", ""].join("\n");
}

function drawLine({ points }: Line, index: number, across: Scale, up: Scale): string {
  const places = points.map((point) => [round(across(point.x)), round(up(point.y))] as const);
  const path = places.map(([left, top], place) => `${place === 0 ? "M" : "L"}${left} ${top}`).join("");
  const marks = places.map(([left, top]) => `<circle class="mark-${index % 4}" cx="${left}" cy="${top}" r="3.5"/>`);
  return [`<path class="line line-${index % 4}" d="${path}"/>`, ...marks].join("\n");
}

/** Names beside the ends of their lines, moved apart where they would cover each other. */
function placeNames(lines: readonly Line[], up: Scale): readonly { readonly name: string; readonly top: number }[] {
  const wanted = lines
    .filter(({ points }) => points.length > 0)
    .map(({ name, points }) => ({ name, top: up(points.at(-1)!.y) + 4 }))
    .sort((a, b) => a.top - b.top);
  let free = 0;
  return wanted.map(({ name, top }) => {
    const own = round(Math.max(top, free));
    free = own + lineHeight;
    return { name, top: own };
  });
}

type Scale = (value: number) => number;

function logScale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const low = Math.log10(Math.min(...values));
  const span = Math.log10(Math.max(...values)) - low || 1;
  return (value) => from + ((Math.log10(value) - low) / span) * (to - from);
}

/** Powers of ten around all values. */
function ticksOf(values: readonly number[]): readonly number[] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
}

function formatTick(value: number): string {
  return value.toLocaleString("en");
}

function rule(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end", name?: string): string {
  const classes = name === undefined ? "" : ` class="${name}"`;
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${classes}>${escapeText(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
