import { expect, test } from "vitest";
import { ExpandError, expand, expandWord, expandWords } from "./expand.ts";

const variables: Readonly<Record<string, string>> = {
  HOME: "/root",
  EMPTY: "",
  FILE: "src/app.tar.gz",
  STAR: "a*b*c",
  SPACED: " one  two ",
  PRICE: "$5",
  NAME_2: "zwei",
  größe: "XL",
};
const lookup = (name: string) => variables[name];

test.each([
  // Plain references
  ["plain", "plain"],
  ["$HOME/x", "/root/x"],
  ["${HOME}x", "/rootx"],
  ["$UNSET.", "."],
  ["$NAME_2", "zwei"],
  ["$größe", "XL"],
  ["$", "$"],
  ["a$.b", "a$.b"],
  ["$1st", "st"],
  ["$@ $* $# $? $- $$ $! $0", "       "],
  // Defaults and alternatives
  ["${UNSET-x}${EMPTY-x}${HOME-x}", "x/root"],
  ["${UNSET:-x}${EMPTY:-x}${HOME:-x}", "xx/root"],
  ["${UNSET+x}${EMPTY+x}${HOME+x}", "xx"],
  ["${UNSET:+x}${EMPTY:+x}${HOME:+x}", "x"],
  ["${UNSET:-${EMPTY:-$HOME}}", "/root"],
  ["${UNSET:-a b}", "a b"],
  ["${UNSET:-'a $HOME'}", "a $HOME"],
  ["${UNSET:-}", ""],
  ["${HOME?no}${EMPTY?no}${HOME:?no}", "/root/root"],
  // Patterns
  ["${FILE#*/}", "app.tar.gz"],
  ["${FILE#*a}", "pp.tar.gz"],
  ["${FILE##*a}", "r.gz"],
  ["${FILE%.*}", "src/app.tar"],
  ["${FILE%%.*}", "src/app"],
  ["${FILE%no}", "src/app.tar.gz"],
  ["${FILE#?rc}", "/app.tar.gz"],
  ["${STAR#a\\*}", "b*c"],
  ["${FILE#}", "src/app.tar.gz"],
  ["${UNSET#x}", ""],
  // Replacement
  ["${FILE/a/A}", "src/App.tar.gz"],
  ["${FILE//a/A}", "src/App.tAr.gz"],
  ["${FILE//a/}", "src/pp.tr.gz"],
  ["${FILE/\\//-}", "src-app.tar.gz"],
  ["${STAR//\\*/.}", "a.b.c"],
  ["${FILE//*/x}", "x"],
  ["${UNSET/a/b}", ""],
  ["${HOME/root/$PRICE}", "/$5"],
  // Quotes and escapes
  ['"$HOME"', "/root"],
  ["'$HOME'", "$HOME"],
  ["\\$HOME", "$HOME"],
  ["a\\tb", "atb"],
  ['"a\\tb"', "a\\tb"],
  ['"a\\"b\\$c\\\\d"', 'a"b$c\\d'],
  ["'a\\'", "a\\"],
  ["\"'$HOME'\"", "'/root'"],
  ["end\\", "end"],
  ["a < b << c", "a < b << c"],
])("expands %s", (word, expected) => {
  expect(expandWord(word, { lookup })).toBe(expected);
});

test.each([
  ["${", "missing '}'"],
  ["${HOME", "missing '}'"],
  ["${HOME:", "missing '}'"],
  ["${HOME:-x", "missing '}'"],
  ["${}", "bad substitution"],
  ["${:-x}", "bad substitution"],
  ["${{HOME}", "bad substitution"],
  ["${.}", "unsupported modifier (.)"],
  ["${HOME=x}", "unsupported modifier (=)"],
  ["${HOME:=x}", "unsupported modifier (:=)"],
  ["${HOME:#x}", "unsupported modifier (:#)"],
  ["${FILE/a}", "missing '/'"],
  ["${FILE/a/b", "missing '}'"],
  ["${FILE#\\x}", "invalid escape '\\x'"],
  ["${UNSET?}", "UNSET: is not allowed to be unset"],
  ["${EMPTY:?}", "EMPTY: is not allowed to be empty"],
  ["${UNSET?give me $HOME}", "UNSET: give me /root"],
  ["'open", "matching single-quote"],
  ['"open', "matching double-quote"],
  ["${UNSET:-\\}", "missing '}'"],
])("refuses %s", (word, reason) => {
  expect(() => expandWord(word, { lookup })).toThrow(ExpandError);
  expect(() => expandWord(word, { lookup })).toThrow(reason);
});

test.each([
  ["a  b\tc", ["a", "b", "c"]],
  ["a\\ b c", ["a b", "c"]],
  ["'a b' \"c d\"", ["a b", "c d"]],
  ["x${SPACED}y", ["x", "one", "two", "y"]],
  ['x"${SPACED}"y', ["x one  two y"]],
  ["$EMPTY", []],
  ["'' a", ["a"]],
  ["x${UNSET:-a b}y", ["xa", "by"]],
])("splits %s into words", (word, expected) => {
  expect(expandWords(word, { lookup })).toEqual(expected);
});

test("the escape character of the file is the one that escapes", () => {
  expect(expandWord("C:\\dir`$HOME", { lookup, escape: "`" })).toBe("C:\\dir$HOME");
  expect(expandWord('"`$HOME \\$HOME"', { lookup, escape: "`" })).toBe("$HOME \\/root");
});

test("quotes, escapes and unset variables stay when they are asked to", () => {
  expect(expandWord("'a' \"$HOME\" \\$x", { lookup, rawQuotes: true, rawEscapes: true })).toBe("'a' \"/root\" \\$x");
  expect(expandWord("it's $HOME", { lookup, ignoreQuotes: true })).toBe("it's /root");
  expect(expandWord("$NO ${NO} ${NO:-x} ${NO/a/b}", { lookup, keepUnset: true })).toBe("$NO ${NO} ${NO:-x} ${NO/a/b}");
});

test("tells which variables it met", () => {
  const { matched, unmatched } = expand("$HOME ${UNSET:-$EMPTY} '$QUOTED'", { lookup });
  expect([...matched]).toEqual(["HOME", "EMPTY"]);
  expect([...unmatched]).toEqual(["UNSET"]);
});
