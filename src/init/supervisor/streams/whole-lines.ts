import { NEWLINE } from "./sink.ts";

/** How many bytes of these lines are whole lines within `room` bytes; where the file is empty one line at least, however long it is. */
export function wholeLines(lines: Uint8Array, room: number, isEmpty: boolean): number {
  if (lines.length <= room) return lines.length;
  const end = room > 0 ? lines.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
  if (end > 0 || !isEmpty) return end;
  const first = lines.indexOf(NEWLINE) + 1;
  return first === 0 ? lines.length : first;
}
