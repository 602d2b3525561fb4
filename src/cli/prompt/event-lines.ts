import type { EVENTS_VERSION, SessionEvent } from "../../index.ts";
import type { CommandResult } from "./results.ts";

/** What a script prints about itself, between the events of the session. */
export type ScriptEvent =
  | { readonly type: "version"; readonly version: typeof EVENTS_VERSION; readonly program: string }
  | { readonly type: "command"; readonly source: string; readonly line: number; readonly text: string }
  | {
      readonly type: "error";
      readonly line: number | undefined;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
      readonly exitCode: number;
    };

type Printable = SessionEvent | CommandResult | ScriptEvent;

/**
 * Encodes events as docs/events.md describes them: one JSON object a line. Bytes become `text`, or `base64` where they
 * are no UTF-8; a character that is cut between two pieces of output waits for its rest.
 */
export function createLineEncoder(): (event: Printable) => string {
  const waiting = new Map<string, Uint8Array>();

  function encodeBytes(key: string, data: Uint8Array): object | undefined {
    const bytes = Buffer.concat([waiting.get(key) ?? new Uint8Array(), data]);
    const cut = bytes.length - unfinishedLength(bytes);
    waiting.delete(key);
    if (cut < bytes.length) waiting.set(key, bytes.subarray(cut));
    return cut === 0 ? undefined : textOrBase64(bytes.subarray(0, cut));
  }

  /** What still waits for the rest of a character that never came, of the streams whose key begins with `prefix`. */
  function flush(prefix: string, fieldsOf: (rest: string) => object): string {
    return [...waiting]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, bytes]) => {
        waiting.delete(key);
        return line({ ...fieldsOf(key.slice(prefix.length)), ...textOrBase64(bytes) });
      })
      .join("");
  }
  const flushOutput = (of: number, hand: boolean) =>
    flush(`${hand}:${of}:`, (stream) => ({ type: "output", of, hand, stream }));

  function encode(event: Printable): string {
    switch (event.type) {
      case "output": {
        const { data, ...fields } = event;
        const encoded = encodeBytes(`${event.hand}:${event.of}:${event.stream}`, data);
        return encoded === undefined ? "" : line({ ...fields, ...encoded });
      }
      case "step-output": {
        const { data, ...fields } = event;
        const encoded = encodeBytes(`step-output:${event.step}`, data);
        return encoded === undefined ? "" : line({ ...fields, ...encoded });
      }
      case "step-finished":
        return flushOutput(event.step.number, false) + line(event);
      case "hand-finished":
        return flushOutput(event.edit.id, true) + line(event);
      case "build-step":
        return flushOutput(0, true) + line(event);
      default:
        return line(event);
    }
  }
  return (event) => {
    if (event.type === "step-output") return encode(event);
    return flush("step-output:", (step) => ({ type: "step-output", step: Number(step) })) + encode(event);
  };
}

function line(event: object): string {
  return `${JSON.stringify(event)}\n`;
}

function textOrBase64(bytes: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") };
  }
}

/** How many bytes at the end begin a UTF-8 character and don't end it: 0 to 3. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return length > back && byte < 0xf8 ? back : 0;
  }
  return 0;
}
