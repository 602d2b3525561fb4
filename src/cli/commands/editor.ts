import { Command } from "commander";
import type { CliContext } from "../context.ts";

export interface EditorSetupOptions {
  readonly user?: string;
  readonly name?: string;
  readonly dryRun?: boolean;
}

export interface EditorListOptions {
  readonly format: string;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
}

export function editorCommand(context: CliContext): Command {
  const editor = new Command("editor")
    .description(
      "The editor group, gid 65753: its members, on this machine and in containers, work on the same files without ever meeting a " +
        "permission error.",
    )
    .addHelpText(
      "after",
      `
Examples:
  slipway editor setup                 make the group and join it
  slipway editor check .               what keeps members from working here
  sudo slipway editor fix .            mend it`,
    );
  editor.addCommand(setupCommand(context));
  editor.addCommand(checkCommand(context));
  editor.addCommand(fixCommand(context));
  return editor;
}

function setupCommand(context: CliContext): Command {
  const command = new Command("setup");
  return command
    .summary("Make the group on this machine and join it")
    .description(
      "Make the group with gid 65753, called editor, and add a user to it. Where a group of another gid has that name, it gets another: " +
        "only the number counts. Who is not root gets the commands to type.",
    )
    .option("-u, --user <user>", "whom to add (default: you; under sudo, who called it)")
    .option("-n, --name <name>", "what to call the group")
    .option("--dry-run", "only print what would be done")
    .addHelpText(
      "after",
      `
Exit codes: 0 all is there, or with --dry-run: could be done; 1 the gid is taken, or you are not root; 2 wrong usage.

Examples:
  sudo slipway editor setup
  slipway editor setup --dry-run
  sudo slipway editor setup --user joe --name developers`,
    )
    .action(async () => {
      const { setUpEditor } = await import("../editor/setup.ts");
      await setUpEditor(context, command.opts<EditorSetupOptions>());
    });
}

const columns = `
Columns: Path, Kind, Problem, Owner, Group, Mode, Wanted (the mode); fix has Result too.
Kinds: entry (group or mode of a file or folder), repository (git would make files that members can't write), parent (a folder above
that members can't pass), closed (a folder that you can't look into), linked (a file with other names outside: by hand only).
What is for whom stands in the project's .slipway/editor; without one, members may read and write all.`;

function checkCommand(context: CliContext): Command {
  const command = new Command("check");
  return addListOptions(command)
    .summary("Tell what members can't read or write, and why")
    .description(
      "Tell what keeps members of the editor group from reading and writing a folder, and what the project's policy wants otherwise. " +
        "Changes nothing.",
    )
    .addHelpText(
      "after",
      `${columns}

Exit codes: 0 nothing to mend, 1 something is wrong, 2 wrong usage or policy.

Examples:
  slipway editor check
  slipway editor check --format json ~/src/shop | jq -r .Path
  slipway editor check -q .`,
    )
    .action(async (path: string) => {
      const { checkFolder } = await import("../editor/check.ts");
      await checkFolder(context, path, command.opts<EditorListOptions>());
    });
}

function fixCommand(context: CliContext): Command {
  const command = new Command("fix");
  return addListOptions(command)
    .summary("Give members what the policy says")
    .description(
      "Give files their group and mode, folders the set-group-id bit, and git repositories core.sharedRepository, as the project's policy " +
        "says. Never follows a symbolic link. Files of others want root.",
    )
    .option("--dry-run", "only show what would be done")
    .addHelpText(
      "after",
      `${columns}

Exit codes: 0 all is right now, or with --dry-run: was shown; 1 something could not be mended, 2 wrong usage or policy.

Examples:
  slipway editor fix --dry-run .
  sudo slipway editor fix ~/src/shop`,
    )
    .action(async (path: string) => {
      const { fixFolder } = await import("../editor/check.ts");
      await fixFolder(context, path, command.opts<EditorListOptions>());
    });
}

function addListOptions(command: Command): Command {
  return command
    .argument("[path]", "the folder", ".")
    .option("--format <format>", "table, json, yaml or a template: '{{.Path}} {{.Problem}}'", "table")
    .option("-q, --quiet", "print only paths");
}
