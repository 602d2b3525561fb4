import { adoptCommands } from "./adopt-commands.ts";
import { editCommands } from "./edit-commands.ts";
import { goCommands } from "./go-commands.ts";
import { handCommands } from "./hand-commands.ts";
import { leaveCommands } from "./leave-commands.ts";
import { lookCommands } from "./look-commands.ts";
import type { PromptCommand } from "./prompt.ts";
import { stateCommands } from "./state-commands.ts";
import { watchCommand } from "./watch-command.ts";

/** Every command of the session's prompt, in the order of `help`. */
export const promptCommands: readonly PromptCommand[] = [
  ...lookCommands,
  ...goCommands,
  ...stateCommands,
  watchCommand,
  ...handCommands,
  ...adoptCommands,
  ...editCommands,
  ...leaveCommands,
];
