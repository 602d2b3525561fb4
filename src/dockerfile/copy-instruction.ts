import { readList } from "./commands.ts";
import { ExpandError } from "./expand.ts";
import type { FlagValues } from "./flags.ts";
import { type HeredocWord, readHeredocWord } from "./heredoc.ts";
import { type InstructionContext, report } from "./report.ts";
import type { CopyInstruction, InstructionBase } from "./types.ts";

/** Reads COPY and ADD. */
export function readCopy(
  context: InstructionContext,
  base: InstructionBase,
  keyword: "COPY" | "ADD",
  flags: FlagValues,
): CopyInstruction | undefined {
  const words = readList(context);
  if (words.length < 2) {
    const message = `${keyword} requires at least two arguments, but only ${words.length === 0 ? "none" : "one"} was provided. Destination could not be determined`;
    report(context, "arguments-missing", message, { hint: `write ${keyword} SOURCE… DESTINATION` });
    return undefined;
  }
  const destination = words.at(-1)!;
  if (heredocOf(destination)) {
    report(context, "heredoc-destination", `${keyword} cannot accept a heredoc as a destination`, {
      place: context.node.rest,
      hint: "write the destination's path last",
    });
    return undefined;
  }
  const names = words.slice(0, -1).flatMap((word) => heredocOf(word)?.name ?? []);
  return {
    ...base,
    keyword,
    sources: words.slice(0, -1).filter((word) => !heredocOf(word)),
    heredocs: names.flatMap((name) => context.node.heredocs.findLast((heredoc) => heredoc.name === name) ?? []),
    destination,
    from: flags.text("from"),
    chown: flags.text("chown"),
    chmod: flags.text("chmod"),
    link: flags.truth("link") ?? false,
    parents: flags.truth("parents") ?? false,
    excludes: flags.texts("exclude"),
    checksum: flags.text("checksum"),
    keepGitDir: flags.truth("keep-git-dir") ?? false,
    unpack: flags.truth("unpack"),
  };
}

/** A word with unbalanced quotes is a path. */
function heredocOf(word: string): HeredocWord | undefined {
  try {
    return readHeredocWord(word);
  } catch (error) {
    if (error instanceof ExpandError) return undefined;
    throw error;
  }
}
