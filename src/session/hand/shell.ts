import { PassThrough } from "node:stream";
import { SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import type { HandEdit } from "../events.ts";
import { scan } from "../files/scan.ts";
import { explainPlatform } from "../replay/foreign-platform.ts";
import type { Terminal } from "../types.ts";
import { handOperation, prepareHandEdit, recordHandEdit, stageAtHand, stepBefore } from "./hand-edits.ts";

/** Where the agent's volume keeps what makes a shell tell each command; see init/shell. */
const RC_FOLDER = "/dev/slipway/shell";

/**
 * A terminal in the container, with the environment of the next RUN. Each command that is typed becomes a hand edit with
 * its exit status and what it changed. Resolves with the shell's exit code.
 * @throws SlipwayError SHELL_MISSING when the image has none, SHELL_FAILED when it can't be run.
 */
export async function openShell(core: SessionCore, terminal: Terminal, signal?: AbortSignal): Promise<number> {
  const { stage, state } = await stageAtHand(core, signal);
  const { agent } = stage.replay;
  const candidates = ["/bin/bash", "/usr/bin/bash", "/bin/sh", "/bin/ash", "/busybox/sh"];
  const found = (await agent.stat(candidates, true)).find((entry) => entry?.type === "file");
  if (!found) {
    throw new SlipwayError("SHELL_MISSING", "the image has no shell: none of bash, sh, ash", {
      hint: 'programs that it does have still run: run ["/program", "argument"]',
    });
  }
  const bash = found.path.endsWith("bash");
  const operation = handOperation(core, state, "true");
  await prepareHandEdit(core, stage, "shell");
  const base = { after: stepBefore(core, stage), kind: "shell" as const, workdir: operation.workdir };
  let recording: Promise<void> = Promise.resolve();
  const record = async (command: string, workdir: string, exitCode: number): Promise<void> => {
    const edit: HandEdit = {
      ...base,
      id: core.ledger.takeHandEditId(),
      command,
      workdir,
      exitCode,
      changes: await scan(stage),
    };
    await recordHandEdit(core, stage, edit);
  };
  // The agent's end of it ends with the shell; the person's terminal does not.
  const input = terminal.input.pipe(new PassThrough());
  const sizes = new PassThrough({ objectMode: true });
  const stopListening = terminal.onResize((size) => sizes.write(size));
  const result = await agent.run(
    {
      argv: bash ? [found.path, "--rcfile", `${RC_FOLDER}/bashrc`, "-i"] : [found.path, "-i"],
      env: [...operation.env, `TERM=${terminal.name}`, ...(bash ? [] : [`ENV=${RC_FOLDER}/shrc`])],
      cwd: operation.workdir,
      user: operation.user,
      terminal: terminal.size,
      stdin: true,
      scripts: [],
      leftovers: "end",
      record: true,
    },
    {
      onOutput: (_stream, data) => terminal.write(data),
      stdin: input,
      resize: sizes,
      onCommand: ({ command, workdir, exitCode }) => {
        // One after the other: each scan tells what came since the one before.
        recording = recording.then(() => record(command, workdir, exitCode));
      },
      ...(signal ? { signal } : {}),
    },
  );
  stopListening();
  sizes.end();
  terminal.input.unpipe(input);
  await recording;
  const rest = await scan(stage);
  if (rest.length > 0) await recordUntold(core, stage.index, rest, base);
  if (result.error !== undefined) throw new SlipwayError("SHELL_FAILED", explainPlatform(core, stage, result.error));
  return result.exitCode;
}

/** Changes that no told command accounts for: a program still running when the shell ended, or a shell that tells nothing. */
async function recordUntold(
  core: SessionCore,
  stageIndex: number,
  changes: HandEdit["changes"],
  base: Pick<HandEdit, "after" | "kind" | "workdir">,
): Promise<void> {
  await recordHandEdit(core, core.stage(stageIndex), {
    ...base,
    id: core.ledger.takeHandEditId(),
    command: "",
    exitCode: 0,
    changes,
  });
}
