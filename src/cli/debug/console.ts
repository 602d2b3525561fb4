import { plainStyle } from "../output/style.ts";
import { parseCommandLine } from "../prompt/command-line.ts";
import { promptCommands } from "../prompt/commands.ts";
import type { Prompt } from "../prompt/prompt.ts";
import { renderResult } from "../prompt/render-results.ts";

/** Does a line of the session's prompt in an editor's console; returns what it shows. */
export async function runConsoleLine(
  line: string,
  prompt: Pick<Prompt, "session" | "context" | "tag" | "signal">,
): Promise<string> {
  const parsed = parseCommandLine(line, promptCommands);
  if (parsed === undefined) return "";
  const shown: string[] = [];
  const outcome = await parsed.command.run(
    {
      ...prompt,
      dialog: undefined,
      commands: promptCommands,
      show(result) {
        if (result.type === "step-output") shown.push(Buffer.from(result.data).toString("utf8"));
        else shown.push(...renderResult(result, plainStyle, undefined).map((each) => `${each}\n`));
      },
    },
    parsed.argument,
  );
  if (outcome?.leave !== undefined) shown.push("end the debugging to leave the session\n");
  if (outcome?.exitCode) shown.push(`exit code ${outcome.exitCode}\n`);
  return shown.join("").trimEnd();
}
