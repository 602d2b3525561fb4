import type { CommandDescription, ControlCommand } from "./command.ts";
import { askingCommands } from "./commands/asking.ts";
import { changingCommands } from "./commands/changing.ts";
import { signallingCommands } from "./commands/signalling.ts";
import { listen, top } from "./commands/watching.ts";

/** Commands that are one message and its answer, by name. */
export const controlCommands: ReadonlyMap<string, ControlCommand> = new Map(
  [...askingCommands, ...changingCommands, ...signallingCommands].map((command) => [command.name, command]),
);

/** All commands by name, in alphabetical order. */
export const commands: ReadonlyMap<string, CommandDescription> = new Map(
  [...controlCommands.values(), listen, top]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((command) => [command.name, command]),
);
