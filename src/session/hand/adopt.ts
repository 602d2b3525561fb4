import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readIgnorePatterns } from "../../build/context/ignore-file.ts";
import { insertInstruction } from "../../dockerfile/edit.ts";
import { createIgnoreMatcher } from "../../dockerfile/ignore.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { FileChange } from "../../protocol/messages.ts";
import { advance, type StateChange } from "../advance.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import type { HandEdit } from "../events.ts";
import { mergeChanges, readFileOf } from "../files/diff.ts";
import { sourceContainer } from "../files/sources.ts";
import { TEXT_LIMIT } from "../files/tar-file.ts";
import { viewSteps } from "../replay/steps-view.ts";
import type { Adoptable, Adoption } from "../types.ts";

/** Where files that were edited in the container come to in the build context, under their own path. */
const FILES_FOLDER = "rootfs";

/** Programs that a person edits files with: their traces are files to copy, not commands to repeat. */
const editors =
  /^(sudo\s+)?(vi|vim|nvim|view|nano|pico|emacs|ed|ex|joe|micro|mcedit|mg|ne|helix|hx|sensible-editor|editor)\b/;

/** What could become instructions, and what most people would take: each command that changed something, each edited file. */
export function adoptable(core: SessionCore): Adoptable {
  const held = new Set(core.currentStage().replay.handEditIds);
  const edits = core.handEdits.filter((edit) => held.has(edit.id) && edit.kind !== "launch");
  const isEdit = (edit: HandEdit) => edit.command === "" || editors.test(edit.command);
  const files = mergeChanges(edits.filter(isEdit).flatMap((edit) => edit.changes)).filter(isCopyable);
  const commands = edits.filter((edit) => !isEdit(edit) && edit.exitCode === 0 && edit.changes.length > 0);
  return {
    edits,
    files,
    suggested: { commands: commands.map((edit) => [edit.id]), files: files.map((file) => file.path) },
  };
}

function isCopyable(change: FileChange): boolean {
  return change.kind !== "removed" && change.type === "file" && change.size <= TEXT_LIMIT && !isTrace(change.path);
}

/** Swap files and histories of shells and editors are nobody's work. */
function isTrace(path: string): boolean {
  return /\/\.[^/]*\.sw[a-p]$|~$|\/\.(bash|ash|sh|python|viminfo|lesshst)(_history|hst)?$|\/\.viminfo$/.test(path);
}

/**
 * Turns hand edits into instructions before the next step. When the container then holds exactly what they say, they are
 * done; otherwise they are pending, and the next step goes back to the clean state and runs them.
 * @throws SlipwayError HAND_EDIT_UNKNOWN, ADOPT_NOTHING, ADOPT_JOIN, ADOPT_IGNORED; nothing is changed then.
 */
export async function adopt(core: SessionCore, adoption: Adoption): Promise<void> {
  if (adoption.commands.length === 0 && adoption.files.length === 0) {
    throw new SlipwayError("ADOPT_NOTHING", "there is nothing to adopt", {
      hint: "hand edits come from 'run' and 'shell'; 'diff' shows what they changed",
    });
  }
  const stage = core.currentStage();
  const position = core.doneCount(stage);
  const groups = adoption.commands.map((ids) => ids.map((id) => handEdit(core, id)));
  const veiled = groups.flat().find((edit) => core.secrets.isVeiled(edit.command));
  if (veiled !== undefined) {
    throw new SlipwayError("ADOPT_SECRET", `the command of hand edit ${veiled.id} held a secret: ${veiled.command}`, {
      hint: "insert it with the build argument's name, as $NAME, or with RUN --mount=type=secret",
      exitCode: ExitCode.usage,
    });
  }
  const workdir = core.stateOf(stage)?.config.workingDir || "/";
  const runs = groups.map((group) => runInstruction(group, workdir));
  const copies = await Promise.all(adoption.files.map((path) => bringOut(core, stage, path)));

  const text = insertAll(core, stage, [...runs, ...copies.map((copy) => copy.instruction)]);
  for (const copy of copies) await copy.write();
  core.setText(text);

  const adopted = groups.flat();
  const gone = new Set(adopted.map((edit) => edit.id));
  const isWhole = isWholeTruth(core, stage, adopted, adoption);
  const edits = core.handEdits.filter((edit) => !gone.has(edit.id) && !coveredBy(edit, adoption.files));
  const change: StateChange = {
    kind: "edit",
    label: `adopt ${[...runs, ...copies.map((copy) => copy.instruction)].join("; ")}`,
    step: undefined,
    handEdits: edits.map((edit) => edit.id),
  };
  if (isWhole) {
    await takeHandEditsAsSteps(core, stage, core.keysOf(stage).slice(position, position + runs.length), change);
  } else {
    advance(core, stage, { kind: "adopted" }, change);
  }
  await core.emit({ type: "dockerfile-changed", steps: viewSteps(core) });
}

/** What was done by hand at the end is what the instructions with these keys say: it need not be done again. */
async function takeHandEditsAsSteps(
  core: SessionCore,
  stage: SessionStage,
  keys: readonly string[],
  change: StateChange,
): Promise<void> {
  const { replay } = stage;
  const position = replay.stepEntries.length;
  const { image } = await replay.checkpoint();
  replay.goTo(
    replay.chain.slice(
      0,
      replay.chain.findIndex((entry) => entry.kind === "hand"),
    ),
  );
  for (const [index, key] of keys.entries()) {
    const isLast = index === keys.length - 1;
    const happened = { kind: "step", key, milliseconds: 0, size: undefined, inputs: undefined } as const;
    advance(core, stage, happened, { ...change, ...(isLast ? { checkpoint: image } : {}) });
  }
  rememberAsRun(core, stage, position, keys.length);
}

