import { expect, test } from "vitest";
import { insertInstruction, removeInstruction, replaceInstruction } from "./edit.ts";

const text = [
  "# syntax=docker/dockerfile:1",
  "# The base",
  "FROM a  AS  base",
  "",
  "# Tools,",
  "# many",
  "  RUN one \\",
  "   # inner",
  "   && two",
  "COPY <<E /x",
  "body",
  "E",
  "CMD x",
].join("\n");

test("replace changes the instruction alone, continuations and heredocs included", () => {
  expect(replaceInstruction(text, 2, "RUN three\n")).toBe(text.replace(/RUN one.*two/s, "RUN three"));
  expect(replaceInstruction(text, 3, "COPY a b")).toBe(text.replace(/COPY.*\nE\n/s, "COPY a b\n"));
  expect(replaceInstruction(text, 4, "CMD y")).toBe(text.replace("CMD x", "CMD y"));
});

test("insert goes right below the instruction above, so that comments stay with the next one; at the top after directives", () => {
  expect(insertInstruction(text, 2, "ENV a=b")).toBe(text.replace("AS  base\n", "AS  base\nENV a=b\n"));
  expect(insertInstruction(text, 1, "ARG v")).toBe(text.replace("# The base", "ARG v\n# The base"));
  expect(insertInstruction(text, 4, "RUN <<F\nx\nF")).toBe(text.replace("CMD x", "RUN <<F\nx\nF\nCMD x"));
});

test("insert after the last keeps a missing final line break, and what follows", () => {
  expect(insertInstruction(text, 5, "USER u")).toBe(`${text}\nUSER u`);
  expect(insertInstruction("FROM a\n# end\n", 2, "RUN x")).toBe("FROM a\nRUN x\n# end\n");
  expect(insertInstruction("", 1, "FROM a")).toBe("FROM a\n");
  expect(insertInstruction("# only", 1, "FROM a")).toBe("# only\nFROM a");
});

test("remove takes the instruction's lines and leaves comments", () => {
  expect(removeInstruction(text, 2)).toBe(text.replace(/ {2}RUN one.*two\n/s, ""));
  expect(removeInstruction(text, 4)).toBe(text.replace("\nCMD x", ""));
  expect(removeInstruction("FROM a\n\nRUN x\n", 2)).toBe("FROM a\n\n");
});

test("remove does not make a directive of a comment", () => {
  expect(removeInstruction("FROM a\n# escape=`\nRUN x\\\n y", 1)).toBe("\n# escape=`\nRUN x\\\n y");
});

test("line endings are those of the file", () => {
  const crlf = "\ufeffFROM a\r\nRUN x\r\n";
  expect(insertInstruction(crlf, 2, "RUN <<E\ny\nE")).toBe("\ufeffFROM a\r\nRUN <<E\r\ny\r\nE\r\nRUN x\r\n");
  expect(insertInstruction(crlf, 1, "ARG v")).toBe("\ufeffARG v\r\nFROM a\r\nRUN x\r\n");
  expect(replaceInstruction(crlf, 2, "RUN y \\\n z\n")).toBe("\ufeffFROM a\r\nRUN y \\\r\n z\r\n");
  expect(removeInstruction(crlf, 1)).toBe("\ufeffRUN x\r\n");
});

test.each([
  ["an open continuation", () => insertInstruction(text, 4, "RUN x \\")],
  ["an open heredoc", () => replaceInstruction(text, 2, "RUN <<G\nx")],
  ["a directive", () => insertInstruction("FROM a\nRUN b", 1, "# escape=`\nARG x")],
  ["an open end before", () => insertInstruction("FROM a\nRUN b \\\n", 3, "CMD x")],
])("%s is refused: other instructions would change", (_, edit) => {
  expect(edit).toThrow("would run into another instruction");
});

test.each([[0], [5], [1.5]])("there is no instruction %d to replace", (number) => {
  expect(() => replaceInstruction(text, number, "RUN x")).toThrow(`there is no instruction ${number}`);
});
