import { userInfo } from "node:os";
import { geteuid } from "node:process";
import { execa } from "execa";
import { ExitCode, SlipwayError } from "../../errors.ts";
import { EDITOR_GID } from "../../policy/policy.ts";
import { systemAccounts } from "../../project/editor/accounts.ts";
import { planSetup } from "../../project/editor/setup.ts";
import type { EditorSetupOptions } from "../commands/editor.ts";
import type { CliContext } from "../context.ts";

/** `slipway editor setup` */
export async function setUpEditor(context: CliContext, options: EditorSetupOptions): Promise<void> {
  const isRoot = geteuid?.() === 0;
  const caller = isRoot ? context.env.SUDO_USER : undefined;
  const user = options.user ?? caller ?? userInfo().username;
  const { group, commands, notes } = await planSetup(systemAccounts(), { user, name: options.name });
  for (const note of notes) context.stderr.write(`${note}\n`);
  const lines = commands.map((words) => words.join(" "));
  if (commands.length === 0) {
    context.stdout.write(`${user} is in the group ${group}, gid ${EDITOR_GID}\n`);
    return;
  }
  if (options.dryRun === true || !isRoot) {
    context.stdout.write(lines.map((line) => `${isRoot ? "" : "sudo "}${line}\n`).join(""));
    if (options.dryRun === true) return;
    throw new SlipwayError("NOT_ROOT", "nothing was done: groups are root's", {
      hint: `type the commands above, then \`newgrp ${group}\` in each shell that is open`,
    });
  }
  for (const [file = "", ...args] of commands) await carryOut(context, file, args);
  context.stdout.write(
    `${user} is in the group ${group} now, gid ${EDITOR_GID}.
Sessions that are open don't know it yet: type \`newgrp ${group}\` in each shell, or log in again.
So that what you make is open to the group, put \`umask 002\` into your shell's profile.
For repositories of another owner git wants \`git config --global --add safe.directory PATH\`.
`,
  );
}

async function carryOut(context: CliContext, file: string, args: readonly string[]): Promise<void> {
  const { failed, stderr, shortMessage } = await execa(file, args, { reject: false, cancelSignal: context.signal });
  if (!failed) return;
  throw new SlipwayError("SETUP_FAILED", `${[file, ...args].join(" ")}: ${stderr.trim() || shortMessage}`, {
    exitCode: ExitCode.failure,
  });
}
