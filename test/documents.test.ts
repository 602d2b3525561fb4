import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const documents = ["README.md", "CONTRIBUTING.md", "examples/guestbook/README.md", "examples/library/README.md"].concat(
  readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
);

/** `## A session` is reached by `#a-session`. */
function anchorsOf(path: string): string[] {
  return [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function brokenLinks(document: string): string[] {
  const links = [...readFileSync(join(root, document), "utf8").matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]!);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split("#");
    const file = path === "" ? join(root, document) : join(root, dirname(document), path!);
    return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  });
}

test.each(documents)("the links of %s lead somewhere", (document) => {
  expect(brokenLinks(document)).toEqual([]);
});

test("every page is in the index", () => {
  const index = readFileSync(join(root, "docs/index.md"), "utf8");
  const pages = readdirSync(join(root, "docs")).filter((name) => name !== "index.md");
  expect(pages.filter((name) => !index.includes(`(${name})`))).toEqual([]);
});
