import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { splitWords } from "../../src/init/circus/shell-words.ts";
import { control, runToEnd } from "./controlled.ts";
import { until } from "./supervised.ts";

const page = await readFile(join(import.meta.dirname, "../../docs/circusctl.md"), "utf8");

function blocks(kind: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\``, "gm"))].map((match) => match[1]!);
}

/** A command of a transcript with what it prints; of the shell also the lines that are typed. */
function transcripts(block: string): { readonly words: string[]; readonly typed: string; readonly printed: string }[] {
  return block
    .split(/^\$ circusctl/m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf("\n");
      const printed = text.slice(end + 1);
      const typed = [...printed.matchAll(/^\(circusctl\) (.+)$/gm)].map((match) => `${match[1]}\n`).join("");
      return { words: splitWords(text.slice(0, end)), typed, printed };
    });
}

/** Numbers, units and users are those of the machine; in a table they take room. */
function plain(text: string): string {
  return text
    .replace(/\d+(\.\d+)*[BKMG]?\b/g, "N")
    .replace(/(sleep|slipway-init)\S* \S+ N/g, "$1 USER N")
    .replace(/ +/g, " ");
}

test("the transcripts of the page are what circusctl prints", async () => {
  const [ini = ""] = blocks("ini");
  await using circus = await control(ini.replace("[circus]\n", ""));
  await until(async () => (await circus.ask("status")).match(/active/g)?.length === 3, "all active");
  const all = blocks("console").flatMap(transcripts);
  expect(all.length).toBeGreaterThan(25);
  for (const { words, typed, printed } of all) {
    const { output, errors } = await runToEnd(circus.circusctl, ["--endpoint", circus.endpoint, ...words], typed);
    // What a terminal shows of the typing is not printed to a pipe.
    const expected = typed === "" ? printed : printed.replace(/^\(circusctl\) .+\n/gm, "(circusctl) ");
    expect(`${words.join(" ")}\n${plain(output + errors)}`).toBe(`${words.join(" ")}\n${plain(expected)}`);
  }
});
