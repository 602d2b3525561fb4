import fc from "fast-check";
import { expect, test } from "vitest";
import { formsOf } from "./forms.ts";
import { createRedactor } from "./redactor.ts";

const pattern = (text: string, mask = "[m]") => ({ bytes: Buffer.from(text), mask: Buffer.from(mask) });

function inPieces(redactor: ReturnType<typeof createRedactor>, pieces: readonly string[]): string {
  const stream = redactor.stream();
  return Buffer.concat([...pieces.map((piece) => stream.push(Buffer.from(piece))), stream.end()]).toString();
}

test("masks a value wherever it is cut", () => {
  const redactor = createRedactor([pattern("hunter2")]);
  const text = "user hunter2, again hunter2hunter2; hunter, hunte";
  const masked = "user [m], again [m][m]; hunter, hunte";
  for (let cut = 0; cut <= text.length; cut++) {
    expect(inPieces(redactor, [text.slice(0, cut), text.slice(cut)])).toBe(masked);
  }
  expect(inPieces(redactor, [...text])).toBe(masked);
});

test("hands on at once what can't be the beginning of a value", () => {
  const stream = createRedactor([pattern("hunter2")]).stream();
  expect(stream.push(Buffer.from("progress 10% h")).toString()).toBe("progress 10% ");
  expect(stream.push(Buffer.from("alf")).toString()).toBe("half");
  expect(stream.end().toString()).toBe("");
});

test("takes the longest of several values that begin alike, also when it comes late", () => {
  const redactor = createRedactor([pattern("secret", "[short]"), pattern("secret-and-more", "[long]")]);
  expect(inPieces(redactor, ["a secret", "-and-", "more"])).toBe("a [long]");
  expect(inPieces(redactor, ["a secret", "-and-", "less"])).toBe("a [short]-and-less");
  expect(inPieces(redactor, ["a secret-and"])).toBe("a [short]-and");
});

test("in no cut of no text a value is left", () => {
  const letters = fc.constantFrom("a", "b");
  const word = fc.array(letters, { minLength: 2, maxLength: 5 }).map((each) => each.join(""));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), fc.array(word), (values, pieces) => {
      const redactor = createRedactor(values.map((value) => pattern(value, "|")));
      const masked = inPieces(redactor, pieces);
      expect(values.filter((value) => masked.includes(value))).toEqual([]);
      expect(masked).toBe(redactor.text(pieces.join("")));
    }),
  );
});

test("knows the forms in which programs print a value", () => {
  const value = 'pass"word with ümlaut & more';
  const forms = formsOf(Buffer.from(`${value}\n`));
  const redactor = createRedactor(forms.map((bytes) => ({ bytes, mask: Buffer.from("*") })));
  for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) {
    expect(redactor.text(`<${form}>`)).toBe("<*>");
  }
  for (const user of ["", "a", "ab", "abc", "abcd"]) {
    const login = Buffer.from(`${user}${value}!`).toString("base64");
    expect(redactor.text(login).length).toBeLessThan(14);
    expect(redactor.text(login.replaceAll("+", "-").replaceAll("/", "_")).length).toBeLessThan(14);
  }
});

test("knows the lines of a file, and the password of a URL", () => {
  const forms = (text: string) => formsOf(Buffer.from(text)).map(String);
  expect(forms("-----BEGIN KEY-----\nMIIabc123\nxx\n")).toEqual(
    expect.arrayContaining(["-----BEGIN KEY-----", "MIIabc123"]),
  );
  expect(forms("-----BEGIN KEY-----\nMIIabc123\nxx\n")).not.toContain("xx");
  expect(forms("http://me:p%40ssword@proxy:3128")).toEqual(expect.arrayContaining(["p%40ssword", "p@ssword"]));
});

test("what is shorter than six bytes has no form", () => {
  expect(formsOf(Buffer.from("12345"))).toEqual([]);
  expect(formsOf(Buffer.from("12345\n"))).toEqual([]);
  expect(formsOf(Buffer.from("123456"))).not.toEqual([]);
});

test("bytes that are no text are masked too", () => {
  const value = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x81, 0x82, 0x83]);
  const redactor = createRedactor(formsOf(value).map((bytes) => ({ bytes, mask: Buffer.from("*") })));
  const stream = redactor.stream();
  expect(Buffer.concat([stream.push(value.subarray(0, 3)), stream.push(value.subarray(3)), stream.end()])).toEqual(
    Buffer.from("*"),
  );
});
