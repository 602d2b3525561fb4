import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorNumber, parseRequest, RequestError } from "./protocol.ts";

function refusal(line: string): RequestError {
  try {
    parseRequest(line);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error(`not refused: ${line}`);
}

describe("a request", () => {
  test("is circus's message", () => {
    expect(parseRequest('{"command": "Status", "properties": {"name": "web"}, "id": "4f"}')).toEqual({
      id: "4f",
      command: "status",
      properties: { name: "web" },
      cast: false,
    });
    expect(parseRequest('{"command":"list","msg_type":"cast"}')).toMatchObject({
      properties: {},
      cast: true,
      id: null,
    });
  });

  test("may say that it waits beside its properties, as circus's documentation has it", () => {
    expect(parseRequest('{"command":"quit","waiting":true}').properties).toEqual({ waiting: true });
    expect(parseRequest('{"command":"quit","waiting":true,"properties":{"waiting":false}}').properties).toEqual({
      waiting: false,
    });
  });

  test.each([
    ["", "empty command", ErrorNumber.messageError],
    ["{", "json invalid", ErrorNumber.invalidJson],
    ["[1]", "message invalid: not an object", ErrorNumber.messageError],
    ["null", "message invalid: not an object", ErrorNumber.messageError],
    ['{"command":7}', "message invalid: 'command' is missing", ErrorNumber.messageError],
    ['{"command":"list","properties":[]}', "message invalid: 'properties' is not an object", ErrorNumber.messageError],
    ["[".repeat(60_000), "json nested too deeply", ErrorNumber.invalidJson],
    [`{"a":${'{"b":'.repeat(40)}`, "json nested too deeply", ErrorNumber.invalidJson],
  ])("like %.40j is refused", (line, reason, errno) => {
    expect(refusal(line)).toMatchObject({ message: reason, errno });
  });

  test("keeps its id when it is refused", () => {
    expect(refusal('{"id":"7","properties":{}}').id).toBe("7");
  });

  test("may have any brackets in its strings", () => {
    expect(parseRequest(JSON.stringify({ command: "add", properties: { cmd: '[{"\\'.repeat(200) } })).command).toBe(
      "add",
    );
  });

  test("of any text is read or refused", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json({ maxDepth: 30 }).map((json) => `{"command":${json}}`),
    );
    fc.assert(
      fc.property(text, (line) => {
        try {
          expect(typeof parseRequest(line).command).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError);
        }
      }),
    );
  });
});
