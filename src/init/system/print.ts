import { encode, write } from "native";

/** Writes it all, unless nobody reads any more: then there is nobody to tell. */
export function print(fd: 1 | 2, text: string): void {
  const bytes = encode(text);
  for (let at = 0; at < bytes.byteLength; ) {
    const count = write(fd, bytes, at, bytes.byteLength - at);
    if (count < 0) return;
    at += count;
  }
}
