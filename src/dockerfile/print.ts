import type { Dockerfile } from "./types.ts";

/**
 * The text of a model, put together from its instructions and what stands between them: byte order mark, comments,
 * blank lines and line breaks. `printDockerfile(parseDockerfile(text)) === text` for every text.
 */
export function printDockerfile({ text, instructions }: Dockerfile): string {
  let printed = "";
  let end = 0;
  for (const instruction of instructions) {
    printed += text.slice(end, instruction.range.start.offset) + instruction.text;
    end = instruction.range.end.offset;
  }
  return printed + text.slice(end);
}
