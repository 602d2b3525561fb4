import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { formatSize } from "../../format.ts";
import { type List, type ListOptions, printList } from "./list.ts";

interface Image {
  id: string;
  tag: string;
  bytes: number;
  parent?: string;
}

const images: List<Image> = {
  columns: [
    { name: "ID", heading: "IMAGE ID", value: (image) => image.id, maxWidth: 7 },
    { name: "Tag", value: (image) => image.tag },
    { name: "Size", value: (image) => image.bytes, text: (image) => formatSize(image.bytes), align: "right" },
    { name: "Parent", value: (image) => image.parent, hidden: true },
  ],
  rows: [
    { id: "0123456789", tag: "web", bytes: 1_500 },
    { id: "abc", tag: "日本", bytes: 72_800_000, parent: "0123456789" },
  ],
};

async function print(options: ListOptions): Promise<string> {
  let text = "";
  const stdout = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  await printList({ stdout, env: {} }, images, options);
  return text;
}

test("a table is aligned and cuts what is long", async () => {
  expect(await print({})).toBe(`\
IMAGE ID   TAG      SIZE
012345…    web     1.5kB
abc        日本   72.8MB
`);
});

test("no-trunc keeps all", async () => {
  expect(await print({ noTrunc: true })).toContain("0123456789   web ");
});

test("quiet prints the first column whole", async () => {
  expect(await print({ quiet: true, format: "json" })).toBe("0123456789\nabc\n");
});

test("json is one object a line, with values for programs", async () => {
  expect(await print({ format: "json" })).toBe(
    '{"ID":"0123456789","Tag":"web","Size":1500}\n{"ID":"abc","Tag":"日本","Size":72800000,"Parent":"0123456789"}\n',
  );
});

test("yaml is one list", async () => {
  expect(await print({ format: "yaml" })).toMatch(/^- ID: "0123456789"\n {2}Tag: web\n {2}Size: 1500\n- ID: abc\n/);
});

test("a template is for each row", async () => {
  expect(await print({ format: "{{.ID}} {{.Size}}" })).toBe(
    "012345… 1.5kB\nabc 72.8MB\n".replace("012345…", "0123456789"),
  );
});

test("a table template has headings", async () => {
  expect(await print({ format: "table {{.Tag}}\\t{{.ID}}" })).toBe("TAG    IMAGE ID\nweb    012345…\n日本   abc\n");
});

test("a bad field is refused with the fields that there are", async () => {
  await expect(print({ format: "{{.Foo}}" })).rejects.toMatchObject({
    exitCode: 2,
    hint: "fields are: ID, Tag, Size, Parent",
  });
});

test("an empty list is a heading", async () => {
  const stdout = new Writable({
    write: (chunk, _, done) => done(String(chunk) === "TAG\n" ? null : new Error("other")),
  });
  await printList({ stdout, env: {} }, { columns: [{ name: "Tag", value: () => "" }], rows: [] }, {});
  expect(stdout.errored).toBeNull();
});
