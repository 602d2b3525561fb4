import { basename } from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { baseStage } from "../dockerfile/stage-references.ts";
import type { Dockerfile, Instruction } from "../dockerfile/types.ts";
import type { Session } from "../session/types.ts";

/** `sourceReference` of the Dockerfile as it is in the session, where that is not what is on disk. */
export const SESSION_TEXT = 1;
/** Of what step N printed: this and N. */
export const STEP_OUTPUT = 1000;

/** The session's Dockerfile as an editor knows it: lines and sources. */
export class DockerfileView {
  readonly #session: Session;
  /** What the editor calls the first line: 1, or 0. */
  readonly #firstLine: number;
  #parsed: { readonly text: string; readonly dockerfile: Dockerfile } | undefined;

  constructor(session: Session, firstLine: number) {
    this.#session = session;
    this.#firstLine = firstLine;
  }

  toEditor(line: number): number {
    return line - 1 + this.#firstLine;
  }
  fromEditor(line: number): number {
    return line + 1 - this.#firstLine;
  }

  get dockerfile(): Dockerfile {
    const { text } = this.#session;
    if (this.#parsed?.text !== text) this.#parsed = { text, dockerfile: parseDockerfile(text) };
    return this.#parsed.dockerfile;
  }

  instruction(number: number): Instruction | undefined {
    return this.dockerfile.instructions[number - 1];
  }

  /** The instruction that the line belongs to, or the next one. */
  instructionAt(line: number): Instruction | undefined {
    return this.dockerfile.instructions.find(({ range }) => range.end.line >= line);
  }

  /** Index of the stage that a stage starts from; undefined: an image. */
  stageBelow(index: number): number | undefined {
    const stage = this.dockerfile.stages[index];
    return stage && baseStage(this.dockerfile, stage)?.index;
  }

  source(): DebugProtocol.Source {
    const { dockerfile: path, unsaved } = this.#session.status();
    const name = basename(path);
    return unsaved ? { name: `${name} (in the session)`, path, sourceReference: SESSION_TEXT } : { name, path };
  }

  outputSource(step: number): DebugProtocol.Source {
    return { name: `output of step ${step}`, path: `step-${step}.log`, sourceReference: STEP_OUTPUT + step };
  }
}
