import { Handles } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";

/** Something that an editor shows by name, and opens where it has children. */
export interface Value {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  /** What gives the same when it is evaluated: for copying and watching. */
  readonly evaluateName?: string;
  /** Of the file or folder in the image that it is about: a data break point can be set on it. */
  readonly path?: string;
  readonly children?: () => readonly Value[] | Promise<readonly Value[]>;
  /** How many lines the children are, where they are fetched by pieces. */
  readonly lines?: number;
}

/** What was shown since the last stop, by the number that the editor asks for it with. */
export class Variables {
  readonly #handles = new Handles<Value>();

  /** 0 for a value that can't be opened. */
  referTo(value: Value): number {
    return value.children === undefined ? 0 : this.#handles.create(value);
  }

  async list({
    variablesReference,
    start,
    count,
  }: DebugProtocol.VariablesArguments): Promise<DebugProtocol.Variable[]> {
    const children = (await this.#handles.get(variablesReference)?.children?.()) ?? [];
    return children.slice(start ?? 0, count ? (start ?? 0) + count : undefined).map((value) => this.#describe(value));
  }

  /** The child of that name of something that was shown. */
  async find(reference: number, name: string): Promise<Value | undefined> {
    const children = await this.#handles.get(reference)?.children?.();
    return children?.find((value) => value.name === name);
  }

  /** Numbers of before mean nothing any more. */
  reset(): void {
    this.#handles.reset();
  }

  #describe(value: Value): DebugProtocol.Variable {
    return {
      name: value.name,
      value: value.value,
      ...(value.type === undefined ? {} : { type: value.type }),
      ...(value.evaluateName === undefined ? {} : { evaluateName: value.evaluateName }),
      ...(value.lines === undefined ? {} : { indexedVariables: value.lines }),
      variablesReference: this.referTo(value),
      presentationHint: { attributes: ["readOnly"] },
    };
  }
}
