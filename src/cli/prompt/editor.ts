import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { splitWords } from "../split-words.ts";
import type { Dialog } from "./prompt.ts";

/** The editor's words for a file at a line, as each editor wants them. */
export function editorCommand(
  env: Readonly<Record<string, string | undefined>>,
  file: string,
  line: number,
): readonly string[] {
  const words = splitWords(env.VISUAL || env.EDITOR || "vi");
  switch (basename(words[0] ?? "vi").replace(/\.exe$/, "")) {
    case "code":
    case "codium":
    case "cursor":
      return [
        ...words,
        ...(words.includes("--wait") || words.includes("-w") ? [] : ["--wait"]),
        "-g",
        `${file}:${line}`,
      ];
    case "subl":
    case "zed":
      return [...words, ...(words.includes("--wait") || words.includes("-w") ? [] : ["--wait"]), `${file}:${line}`];
    case "hx":
      return [...words, `${file}:${line}`];
    case "vi":
    case "vim":
    case "nvim":
    case "view":
    case "nano":
    case "emacs":
    case "emacsclient":
    case "micro":
    case "kak":
    case "joe":
    case "mg":
    case "ed":
      return [...words, ...(line > 1 && !words[0]!.endsWith("ed") ? [`+${line}`] : []), file];
    default:
      // A program that nobody told us about may take +12 for another file.
      return [...words, file];
  }
}

/**
 * Lets the person edit `text` in their editor and gives the new text to `apply`. When that refuses it, offers to go on
 * editing: what was typed is not lost. Resolves with false when nothing was changed or the person gave up.
 */
export async function editText(
  dialog: Dialog,
  env: Readonly<Record<string, string | undefined>>,
  original: { readonly text: string; readonly name: string; readonly line: number },
  apply: (text: string) => Promise<void>,
  report: (error: SlipwayError) => void | Promise<void>,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-edit-"));
  const file = join(folder, original.name);
  try {
    await writeFile(file, original.text, { mode: 0o600 });
    while (true) {
      const command = editorCommand(env, file, original.line);
      const exitCode = await dialog.runProgram(command);
      if (exitCode !== 0) {
        throw new SlipwayError("EDITOR_FAILED", `${command[0]} ended with exit code ${exitCode}; nothing was changed`, {
          hint: "set VISUAL or EDITOR to your editor",
        });
      }
      const text = await readFile(file, "utf8");
      if (text === original.text) return false;
      try {
        await apply(text);
        return true;
      } catch (error) {
        if (!(error instanceof SlipwayError)) throw error;
        await report(error);
        const answer = await dialog.ask("Edit again? [Y/n] ");
        if (answer === undefined || /^n/i.test(answer.trim())) return false;
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
