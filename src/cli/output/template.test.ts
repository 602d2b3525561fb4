import { expect, test } from "vitest";
import { compileTemplate } from "./template.ts";

const data = {
  values: {
    Name: "web",
    Size: 72_800_000,
    Tags: ["a", "b"],
    Labels: { team: "x y", "a.b": "c" },
    Parent: undefined,
    Up: true,
  },
  texts: { Size: "72.8MB" },
};
const render = (text: string) => compileTemplate(text).render(data);

test.each([
  ["{{.Name}}", "web"],
  ["{{ .Name }}: {{.Size}}", "web: 72.8MB"],
  ["{{json .Size}}", "72800000"],
  ["{{json .Tags}} {{.Tags}}", '["a","b"] [a b]'],
  ["{{json .Parent}}|{{.Parent}}|", "null||"],
  ["{{.Labels}} {{.Labels.team}} {{.Labels.none}}", "map[a.b:c team:x y] x y "],
  ['{{index .Labels "a.b"}} {{index .Tags 1}}', "c b"],
  ["{{.Name | upper}} {{upper .Name}} {{.Name | upper | lower}} {{title .Name}}", "WEB WEB web Web"],
  ['{{join .Tags ", "}}', "a, b"],
  ['{{join (split "x:y" ":") "+"}}', "x+y"],
  ["{{truncate .Name 2}}|{{pad .Name 1 2}}|", "we| web  |"],
  ["{{len .Tags}} {{len .Name}}", "2 3"],
  ['{{if .Parent}}yes{{else}}no{{end}} {{if eq .Name "web"}}it{{end}}', "no it"],
  ["{{if .Parent}}a{{else if .Up}}b{{else}}c{{end}}", "b"],
  ["{{if and .Up (not .Parent)}}up{{end}} {{or .Parent .Name}}", "up web"],
  ["{{range .Tags}}<{{.}}>{{end}}", "<a><b>"],
  ["{{range .Labels}}{{println .}}{{end}}", "x y\nc\n"],
  ["a  {{- .Name -}}  b", "awebb"],
  ['{{/* nothing */}}{{`}}`}}{{"}}"}}', "}}}}"],
  ["{{.Name}}\\t{{.Up}}\\n", "web\ttrue\n"],
  ["plain", "plain"],
])("%s", (text, expected) => expect(render(text)).toBe(expected));

test.each([
  ["{{.Nmae}}", "there is no field .Nmae"],
  ["{{.Name.X}}", 'there is no field .X in "web"'],
  ["{{shout .Name}}", "there is no function shout"],
  ["{{upper}}", "upper takes 1 argument, not 0"],
  ["{{.Name .Size}}", ".Name is no function and takes no arguments"],
  ["{{.Name", '{{ without }} in "{{.Name"'],
  ["{{if .Name}}x", "{{if}} or {{range}} without {{end}}"],
  ["x{{end}}", "{{end}} without an {{if}} or {{range}} before it"],
  ["{{}}", "a command is missing in {{}}"],
  ["{{.Name | }}", "a command is missing in {{.Name |}}"],
  ["{{(.Name}}", "( without ) in {{(.Name}}"],
  ["{{.Name)}}", ") without ( in {{.Name)}}"],
  ["{{.Name $x}}", 'cannot read "$x" in {{.Name $x}}'],
  ["{{range .Name}}{{end}}", 'range needs a list, not "web"'],
  ["{{index .Tags 7}}", "index 7 is outside of a list of 2"],
])("%s is refused", (text, message) => expect(() => render(text)).toThrow(`--format: ${message}`));

test("headings stand where the fields are", () => {
  const headings = { Name: "NAME", Labels: "LABELS" };
  expect(
    compileTemplate('{{upper .Name}}\\t{{.Labels.team}} {{(index .Labels "x") | json}}').renderHeadings(headings),
  ).toBe("NAME\tLABELS LABELS");
});
