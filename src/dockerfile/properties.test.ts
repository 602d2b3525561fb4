import fc from "fast-check";
import { expect, test } from "vitest";
import { checkDockerfile } from "./check.ts";
import { insertInstruction, removeInstruction, replaceInstruction } from "./edit.ts";
import { expandWord } from "./expand.ts";
import { createIgnoreMatcher } from "./ignore.ts";
import { keywords } from "./instructions.ts";
import { parseDockerfile } from "./parse.ts";
import { printDockerfile } from "./print.ts";
import type { Dockerfile, Range } from "./types.ts";

const lineBreak = fc.constantFrom("\n", "\r\n");
const keyword = fc.constantFrom(...keywords, "run", "From", "RNU");
const piece = fc.constantFrom(
  ..."a b $ ${ } ${A:-b} ' \" \\ ` # = -- --from=a --mount=type=cache <<E <<-'E' [ ] , [\"a\"] \t / :".split(" "),
  " ",
  "é",
  "😀",
);
const line = fc.oneof(
  fc.tuple(keyword, fc.array(piece, { maxLength: 6 })).map(([word, pieces]) => `${word} ${pieces.join("")}`),
  fc.constantFrom("", "  ", "# comment", "# escape=`", "# syntax=x", "# check=skip=all", "E", "\tE", "RUN a \\", "  b"),
);

/** Any text, and texts that look like Dockerfiles. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .tuple(fc.constantFrom("", "\ufeff"), fc.array(fc.tuple(line, lineBreak)), line)
    .map(([mark, lines, last]) => mark + lines.flat().join("") + last),
);

/** Dockerfiles without mistakes. */
const goodLine = fc.constantFrom(
  "RUN a \\\n  # c\n  && b",
  "COPY <<E /x\nbody \\\nE",
  "ENV a=1",
  "  USER u",
  '# comment\nCMD ["x"]',
  "\nWORKDIR /x",
  "# escape=`\nLABEL a=b",
);
const goodText = fc
  .tuple(fc.array(goodLine, { maxLength: 8 }), fc.constantFrom("", "\n", "\n\n# end\n"), fc.boolean())
  .map(([lines, end, isCrlf]) => {
    const text = ["FROM a", ...lines].join("\n") + end;
    return isCrlf ? text.replaceAll("\n", "\r\n") : text;
  });

test("printing a parsed text gives the text", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(printDockerfile(parseDockerfile(text))).toBe(text);
    }),
  );
});

test("neither parsing nor checking throws, whatever the text", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      checkDockerfile(parseDockerfile(text));
    }),
  );
});

test("ranges are in order, hold their text, and nest", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const model = parseDockerfile(text);
      let end = 0;
      for (const instruction of model.instructions) {
        const { range } = instruction;
        expect(range.start.offset).toBeGreaterThanOrEqual(end);
        expect(text.slice(range.start.offset, range.end.offset)).toBe(instruction.text);
        for (const flag of instruction.flags) expectInside(flag.range, range);
        for (const heredoc of heredocsOf(instruction)) expectInside(heredoc.range, range);
        end = range.end.offset;
      }
      for (const stage of model.stages) {
        for (const instruction of [stage.from, ...stage.instructions]) expectInside(instruction.range, stage.range);
      }
      for (const { range } of model.problems) {
        expectInside(range, { start: { line: 1, column: 1, offset: 0 }, end: endOf(text) });
      }
    }),
  );
});

test("between instructions there are only comments, blank lines and mistakes", () => {
  fc.assert(
    fc.property(goodText, (text) => {
      const model = parseDockerfile(text);
      let end = 0;
      const gaps = [];
      for (const { range } of model.instructions) {
        gaps.push(text.slice(end, range.start.offset));
        end = range.end.offset;
      }
      gaps.push(text.slice(end));
      for (const gap of gaps) expect(gap).toMatch(/^(?:\s*(?:#[^\n]*)?\r?\n?)*$/);
      expect(model.problems).toEqual([]);
    }),
  );
});

test("positions agree with offsets", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const { range } of parseDockerfile(text).instructions) {
        for (const { line, column, offset } of [range.start, range.end]) {
          const before = text.slice(0, offset).split("\n");
          expect([line, column]).toEqual([before.length, before.at(-1)!.length + 1]);
        }
      }
    }),
  );
});

