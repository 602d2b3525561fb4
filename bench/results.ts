import type { Contest, Figures } from "./contest.ts";

/** One contest as lines of text: medians, and how many times the first contender's each is. */
export function formatContest(contest: Contest, figures: readonly Figures[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const rows = figures.map(({ name, median, minimum, maximum, ratio }, index) => {
    const spread = contest.rounds > 1 ? ` (${formatFigure(minimum)}–${formatFigure(maximum)})` : "";
    const times = index === 0 || !Number.isFinite(ratio) ? "" : `  ${ratio.toFixed(ratio < 10 ? 1 : 0)}×`;
    return `  ${name.padEnd(width)}  ${formatFigure(median).padStart(7)} ${contest.unit}${spread}${times}`;
  });
  return [`${contest.title} [${contest.name}, ${contest.rounds} rounds]`, ...rows, ""].join("\n");
}

function formatFigure(figure: number): string {
  return figure < 10 ? figure.toFixed(1) : figure.toFixed(0);
}
