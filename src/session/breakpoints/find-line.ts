import { StringDecoder } from "node:string_decoder";

/** Characters of a line that are looked at together: a program may never end its line. */
const LONGEST = 64 * 1024;

/** The first line of a step's output that matches. */
export async function findLine(output: AsyncIterable<Uint8Array>, pattern: RegExp): Promise<string | undefined> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const data of output) {
    const lines = (rest + decoder.write(Buffer.from(data))).split(/\r?\n/);
    rest = lines.pop()!;
    while (rest.length > LONGEST) {
      lines.push(rest.slice(0, LONGEST));
      rest = rest.slice(LONGEST);
    }
    const found = lines.find((line) => pattern.test(line));
    if (found !== undefined) return found;
  }
  return rest !== "" && pattern.test(rest) ? rest : undefined;
}
