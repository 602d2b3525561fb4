import { expect, test } from "vitest";
import { parseDockerfile } from "./parse.ts";

function instructions(text: string) {
  return parseDockerfile(text).instructions;
}

test("continuations are joined; comments and empty lines between them are dropped", () => {
  const text = "FROM a\nRUN one \\\n  # comment\n\n  && two \\ \t\n\t&& three\nCMD x";
  const [, run, cmd] = instructions(text);
  expect(run).toMatchObject({
    command: { form: "shell", line: "one   && two \t&& three" },
    summary: "RUN one && two && three",
    range: { start: { line: 2, column: 1, offset: 7 }, end: { line: 6, column: 10 } },
  });
  expect(run!.text).toBe(text.slice(7, text.indexOf("\nCMD")));
  expect(cmd!.number).toBe(3);
  expect(parseDockerfile(text).problems).toMatchObject([
    { severity: "warning", rule: "NoEmptyContinuation", range: { start: { line: 4 } } },
  ]);
});

test("an escaped escape character does not continue a line", () => {
  expect(instructions("FROM a\nRUN x \\\\\nCMD y").map(({ keyword }) => keyword)).toEqual(["FROM", "RUN", "CMD"]);
});

test("a continuation at the end of the file ends there", () => {
  const [, run] = instructions("FROM a\nRUN x \\\n");
  expect(run).toMatchObject({ text: "RUN x \\", command: { line: "x" } });
});

test("CRLF, a byte order mark and indentation stay outside of the instructions", () => {
  const [from, run] = instructions("\ufeffFROM a\r\n  RUN b \\\r\n c\r\n");
  expect(from).toMatchObject({ text: "FROM a", range: { start: { line: 1, column: 2, offset: 1 } } });
  expect(run).toMatchObject({ text: "RUN b \\\r\n c", command: { line: "b  c" }, range: { start: { column: 3 } } });
});

test("heredocs: several, chomped, quoted, with descriptors and continuations before them", () => {
  const text = [
    "FROM a",
    "RUN 3<<one \\",
    " <<-'two' cat",
    "first $A",
    "# no comment",
    "one",
    "\tsecond",
    "\ttwo",
    "CMD x",
  ].join("\n");
  const [, run, cmd] = instructions(text);
  expect(run).toMatchObject({
    command: {
      line: "3<<one  <<-'two' cat",
      heredocs: [
        { name: "one", expand: true, chomp: false, fileDescriptor: 3, content: "first $A\n# no comment\n" },
        { name: "two", expand: false, chomp: true, fileDescriptor: 0, content: "second\n", raw: "\tsecond\n" },
      ],
    },
    range: { start: { line: 2 }, end: { line: 8, column: 5 } },
  });
  expect(cmd!.text).toBe("CMD x");
});

test("an empty heredoc, at the end of the file, without a final line break", () => {
  expect(instructions("FROM a\nCOPY <<E /x\nE")[1]).toMatchObject({ heredocs: [{ name: "E", content: "" }] });
});

test("only RUN, COPY and ADD take heredocs, behind ONBUILD too, and not in JSON form", () => {
  const text = 'FROM a\nUSER <<E\nRUN ["<<E"]\nONBUILD RUN <<E\nx\nE\nCMD <<E';
  expect(instructions(text).map(({ keyword }) => keyword)).toEqual(["FROM", "USER", "RUN", "ONBUILD", "CMD"]);
  expect(instructions(text)[3]).toMatchObject({ trigger: "RUN <<E\nx\nE" });
});

test("an unterminated heredoc is a mistake of the line that announces it", () => {
  expect(parseDockerfile("FROM a\nRUN <<EOF\nx\n").problems).toMatchObject([
    { rule: "heredoc-unterminated", range: { start: { line: 2, column: 1 }, end: { line: 2, column: 10 } } },
  ]);
});

test("lines that BuildKit's buffer can't hold are mistakes", () => {
  const line = `ENV A=${"é".repeat(32_760)}`;
  expect(parseDockerfile(`FROM a\n${line}`).problems).toEqual([]);
  expect(parseDockerfile(`FROM a\n${line}éééééé`).problems).toMatchObject([
    { message: "dockerfile line greater than max allowed size of 65535" },
  ]);
});

test("comments right above an instruction belong to it; an empty one starts over", () => {
  const text = "# syntax=x\n# one\n#\n# two\n#  three\nFROM a\nRUN b";
  expect(instructions(text).map(({ comments }) => comments)).toEqual([["two", "three"], []]);
});

test("flags and problems know their place across continuations", () => {
  const { instructions, problems } = parseDockerfile("FROM a\nCOPY --from=x \\\n  --bad=1 \\\n  b c");
  expect(instructions[1]!.flags).toMatchObject([
    { name: "from", value: "x", range: { start: { line: 2, column: 6 }, end: { line: 2, column: 14 } } },
    { name: "bad", value: "1", range: { start: { line: 3, column: 3 }, end: { line: 3, column: 10 } } },
  ]);
  expect(problems).toMatchObject([{ rule: "flag-unknown", range: { start: { line: 3, column: 3 } } }]);
});
