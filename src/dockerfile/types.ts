/**
 * The Dockerfile model: what `parseDockerfile` gives. Plain readonly data; every node knows its range in the text.
 * The source of every rule is the Dockerfile reference; where it is silent, BuildKit's behaviour.
 */

/** `line` and `column` count from 1 (columns in UTF-16 units), `offset` from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** `end` is exclusive. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** `--name=value`; a bare `--name` has no value. `range` covers the whole flag. */
export interface Flag {
  readonly name: string;
  readonly value: string | undefined;
  readonly range: Range;
}

export interface Heredoc {
  readonly name: string;
  /** The body, with tabs already chomped for `<<-`. */
  readonly content: string;
  /** The body as it is written. */
  readonly raw: string;
  /** False when the delimiter was quoted: then the body is taken literally. */
  readonly expand: boolean;
  readonly chomp: boolean;
  readonly fileDescriptor: number;
  /** The body and the line that ends it, its line break excluded. */
  readonly range: Range;
}

export interface KeyValue {
  readonly key: string;
  /** Undefined only for `ARG NAME` without a default. */
  readonly value: string | undefined;
}

/** A command in shell form (`RUN a && b`) or exec form (`RUN ["a", "b"]`). */
export type Command =
  | { readonly form: "shell"; readonly line: string; readonly heredocs: readonly Heredoc[] }
  | { readonly form: "exec"; readonly args: readonly string[] };

export interface RunMount {
  /** `bind` also where the type is written with a variable: `options` has it. */
  readonly type: "bind" | "cache" | "tmpfs" | "secret" | "ssh";
  /** All options as written, in order, keys lower case; values not yet expanded. */
  readonly options: readonly KeyValue[];
}

export interface InstructionBase {
  /** Position in the file, from 1, global ARGs included: the N of `list`, `break N`, `goto N`. */
  readonly number: number;
  /** From the keyword to the end of the last line of the instruction (heredocs included, line break excluded). */
  readonly range: Range;
  /** The source text of `range`. */
  readonly text: string;
  /** Keyword and arguments on one line, continuations joined and comments dropped: for lists and messages. */
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** Comment lines before it, without their `#`; an empty comment line starts over. */
  readonly comments: readonly string[];
}

export interface FromInstruction extends InstructionBase {
  readonly keyword: "FROM";
  /** As written, not yet expanded. */
  readonly image: string;
  readonly platform: string | undefined;
  /** As written; `Stage.name` is the name in lower case. */
  readonly alias: string | undefined;
}
export interface RunInstruction extends InstructionBase {
  readonly keyword: "RUN";
  readonly command: Command;
  readonly mounts: readonly RunMount[];
  readonly network: string | undefined;
  readonly security: string | undefined;
  readonly devices: readonly string[];
}
/** Fields hold the text as written; expansion comes with evaluation. */
export interface CopyInstruction extends InstructionBase {
  readonly keyword: "COPY" | "ADD";
  readonly sources: readonly string[];
  readonly heredocs: readonly Heredoc[];
  readonly destination: string;
  readonly from: string | undefined;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean;
  readonly parents: boolean;
  readonly excludes: readonly string[];
  readonly checksum: string | undefined;
  readonly keepGitDir: boolean;
  readonly unpack: boolean | undefined;
}
export interface EnvInstruction extends InstructionBase {
  readonly keyword: "ENV" | "LABEL";
  /** Quotes and variables as written. */
  readonly pairs: readonly KeyValue[];
  /** `ENV key value`: one pair, the value to the end of the line. */
  readonly legacy: boolean;
}
export interface ArgInstruction extends InstructionBase {
  readonly keyword: "ARG";
  readonly pairs: readonly KeyValue[];
}
export interface CommandInstruction extends InstructionBase {
  readonly keyword: "CMD" | "ENTRYPOINT";
  readonly command: Command;
}
export interface HealthcheckInstruction extends InstructionBase {
  readonly keyword: "HEALTHCHECK";
  /** Undefined for `HEALTHCHECK NONE`. */
  readonly command: Command | undefined;
  /** Durations as written, e.g. `1m30s`. */
  readonly interval: string | undefined;
  readonly timeout: string | undefined;
  readonly startPeriod: string | undefined;
  readonly startInterval: string | undefined;
  readonly retries: string | undefined;
}
export interface WordInstruction extends InstructionBase {
  readonly keyword: "WORKDIR" | "USER" | "STOPSIGNAL" | "MAINTAINER";
  readonly word: string;
}
export interface WordsInstruction extends InstructionBase {
  readonly keyword: "EXPOSE" | "VOLUME";
  readonly words: readonly string[];
}
export interface ShellInstruction extends InstructionBase {
  readonly keyword: "SHELL";
  readonly args: readonly string[];
}
export interface OnbuildInstruction extends InstructionBase {
  readonly keyword: "ONBUILD";
  /** The trigger's text as it is stored in the image configuration. */
  readonly trigger: string;
}

export type Instruction =
  | FromInstruction
  | RunInstruction
  | CopyInstruction
  | EnvInstruction
  | ArgInstruction
  | CommandInstruction
  | HealthcheckInstruction
  | WordInstruction
  | WordsInstruction
  | ShellInstruction
  | OnbuildInstruction;

export type Keyword = Instruction["keyword"];

export interface Stage {
  /** From 0, as `COPY --from=0` counts. */
  readonly index: number;
  /** In lower case: names are compared without regard to case. */
  readonly name: string | undefined;
  readonly from: FromInstruction;
  /** Without the FROM. */
  readonly instructions: readonly Instruction[];
  readonly range: Range;
}

export interface Directives {
  /** The frontend's reference, without its options. */
  readonly syntax: string | undefined;
  readonly escape: "\\" | "`";
  /** The whole value, e.g. `skip=JSONArgsRecommended;error=true`. */
  readonly check: string | undefined;
}

/** A mistake in a Dockerfile: what, where, and what was expected. */
export interface DockerfileProblem {
  readonly severity: "error" | "warning";
  /** Stable. Errors in kebab-case: `unknown-instruction`, `flag-unknown`; BuildKit's lint rules by their own names. */
  readonly rule: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly range: Range;
}

export interface Dockerfile {
  readonly text: string;
  readonly directives: Directives;
  /** ARGs before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  /** All in file order, global ARGs and FROMs included; `instructions[i].number === i + 1`. */
  readonly instructions: readonly Instruction[];
  /** Every mistake found, in file order; the model holds what could be understood. */
  readonly problems: readonly DockerfileProblem[];
}
