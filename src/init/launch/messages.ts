import { writeAll } from "../system/files.ts";

export function tell(message: string): void {
  writeAll(2, new TextEncoder().encode(`slipway-init: ${message}\n`), "standard error");
}

export function print(text: string): void {
  writeAll(1, new TextEncoder().encode(text), "standard output");
}
