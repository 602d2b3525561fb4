import { trimSpace } from "./characters.ts";
import { readCommand, readList } from "./commands.ts";
import { readCopy } from "./copy-instruction.ts";
import { allFlags, readFlagValues } from "./flags.ts";
import { readHealthcheck } from "./healthcheck-instruction.ts";
import { readOnbuild } from "./onbuild-instruction.ts";
import { readArgs, readPairs } from "./pairs.ts";
import { type InstructionContext, report } from "./report.ts";
import { readRun } from "./run-instruction.ts";
import { suggestWord } from "./suggest.ts";
import type { FromInstruction, Instruction, InstructionBase, Keyword, WordInstruction } from "./types.ts";
import { readJsonWords, splitWords } from "./words.ts";

export const keywords: readonly Keyword[] = [
  "ADD",
  "ARG",
  "CMD",
  "COPY",
  "ENTRYPOINT",
  "ENV",
  "EXPOSE",
  "FROM",
  "HEALTHCHECK",
  "LABEL",
  "MAINTAINER",
  "ONBUILD",
  "RUN",
  "SHELL",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
];

/** Understands one node; undefined when nothing usable is left of it, and then there is a problem that says why. */
export function readInstruction(context: InstructionContext, number: number): Instruction | undefined {
  const written = context.node.keyword;
  const keyword = keywords.find((known) => known === written.text.toUpperCase());
  if (!keyword) {
    const nearest = suggestWord(written.text, keywords);
    const hint = nearest ? `did you mean ${nearest}?` : `known are ${keywords.join(", ")}`;
    report(context, "unknown-instruction", `unknown instruction: ${written.text}`, { place: written, hint });
    return undefined;
  }
  return readKnown(context, keyword, readBase(context, number));
}

function readBase(context: InstructionContext, number: number): InstructionBase {
  const { node, source } = context;
  return {
    number,
    range: node.range,
    text: source.text.slice(node.range.start.offset, node.range.end.offset),
    summary: summarize(context),
    flags: allFlags(context),
    comments: node.comments,
  };
}

/** The indent of a continuation line counts as one space. */
function summarize({ node }: InstructionContext): string {
  const parts = node.segments.map(({ at }, index) => node.line.slice(at, node.segments[index + 1]?.at));
  const joined = parts.reduce((line, part, index) => {
    if (index === 0) return part;
    const indented = part.trimStart();
    return indented === part || /\s$/.test(line) ? line + indented : `${line} ${indented}`;
  }, "");
  return trimSpace(joined);
}

function readKnown(context: InstructionContext, keyword: Keyword, base: InstructionBase): Instruction | undefined {
  const { rest } = context.node;
  switch (keyword) {
    case "FROM":
      return readFrom(context, base);
    case "RUN":
      return readRun(context, base, readFlagValues(context, keyword));
    case "COPY":
    case "ADD":
      return readCopy(context, base, keyword, readFlagValues(context, keyword));
    case "ENV":
    case "LABEL":
      readFlagValues(context, keyword);
      return { ...base, keyword, ...readPairs(context, keyword) };
    case "ARG":
      ignoreFlags(context, keyword);
      return { ...base, keyword, pairs: readArgs(context) };
    case "CMD":
    case "ENTRYPOINT":
      readFlagValues(context, keyword);
      return { ...base, keyword, command: readCommand(context) };
    case "HEALTHCHECK":
      return readHealthcheck(context, base);
    case "STOPSIGNAL":
      ignoreFlags(context, keyword);
      return readWord(context, base, keyword);
    case "WORKDIR":
    case "USER":
    case "MAINTAINER":
      readFlagValues(context, keyword);
      return readWord(context, base, keyword);
    case "EXPOSE":
      readFlagValues(context, keyword);
      return requireWords(context, keyword) && { ...base, keyword, words: splitWords(rest).map(({ text }) => text) };
    case "VOLUME":
      readFlagValues(context, keyword);
      return requireWords(context, keyword) && { ...base, keyword, words: readVolumes(context) };
    case "SHELL":
      readFlagValues(context, keyword);
      return readShell(context, base);
    case "ONBUILD":
      readFlagValues(context, keyword);
      return readOnbuild(context, base, readInstruction);
  }
}

/** BuildKit reads no flags here and says nothing. */
function ignoreFlags(context: InstructionContext, keyword: Keyword): void {
  for (const place of context.node.flags) {
    report(context, "flag-ignored", `${keyword} takes no flags: ${place.text} is ignored`, {
      place,
      severity: "warning",
    });
  }
}

function readFrom(context: InstructionContext, base: InstructionBase): FromInstruction {
  const words = splitWords(context.node.rest);
  const [image, as, alias] = words;
  const isNamed = words.length === 3 && as!.text.toLowerCase() === "as";
  if (words.length !== 1 && !isNamed) {
    report(context, "from-arguments", "FROM requires either one or three arguments", {
      hint: "write FROM IMAGE [AS NAME]",
    });
  } else if (alias && !/^[a-z][a-z0-9-_.]*$/.test(alias.text.toLowerCase())) {
    const message = `invalid name for build stage: ${JSON.stringify(alias.text)}, name can't start with a number or contain symbols`;
    report(context, "stage-name", message, { place: alias, hint: "use letters, digits, `-`, `_` and `.`" });
  }
  const flags = readFlagValues(context, "FROM");
  return {
    ...base,
    keyword: "FROM",
    image: image?.text ?? "",
    platform: flags.text("platform"),
    alias: isNamed ? alias!.text : undefined,
  };
}

function readWord(
  context: InstructionContext,
  base: InstructionBase,
  keyword: WordInstruction["keyword"],
): WordInstruction | undefined {
  const word = context.node.rest.text;
  if (word !== "") return { ...base, keyword, word };
  report(context, "arguments-missing", `${keyword} requires exactly one argument`);
  return undefined;
}

function requireWords(context: InstructionContext, keyword: "EXPOSE" | "VOLUME"): true | undefined {
  const { rest } = context.node;
  const json = readJsonWords(rest.text);
  if (rest.text !== "" && !(keyword === "VOLUME" && json.kind === "strings" && json.values.length === 0)) return true;
  report(context, "arguments-missing", `${keyword} requires at least one argument`);
  return undefined;
}

function readVolumes(context: InstructionContext): string[] {
  const words = readList(context).map(trimSpace);
  if (words.includes("")) {
    report(context, "volume-empty", "VOLUME specified can not be an empty string", { place: context.node.rest });
  }
  return words.filter((word) => word !== "");
}

function readShell(context: InstructionContext, base: InstructionBase): Instruction | undefined {
  const command = readCommand(context);
  if (command.form === "exec" && command.args.length > 0) return { ...base, keyword: "SHELL", args: command.args };
  if (command.form === "exec" || command.line === "") {
    report(context, "arguments-missing", "SHELL requires at least one argument", {
      hint: 'write SHELL ["/bin/sh", "-c"]',
    });
  } else if (readJsonWords(command.line).kind === "none") {
    report(context, "shell-not-json", "SHELL requires the arguments to be in JSON form", {
      place: context.node.rest,
      hint: 'write SHELL ["/bin/sh", "-c"]',
    });
  }
  return undefined;
}
