import { mistake } from "./mistake.ts";
import { resolveDestination } from "./paths.ts";
import type { CopyOperation, Evaluated, StageState } from "./plan-types.ts";
import { dialectOf, expanderFor } from "./scope.ts";
import { resolveSource } from "./sources.ts";
import type { CopyInstruction } from "./types.ts";

export function evaluateCopy(state: StageState, instruction: CopyInstruction): Evaluated {
  const expand = expanderFor(state, instruction);
  const optional = (text: string | undefined) => (text === undefined ? undefined : expand.word(text) || undefined);
  const destination = expand.word(instruction.destination);
  const { expandsChmod } = dialectOf(state.plan.options);
  const chmod = expandsChmod ? optional(instruction.chmod) : instruction.chmod;
  const operation: CopyOperation = {
    kind: instruction.keyword === "ADD" ? "add" : "copy",
    from:
      instruction.from === undefined || instruction.from === ""
        ? { kind: "context", name: undefined }
        : resolveSource(state.plan, state.stageIndex, instruction, instruction.from),
    sources: instruction.sources.map(expand.word),
    inlineFiles: instruction.heredocs.map(({ name, content, expand: expands }) => ({
      name,
      content: expands ? expand.body(content) : content,
    })),
    destination: resolveDestination(state.config.workingDir || "/", destination),
    chown: optional(instruction.chown),
    chmod: expandsChmod || (chmod && /^[0-7]+$/.test(chmod)) ? chmod : undefined,
    link: instruction.link,
    parents: instruction.parents,
    excludes: instruction.excludes,
    checksum: optional(instruction.checksum),
    keepGitDir: instruction.keepGitDir,
    unpack: instruction.unpack,
  };
  checkSources(instruction, operation);
  return {
    state,
    operation,
    createdBy: `${describe(state, instruction, { ...operation, chmod }, destination)} # buildkit`,
  };
}

function checkSources(instruction: CopyInstruction, { kind, sources, checksum }: CopyOperation): void {
  const remote = sources.find(isRemote);
  if (kind === "copy" && remote !== undefined) {
    throw mistake(instruction, "copy-remote", `COPY cannot take ${remote} from the network`, "use ADD");
  }
  if (checksum === undefined) return;
  if (sources.length !== 1) throw mistake(instruction, "add-checksum", "--checksum needs exactly one source");
  if (!remote)
    throw mistake(instruction, "add-checksum", `--checksum is for URLs and git, and ${sources[0]} is neither`);
}

/** A URL, or git over ssh: everything that is not a path. */
function isRemote(source: string): boolean {
  return /^(https?|git|ssh|git\+\w+):\/\//.test(source) || /^git@[^/]+:/.test(source);
}

function describe(
  state: StageState,
  instruction: CopyInstruction,
  { parents, chown, chmod, sources, inlineFiles }: CopyOperation,
  destination: string,
): string {
  const flags = dialectOf(state.plan.options).showsCopyFlagsInHistory
    ? [parents && "--parents", chown && `--chown=${chown}`, chmod && `--chmod=${chmod}`].filter(
        (flag) => flag !== false,
      )
    : [];
  const words = [...flags, ...sources, ...inlineFiles.map(({ name }) => `<<${name}`), destination];
  return [instruction.keyword, ...words.filter((word) => word !== undefined)].join(" ");
}
