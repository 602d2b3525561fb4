import { expect, test } from "vitest";
import { parseBreakCondition } from "./condition.ts";

test.each([
  ["7", { place: { kind: "step", number: 7 }, effect: undefined }],
  [":12", { place: { kind: "line", line: 12 }, effect: undefined }],
  ["RUN  pip", { place: { kind: "text", text: "RUN pip" }, effect: undefined }],
  ["COPY /etc/nginx", { place: { kind: "text", text: "COPY /etc/nginx" }, effect: undefined }],
  ["/etc/nginx", { place: { kind: "text", text: "/etc/nginx" }, effect: undefined }],
  ["RUN if-up eth0", { place: { kind: "text", text: "RUN if-up eth0" }, effect: undefined }],
  ["/pip3? install/i", { place: { kind: "pattern", pattern: /pip3? install/i }, effect: undefined }],
  ["if-larger 50MB", { place: undefined, effect: { kind: "larger", bytes: 50_000_000 } }],
  ["if-larger 1.5GiB", { place: undefined, effect: { kind: "larger", bytes: 1_610_612_736 } }],
  ["if-slower 1m30s", { place: undefined, effect: { kind: "slower", milliseconds: 90_000 } }],
  ["if-slower 500ms", { place: undefined, effect: { kind: "slower", milliseconds: 500 } }],
  ["if-prints /warn/i", { place: undefined, effect: { kind: "prints", pattern: /warn/i } }],
  [
    "RUN apt if-slower 5s",
    { place: { kind: "text", text: "RUN apt" }, effect: { kind: "slower", milliseconds: 5000 } },
  ],
  [":3 if-larger 1k", { place: { kind: "line", line: 3 }, effect: { kind: "larger", bytes: 1000 } }],
])("%j", (text, expected) => expect(parseBreakCondition(text)).toEqual(expected));

test.each([
  ["if-changed /etc/nginx/", { change: "any", path: "/etc/nginx", below: true }],
  ["if-exists /usr/bin/*", { change: "added", path: "/usr/bin/*", below: false }],
  ["if-removed /", { change: "removed", path: "/", below: false }],
])("%j", (text, effect) => expect(parseBreakCondition(text)).toMatchObject({ effect: { kind: "files", ...effect } }));

test.each([
  ["", "needs a place"],
  ["if-larger", "if-larger needs a SIZE"],
  ["if-larger much", "much is no size"],
  ["if-slower 5", "5 is no time"],
  ["if-prints warning", "is no regular expression"],
  ["if-changed etc", "is no absolute path"],
  ["if-exists /a[", "malformed"],
  ["/(/", "Unterminated group"],
  ["if-failed", "a failing step always stops"],
  ["if-biger 5MB", "does not know if-biger"],
  [":12 if-biger 5MB", "does not know if-biger"],
])("refuses %j", (text, message) =>
  expect(() => parseBreakCondition(text)).toThrow(
    expect.objectContaining({ code: "BREAKPOINT_INVALID", message: expect.stringContaining(message) }),
  ),
);
