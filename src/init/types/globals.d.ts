/** What QuickJS or text-coding.ts provides, of what TypeScript's own library takes for the DOM's. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}
declare const console: { log(...values: unknown[]): void };
/** Of slipway: the build puts it in. */
declare const SLIPWAY_VERSION: string;
