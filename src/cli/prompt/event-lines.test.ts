import { expect, test } from "vitest";
import { createLineEncoder } from "./event-lines.ts";

const step = {
  number: 4,
  stage: 0,
  stageName: undefined,
  summary: "RUN x",
  line: 4,
  status: "done",
  current: false,
  breakpoint: false,
  milliseconds: 5,
  size: 1,
  exitCode: 0,
  checkpoint: undefined,
} as const;

const output = (data: Uint8Array) => ({ type: "output", of: 4, hand: false, stream: "stdout", data }) as const;

test("output is text", () => {
  const encode = createLineEncoder();
  expect(encode(output(Buffer.from("hé\n")))).toBe(
    '{"type":"output","of":4,"hand":false,"stream":"stdout","text":"hé\\n"}\n',
  );
});

test("output that is no UTF-8 is base64", () => {
  const encode = createLineEncoder();
  expect(JSON.parse(encode(output(Buffer.from([0x61, 0xff, 0x62]))))).toMatchObject({ base64: "Yf9i" });
});

test("a character cut in two is put together", () => {
  const encode = createLineEncoder();
  const bytes = Buffer.from("a€b🙂c");
  const texts = [...bytes].map((byte) => encode(output(Buffer.from([byte]))));
  expect(texts.filter((text) => text !== "").map((text) => JSON.parse(text).text)).toEqual(["a", "€", "b", "🙂", "c"]);
});

test("streams don't mix, and what never gets its rest comes before the end of the step", () => {
  const encode = createLineEncoder();
  expect(encode(output(Buffer.from([0xe2])))).toBe("");
  expect(JSON.parse(encode({ ...output(Buffer.from("x")), stream: "stderr" }))).toMatchObject({ text: "x" });
  const [rest, end] = encode({ type: "step-finished", step, message: undefined }).split("\n");
  expect(JSON.parse(rest!)).toEqual({ type: "output", of: 4, hand: false, stream: "stdout", base64: "4g==" });
  expect(JSON.parse(end!)).toMatchObject({ type: "step-finished", step: { number: 4 } });
});

test("pieces of a step's output are put together too", () => {
  const encode = createLineEncoder();
  const piece = (data: Uint8Array) => encode({ type: "step-output", step: 2, data });
  expect(piece(Buffer.from([0x61, 0xe2]))).toBe('{"type":"step-output","step":2,"text":"a"}\n');
  expect(piece(Buffer.from([0x82, 0xac, 0xe2]))).toBe('{"type":"step-output","step":2,"text":"€"}\n');
  expect(encode({ type: "closed", removed: false })).toBe(
    '{"type":"step-output","step":2,"base64":"4g=="}\n{"type":"closed","removed":false}\n',
  );
});

test("other events are as they are", () => {
  const encode = createLineEncoder();
  expect(encode({ type: "tagged", name: "a", image: "b" })).toBe('{"type":"tagged","name":"a","image":"b"}\n');
});
