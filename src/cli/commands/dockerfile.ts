import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import type { CliContext } from "../context.ts";

export function dockerfileCommand(context: CliContext): Command {
  const dockerfile = new Command("dockerfile").description(
    "Look into a Dockerfile without an engine: how it is understood, what its words become, what is wrong with it.",
  );
  dockerfile.addCommand(parseCommand(context));
  dockerfile.addCommand(expandCommand(context));
  dockerfile.addCommand(checkCommand(context));
  return dockerfile;
}

const fileArgument = () => new Argument("[file]", "the Dockerfile; - for standard input").default("Dockerfile");

function parseCommand(context: CliContext): Command {
  return new Command("parse")
    .summary("Print its stages and instructions")
    .description(
      "Print stages and instructions, each with its range (line:column, the end exclusive), flags and arguments, as " +
        "they are written. Exits with 1 when the syntax is wrong; what could be understood is printed all the same.",
    )
    .addArgument(fileArgument())
    .option("--json", "the whole model as JSON: directives, globalArgs, stages, instructions, problems")
    .addHelpText(
      "after",
      "\nExamples:\n  slipway dockerfile parse\n  slipway dockerfile parse --json app/Dockerfile | jq '.stages[].name'",
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { parseDockerfile } = await import("../../dockerfile/parse.ts");
      const { requireValid } = await import("../../dockerfile/errors.ts");
      const { describeDockerfile } = await import("../output/dockerfile.ts");
      const model = parseDockerfile(await readDockerfile(context, file));
      const lines = json ? [JSON.stringify(model, undefined, 2)] : describeDockerfile(model);
      context.stdout.write(lines.map((line) => `${line}\n`).join(""));
      requireValid(model, nameOf(file));
    });
}

interface ExpandFlags {
  readonly env: Readonly<Record<string, string>>;
  readonly escape: "\\" | "`";
  readonly words?: boolean;
  readonly json?: boolean;
}

function expandCommand(context: CliContext): Command {
  return new Command("expand")
    .summary("Print a word after expansion")
    .description(
      "Expand variables in a word and remove its quotes, as ENV, COPY, WORKDIR and others do. Exits with 1 when the " +
        "word can't be expanded.",
    )
    .argument("<word>", "the word, in quotes for your own shell")
    .addOption(
      new Option("-e, --env <name=value>", "a variable; can be given again")
        .argParser(addVariable)
        .default({}, "none are set"),
    )
    .addOption(new Option("--escape <character>", "the escape character").choices(["\\", "`"]).default("\\"))
    .option("--words", "split the result at unquoted spaces and print one word a line")
    .option("--json", "as JSON: text, words, and the variables that were matched and unmatched")
    .addHelpText(
      "after",
      `
Examples:
  slipway dockerfile expand '\${VERSION:-latest}'
  slipway dockerfile expand '\${FILE%.tar.gz}' --env FILE=app.tar.gz
  slipway dockerfile expand '$PORTS' --words --env 'PORTS=80 443'`,
    )
    .action(async (word: string, flags: ExpandFlags) => {
      const { ExpandError, expand } = await import("../../dockerfile/expand.ts");
      const lookup = (name: string) => (Object.hasOwn(flags.env, name) ? flags.env[name] : undefined);
      try {
        const { text, words, matched, unmatched } = expand(word, { lookup, escape: flags.escape });
        const json = { text, words, matched: [...matched], unmatched: [...unmatched] };
        const lines = flags.json ? [JSON.stringify(json)] : flags.words ? words : [text];
        context.stdout.write(lines.map((line) => `${line}\n`).join(""));
      } catch (error) {
        if (!(error instanceof ExpandError)) throw error;
        throw new SlipwayError("EXPANSION_FAILED", error.message, { cause: error });
      }
    });
}

function addVariable(pair: string, variables: Readonly<Record<string, string>>): Record<string, string> {
  const equals = pair.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("It has to be NAME=VALUE.");
  return { ...variables, [pair.slice(0, equals)]: pair.slice(equals + 1) };
}

function checkCommand(context: CliContext): Command {
  return new Command("check")
    .summary("Print every problem of it")
    .description(
      "Print every problem with its place: wrong syntax, stages and variables that don't exist, and the warnings of " +
        "BuildKit's linter, which `# check=skip=RULE` switches off. Exits with 1 when there are errors.",
    )
    .addArgument(fileArgument())
    .option("--target <stage>", "the stage to build: name or number (default: the last)")
    .option("--json", "as JSON: an array of problems with severity, rule, message, hint and range")
    .addHelpText(
      "after",
      "\nExamples:\n  slipway dockerfile check\n  slipway dockerfile check --target test app/Dockerfile\n  slipway dockerfile check - < Dockerfile",
    )
    .action(async (file: string, { target, json }: { target?: string; json?: boolean }) => {
      const { parseDockerfile } = await import("../../dockerfile/parse.ts");
      const { checkDockerfile } = await import("../../dockerfile/check.ts");
      const { renderProblem } = await import("../../dockerfile/snippet.ts");
      const text = await readDockerfile(context, file);
      const problems = checkDockerfile(parseDockerfile(text), { target });
      const rendered = problems.map((problem) => renderProblem(nameOf(file), text, problem));
      const lines = json ? [JSON.stringify(problems, undefined, 2)] : rendered;
      context.stdout.write(lines.map((line) => `${line}\n`).join(""));
      if (problems.some(({ severity }) => severity === "error")) context.setExitCode(ExitCode.failure);
    });
}

function nameOf(file: string): string {
  return file === "-" ? "standard input" : file;
}

async function readDockerfile(context: CliContext, file: string): Promise<string> {
  // Decoded whole, and with its byte order mark: the ranges count it.
  if (file === "-") return (await buffer(context.stdin)).toString("utf8");
  try {
    return await readFile(resolve(context.cwd, file), "utf8");
  } catch (error) {
    throw new SlipwayError("DOCKERFILE_MISSING", `cannot read ${file}: ${messageOf(error)}`, {
      hint: "name the file, or - for standard input",
      cause: error,
    });
  }
}