test("an edit leaves the text of all other instructions as it is", () => {
  fc.assert(
    fc.property(
      goodText,
      fc.nat(),
      fc.constantFrom("RUN new", "RUN <<N\nx\nN", "ENV \\\n n=1"),
      (text, seed, added) => {
        const old = texts(parseDockerfile(text));
        const index = seed % old.length;
        const fresh = text.includes("\r\n") ? added.replaceAll("\n", "\r\n") : added;
        expect(texts(parseDockerfile(replaceInstruction(text, index + 1, added)))).toEqual(old.with(index, fresh));
        expect(texts(parseDockerfile(insertInstruction(text, index + 1, added)))).toEqual(
          old.toSpliced(index, 0, fresh),
        );
        expect(texts(parseDockerfile(insertInstruction(text, old.length + 1, added)))).toEqual([...old, fresh]);
        expect(texts(parseDockerfile(removeInstruction(text, index + 1)))).toEqual(old.toSpliced(index, 1));
      },
    ),
  );
});

test("an edit keeps a final line break, and a missing one", () => {
  fc.assert(
    fc.property(goodText, fc.nat(), (text, seed) => {
      const number = (seed % parseDockerfile(text).instructions.length) + 1;
      for (const edited of [replaceInstruction(text, number, "RUN x"), insertInstruction(text, number, "RUN x")]) {
        expect(edited.endsWith("\n")).toBe(text.endsWith("\n"));
      }
    }),
  );
});

test("without dollars, quotes and escapes a word expands to itself", () => {
  const plain = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[$'"\\]/g, ""));
  fc.assert(
    fc.property(plain, (text) => {
      expect(expandWord(text, { lookup: () => "x" })).toBe(text);
    }),
  );
});

test("a quoted word expands to what is in the quotes", () => {
  const content = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("'", ""));
  fc.assert(
    fc.property(content, (text) => {
      expect(expandWord(`'${text}'`, { lookup: () => "x" })).toBe(text);
    }),
  );
});

test("what is below an ignored folder is ignored, unless an exception may bring it back", () => {
  const name = fc.constantFrom("a", "b", "c.md");
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
  const pattern = fc
    .tuple(
      fc.constantFrom("", "!"),
      fc.array(fc.oneof(name, fc.constantFrom("*", "**", "?", "*.md")), { minLength: 1 }),
    )
    .map(([mark, names]) => mark + names.join("/"));
  fc.assert(
    fc.property(fc.array(pattern), path, name, (patterns, folder, file) => {
      const matcher = createIgnoreMatcher(patterns);
      if (!matcher.ignores(folder, true) || matcher.mayContainIncluded(folder)) return;
      expect(matcher.ignores(`${folder}/${file}`, false)).toBe(true);
    }),
  );
});

function texts(model: Dockerfile): string[] {
  return model.instructions.map(({ text }) => text);
}

function heredocsOf(instruction: Dockerfile["instructions"][number]) {
  if (instruction.keyword === "COPY" || instruction.keyword === "ADD") return instruction.heredocs;
  return instruction.keyword === "RUN" && instruction.command.form === "shell" ? instruction.command.heredocs : [];
}

function endOf(text: string) {
  const lines = text.split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1, offset: text.length };
}

function expectInside(inner: Range, outer: Range): void {
  expect(inner.start.offset).toBeGreaterThanOrEqual(outer.start.offset);
  expect(inner.end.offset).toBeGreaterThanOrEqual(inner.start.offset);
  expect(inner.end.offset).toBeLessThanOrEqual(outer.end.offset);
}
