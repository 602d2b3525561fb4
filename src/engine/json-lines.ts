import type { Readable } from "node:stream";

/** The JSON values of a stream that has one a line, as they come. Leaving the loop early destroys the stream. */
export async function* readJsonLines<T>(stream: Readable): AsyncGenerator<T> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as T;
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as T;
}
