import { expect, test } from "vitest";
import { chompTabs, findHeredocs, readHeredocWord } from "./heredoc.ts";

test.each([
  ["<<EOF", { name: "EOF", expand: true, chomp: false, fileDescriptor: 0 }],
  ["3<<EOF", { name: "EOF", expand: true, chomp: false, fileDescriptor: 3 }],
  ["<<-EOF", { name: "EOF", expand: true, chomp: true, fileDescriptor: 0 }],
  ["<< EOF", { name: "EOF", expand: true, chomp: false, fileDescriptor: 0 }],
  ["<<'EOF'", { name: "EOF", expand: false, chomp: false, fileDescriptor: 0 }],
  ['<<E"O"F', { name: "EOF", expand: false, chomp: false, fileDescriptor: 0 }],
  ["<<it\\'s", { name: "it's", expand: true, chomp: false, fileDescriptor: 0 }],
  ["<<'two words'", { name: "two words", expand: false, chomp: false, fileDescriptor: 0 }],
  ["<<$NAME", { name: "$NAME", expand: true, chomp: false, fileDescriptor: 0 }],
  ["<<", undefined],
  ["<<-", undefined],
  ["<<<EOF", undefined],
  ["<EOF", undefined],
  ["<<two words", undefined],
])("reads %s", (word, expected) => {
  expect(readHeredocWord(word)).toEqual(expected);
});

test.each([["<<'EOF"], ['<<"EOF'], ["<<EOF'"]])("refuses %s", (word) => {
  expect(() => readHeredocWord(word)).toThrow("matching");
});

test.each([
  ["COPY <<a <<'b' /x", ["a", "b"]],
  ["RUN cat <<  EOF > x", ["EOF"]],
  ["RUN << -EOF", ["-EOF"]],
  ["RUN '<<EOF' \"<<EOF\"", []],
  ["RUN echo it's <<EOF", []],
])("finds the heredocs of %s", (line, names) => {
  expect(findHeredocs(line).map(({ name }) => name)).toEqual(names);
});

test("chomping takes leading tabs, and nothing else", () => {
  expect(chompTabs("\t\ta\tb\n  \tc\r\n\td")).toBe("a\tb\n  \tc\r\nd");
});
