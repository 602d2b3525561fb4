import { expect, test } from "vitest";
import { isIncomplete, parseCommandLine, splitNumber } from "./command-line.ts";
import { promptCommands } from "./commands.ts";

const parse = (line: string) => {
  const parsed = parseCommandLine(line, promptCommands);
  return parsed && [parsed.command.name, parsed.argument];
};

test.each([
  ["next", ["next", ""]],
  ["  n  3 ", ["next", "3"]],
  ["!ls -l  'a b'", ["run", "ls -l  'a b'"]],
  ["! ls", ["run", "ls"]],
  ["run echo hi # there", ["run", "echo hi # there"]],
  ["insert 3 RUN cat <<E\nhi\nE", ["insert", "3 RUN cat <<E\nhi\nE"]],
  ["?", ["help", ""]],
  ["", undefined],
  ["   # a remark", undefined],
])("%j", (line, expected) => expect(parse(line)).toEqual(expected));

test.each([
  ["nxt", "did you mean next?"],
  ["adpot", "did you mean adopt?"],
  ["frobnicate", "`help` lists the commands"],
])("%s is no command", (line, hint) => {
  expect(() => parse(line)).toThrow(
    expect.objectContaining({ message: `there is no command "${line}"`, hint, exitCode: 2 }),
  );
});

test("what takes no arguments refuses them", () => {
  expect(() => parse("status now")).toThrow("status takes no arguments");
});

test("every name and alias stands for one command", () => {
  const words = promptCommands.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
});

test.each([
  ["insert RUN a", false],
  ["insert RUN a \\", true],
  ["insert RUN a \\\n  && b", false],
  ["insert RUN a \\\n# why\n", true],
  ["insert 2 RUN a \\\n# why\n && b", false],
  ["insert RUN <<EOF", true],
  ["insert RUN <<EOF\necho \\", true],
  ["insert RUN <<EOF\necho \\\nEOF", false],
  ["insert COPY <<a <<'b' /x/", true],
  ["insert COPY <<a <<'b' /x/\n1\na\n2", true],
  ["insert COPY <<a <<'b' /x/\n1\na\n2\nb", false],
  ["replace 4 RUN <<-EOF cat\n\tx\n\tEOF", false],
  ["insert ENV a=<<EOF", false],
  ["run a \\", true],
  ["!cat > /f <<EOF", true],
  ["!cat > /f <<EOF\nx\nEOF", false],
  ["!echo $((1<<2))", false],
  ["next \\", false],
  ["nonsense \\", false],
])("%j goes on: %j", (line, expected) => expect(isIncomplete(line, promptCommands, "FROM a")).toBe(expected));

test("the Dockerfile's own continuation counts for instructions", () => {
  expect(isIncomplete("insert RUN dir `", promptCommands, "# escape=`\nFROM a")).toBe(true);
  expect(isIncomplete("insert WORKDIR C:\\", promptCommands, "# escape=`\nFROM a")).toBe(false);
});

test.each([
  ["3 RUN x", { number: 3, text: "RUN x" }],
  ["3", { number: 3, text: "" }],
  ["RUN 3", { number: undefined, text: "RUN 3" }],
  ["3x RUN", { number: undefined, text: "3x RUN" }],
  ["2 RUN a\nb", { number: 2, text: "RUN a\nb" }],
])("%j", (text, expected) => expect(splitNumber(text)).toEqual(expected));
