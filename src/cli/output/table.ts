import { stripVTControlCharacters } from "node:util";

/** Docker's distance between columns. */
const GAP = "   ";

const RESET = "\u001b[0m";

/** Columns a text takes on a terminal; wide East Asian letters and emoji take two, colours none. */
function widthOf(text: string): number {
  let width = 0;
  for (const letter of stripVTControlCharacters(text)) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(letter)) continue;
    width +=
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
        letter,
      )
        ? 2
        : 1;
  }
  return width;
}

/** Rows of cells as lines of aligned columns, nothing after the last one's text. */
export function layTable(rows: readonly (readonly string[])[], align: readonly ("left" | "right")[] = []): string[] {
  const flat = rows.map((row) => row.map((cell) => cell.replace(/\r?\n/g, " ")));
  const count = Math.max(0, ...flat.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, index) => Math.max(...flat.map((row) => widthOf(row[index] ?? ""))));
  return flat.map((row) =>
    row
      .map((cell, index) => {
        const space = " ".repeat(widths[index]! - widthOf(cell));
        return align[index] === "right" ? space + cell : cell + space;
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** The text, or its beginning and `…` where it is wider than `width`; colours that it opens are closed. */
export function cutToWidth(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let taken = "";
  let left = width - 1;
  let coloured = false;
  for (const [piece] of text.matchAll(/\u001b\[[\d;]*m|[\s\S]/gu)) {
    coloured = piece.length > 1 && piece.startsWith("\u001b") ? piece !== RESET : coloured;
    left -= widthOf(piece);
    if (left < 0) break;
    taken += piece;
  }
  return `${taken}…${coloured ? RESET : ""}`;
}
