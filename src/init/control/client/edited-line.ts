/** A line while it is typed. Pure. */
export interface EditedLine {
  readonly text: string;
  /** Between 0 and the length of the text. */
  readonly cursor: number;
  /** What was cut last. */
  readonly cut: string;
}

export const emptyLine: EditedLine = { text: "", cursor: 0, cut: "" };

export function insertText({ text, cursor, cut }: EditedLine, added: string): EditedLine {
  return { text: text.slice(0, cursor) + added + text.slice(cursor), cursor: cursor + added.length, cut };
}

/** Takes the text between two places away, to be pasted again where `keep` is set. */
function remove({ text, cut }: EditedLine, from: number, to: number, keep = true): EditedLine {
  return {
    text: text.slice(0, from) + text.slice(to),
    cursor: from,
    cut: keep && to > from ? text.slice(from, to) : cut,
  };
}

function wordStart({ text, cursor }: EditedLine): number {
  return text.slice(0, cursor).replace(/\S+\s*$|\s+$/, "").length;
}

function wordEnd({ text, cursor }: EditedLine): number {
  return cursor + (/^\s*\S*/.exec(text.slice(cursor))?.[0].length ?? 0);
}

function before({ text, cursor }: EditedLine): number {
  return Math.max(0, cursor - (/[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(0, cursor)) ? 2 : 1));
}

function after({ text, cursor }: EditedLine): number {
  return Math.min(text.length, cursor + (/^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(cursor)) ? 2 : 1));
}

const control = (letter: string) => String.fromCharCode(letter.charCodeAt(0) - 64);

const edits: Readonly<Record<string, (line: EditedLine) => EditedLine>> = {
  left: (line) => ({ ...line, cursor: before(line) }),
  right: (line) => ({ ...line, cursor: after(line) }),
  home: (line) => ({ ...line, cursor: 0 }),
  end: (line) => ({ ...line, cursor: line.text.length }),
  "word-left": (line) => ({ ...line, cursor: wordStart(line) }),
  "word-right": (line) => ({ ...line, cursor: wordEnd(line) }),
  delete: (line) => remove(line, line.cursor, after(line), false),
  "delete-word-left": (line) => remove(line, wordStart(line), line.cursor),
  "delete-word-right": (line) => remove(line, line.cursor, wordEnd(line)),
  "\x7f": (line) => remove(line, before(line), line.cursor, false),
  [control("K")]: (line) => remove(line, line.cursor, line.text.length),
  [control("U")]: (line) => remove(line, 0, line.cursor),
  [control("Y")]: (line) => insertText(line, line.cut),
};

/** Other keys for the same, as in readline. */
const sameAs: Readonly<Record<string, string>> = {
  [control("B")]: "left",
  [control("F")]: "right",
  [control("A")]: "home",
  [control("E")]: "end",
  [control("D")]: "delete",
  [control("W")]: "delete-word-left",
  [control("H")]: "\x7f",
};

/** What a key does to the line; undefined: it is not one that edits. */
export function editLine(line: EditedLine, key: string): EditedLine | undefined {
  const edit = edits[sameAs[key] ?? key];
  if (edit) return edit(line);
  return [...key].length === 1 && key >= " " ? insertText(line, key) : undefined;
}

/** The longest beginning that all have. */
export function commonStart(words: readonly string[]): string {
  let start = words[0] ?? "";
  for (const word of words) while (!word.startsWith(start)) start = start.slice(0, -1);
  return start;
}
