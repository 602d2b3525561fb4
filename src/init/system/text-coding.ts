import { decode, encode } from "native";

/** QuickJS has no TextEncoder. Unlike the standard ones these keep bytes that are no UTF-8, as U+DC80..U+DCFF. */
Object.assign(globalThis, {
  TextEncoder: class {
    encode(text: string): Uint8Array {
      return new Uint8Array(encode(text));
    }
  },
  TextDecoder: class {
    decode(bytes: Uint8Array): string {
      return decode(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
  },
});