function handEdit(core: SessionCore, id: number): HandEdit {
  const edit = core.handEdits.find((edit) => edit.id === id);
  if (!edit) {
    throw new SlipwayError("HAND_EDIT_UNKNOWN", `there is no hand edit ${id}`, {
      hint:
        core.handEdits.length > 0 ? `there are: ${core.handEdits.map((edit) => edit.id).join(", ")}` : "none was made",
      exitCode: ExitCode.usage,
    });
  }
  return edit;
}

/** One RUN for the commands of a group; each in the folder in which it was given. */
function runInstruction(group: readonly HandEdit[], workdir: string): string {
  const commands = group.map((edit) =>
    edit.workdir === workdir ? edit.command : `cd ${edit.workdir} && ${edit.command}`,
  );
  if (commands.length === 1) return `RUN ${commands[0]}`;
  const unjoinable = commands.find((command) => /(^|\s)#|&\s*$|<<|\n|^\s*\[/.test(command));
  if (unjoinable !== undefined) {
    throw new SlipwayError("ADOPT_JOIN", `this command can't be joined with others by &&: ${unjoinable}`, {
      hint: "adopt it as an instruction of its own",
      exitCode: ExitCode.usage,
    });
  }
  return `RUN ${commands.join(" && \\\n    ")}`;
}

function insertAll(core: SessionCore, stage: SessionStage, instructions: readonly string[]): string {
  const { from, instructions: existing } = core.plan.stages[stage.index]!.stage;
  const last = [from, ...existing][core.doneCount(stage) - 1] ?? from;
  return instructions.reduce(
    (text, instruction, index) => insertInstruction(text, last.number + 1 + index, instruction),
    core.text,
  );
}

interface BroughtOut {
  readonly instruction: string;
  write(): Promise<void>;
}

async function bringOut(core: SessionCore, stage: SessionStage, path: string): Promise<BroughtOut> {
  const [file] = await stage.replay.agent.stat([path], false);
  const isFile = file?.type === "file";
  const container = isFile ? await sourceContainer(core, (await stage.replay.checkpoint()).image) : undefined;
  const archived = container === undefined ? undefined : await readFileOf(core, container, path);
  if (file?.type !== "file" || !archived) {
    throw new SlipwayError("ADOPT_NO_FILE", `${path} is no file in the container, or larger than 8 MiB`, {
      hint: "'diff' lists the files that were changed by hand",
      exitCode: ExitCode.usage,
    });
  }
  const relative = `${FILES_FOLDER}${path}`;
  const { context, dockerfilePath } = core.options;
  const patterns = await readIgnorePatterns(context, { kind: "file", path: dockerfilePath });
  if (createIgnoreMatcher(patterns).ignores(relative, false)) {
    throw new SlipwayError("ADOPT_IGNORED", `${relative} would be left out of the build by the ignore file`, {
      hint: `add the line !${FILES_FOLDER} to it`,
    });
  }
  const target = join(core.options.context, relative);
  const before = await readFile(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (before && !before.equals(archived.content) && !core.text.includes(relative)) {
    throw new SlipwayError("ADOPT_FILE_EXISTS", `${target} exists already and is something else`, {
      hint: "move it away, then adopt again; nothing was changed",
    });
  }
  const words = [relative, path];
  const plain = words.every((word) => !/[\s"'\\$]/.test(word));
  const owner = file.uid || file.gid ? `--chown=${file.uid}:${file.gid} ` : "";
  return {
    instruction: `COPY ${owner}${plain ? words.join(" ") : JSON.stringify(words)}`,
    write: async () => {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, archived.content);
      await chmod(target, file.mode & 0o7777);
    },
  };
}

/** Whether nothing of the hand edit is left to adopt once these files are copied; their folders come with them. */
function coveredBy(edit: HandEdit, files: readonly string[]): boolean {
  const touched = edit.changes.filter((change) => change.timesOnly !== true && !isTrace(change.path));
  const isCovered = ({ type, path }: FileChange) =>
    files.includes(path) || (type === "directory" && files.some((file) => file.startsWith(`${path}/`)));
  return touched.length > 0 && touched.every(isCovered);
}

/** Whether the container is now what the instructions say: all that was done by hand after a good step, in its order. */
function isWholeTruth(
  core: SessionCore,
  stage: SessionStage,
  adopted: readonly HandEdit[],
  adoption: Adoption,
): boolean {
  const held = stage.replay.handEditIds.map((id) => core.handEdits.find((edit) => edit.id === id));
  const effective = held.filter((edit) => edit !== undefined && edit.changes.length > 0);
  return (
    stage.replay.failed === undefined &&
    adoption.files.length === 0 &&
    stage.replay.onlyTrailingHandEdits &&
    effective.length === adopted.length &&
    effective.every((edit, index) => edit === adopted[index])
  );
}

function rememberAsRun(core: SessionCore, stage: SessionStage, position: number, count: number): void {
  for (const place of core.places()) {
    if (place.stage !== stage || place.position < position || place.position >= position + count) continue;
    core.remember(place.instruction.number, {
      ran: true,
      milliseconds: undefined,
      size: undefined,
      exitCode: 0,
      changes: undefined,
    });
  }
}
