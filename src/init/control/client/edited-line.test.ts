import { expect, test } from "vitest";
import { commonStart, type EditedLine, editLine, emptyLine } from "./edited-line.ts";

const ctrl = (letter: string) => String.fromCharCode(letter.charCodeAt(0) - 64);

/** The line with `|` where the cursor is. */
function type(...keys: readonly string[]): string {
  const { text, cursor } = keys.reduce<EditedLine>((line, key) => editLine(line, key) ?? line, emptyLine);
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

test("keys edit the line as readline does", () => {
  expect(type(..."list")).toBe("list|");
  expect(type(..."list", "left", "left", "X")).toBe("liX|st");
  expect(type(..."abc", "home", "delete")).toBe("|bc");
  expect(type(..."abc", "\x7f", ctrl("A"), "z")).toBe("z|ab");
  expect(type(..."incr web 3", ctrl("W"), ctrl("W"))).toBe("incr |");
  expect(type(..."stop web", "word-left", ctrl("K"), ctrl("A"), ctrl("Y"))).toBe("web|stop ");
  expect(type(..."stop web", ctrl("U"), ..."x", ctrl("Y"))).toBe("xstop web|");
  expect(type("a", "😀", "left", "b", "right", "\x7f")).toBe("ab|");
  expect(type("unknown", "escape", ctrl("G"), "a")).toBe("a|");
});

test("words have a common start", () => {
  expect(commonStart(["reload", "reloadconfig", "restart"])).toBe("re");
  expect(commonStart(["web"])).toBe("web");
  expect(commonStart([])).toBe("");
});
