import fc from "fast-check";
import { expect, test } from "vitest";
import { readLaunchFile } from "./launch-file.ts";
import { readYaml } from "./located.ts";
import { MistakesError } from "./mistakes.ts";

test("paths lie in the standard layout", () => {
  const launch = readLaunchFile(
    [
      "name: shop",
      "configuration: { files: ['configuration.d/*.yaml', /etc/shop.yaml] }",
      "fill: [{ from: image, to: media }]",
      "templates: [{ source: a.j2, target: ../out/a, mode: 0640, owner: 33 }]",
      "ssh: { users: [root] }",
      "prepare: [{ command: ./migrate, directory: /srv }, { command: [a, 1] }]",
      "supervisor: circus.ini",
    ].join("\n"),
    "launch.yaml",
  );
  const home = "/srv/projects/shop";
  expect(launch).toMatchObject({
    project: `${home}/project`,
    data: `${home}/data`,
    configuration: { files: [`${home}/data/configuration.d/*.yaml`, "/etc/shop.yaml"] },
    fill: [{ from: `${home}/project/image`, to: `${home}/data/media` }],
    templates: [
      { source: `${home}/project/a.j2`, target: `${home}/out/a`, mode: 0o640, owner: "33", group: undefined },
    ],
    ssh: { keys: `${home}/data/ssh`, users: ["root"] },
    prepare: [{ directory: "/srv" }, { directory: `${home}/project`, command: ["a", "1"] }],
    supervisor: `${home}/project/circus.ini`,
    deployment: `${home}/project/deployment`,
    ssh_config: true,
    re_configure: true,
  });
});

test.each([
  ["name: shop\nname: two", "f:2: Map keys must be unique"],
  ["name: [", "f:1: "],
  ["", "f:1: the file must be a map"],
  ["name: a/b", 'f:1: name may have letters, digits, ".", "_" and "-" only'],
  [
    "name: a\nconfiguration: { defaults: { env: 1 } }",
    "f:2: configuration.defaults.env: templates know something else",
  ],
  ["name: a\ndevelopment: yes", "f:2: development must be true or false"],
  ["name: a\n? [x]\n: 1", "f:2: a key must be a word"],
  ["name: a\nssh: {}", "f:2: ssh.users is missing"],
])("a mistake: %j", (yaml, message) => {
  expect(() => readLaunchFile(yaml, "f")).toThrow(message);
});

test("aliases that say too much are refused", () => {
  const lines = Array.from({ length: 9 }, (_, level) => {
    const item = level === 0 ? "x" : `*k${level - 1}`;
    return `k${level}: &k${level} [${Array.from({ length: 9 }, () => item).join(",")}]`;
  });
  expect(readYaml(lines.join("\n"), "f").mistakes.map(({ message }) => message)).toEqual(["more than 100000 values"]);
});

const word = fc.constantFrom(
  "name",
  "shop",
  ":",
  " ",
  "\n",
  "  ",
  "- ",
  "{",
  "}",
  "[",
  "]",
  "&a",
  "*a",
  "'",
  '"',
  "|",
  "#",
  "1",
  "null",
  "fill",
  "from",
  "templates",
  "mode",
  "configuration",
  "defaults",
  "\t",
  "!!x",
  "? ",
  "<<",
  "~",
  "%",
);

test("whatever is written: a launch file or mistakes with their places", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }).map((words) => words.join("")),
      (yaml) => {
        try {
          expect(readLaunchFile(yaml, "f").name).toMatch(/^[A-Za-z0-9]/);
        } catch (error) {
          expect(error).toBeInstanceOf(MistakesError);
          for (const { line } of (error as MistakesError).mistakes) expect(line).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 1500 },
  );
});
