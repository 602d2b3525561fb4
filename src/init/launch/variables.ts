import { InitError } from "../system/errors.ts";

export interface Variable {
  readonly value: string;
  /** From `NAME_FILE`: a secret. */
  readonly isFromFile: boolean;
}

/** The container's environment, where `NAME_FILE` says which file holds the value of NAME. */
export class Variables {
  readonly #entries: ReadonlyMap<string, string>;
  readonly #readText: (path: string) => string;

  /** `environment`: `NAME=value` each. */
  constructor(environment: readonly string[], readText: (path: string) => string) {
    this.#entries = new Map(
      environment.map((entry) => {
        const end = entry.indexOf("=");
        return [entry.slice(0, end), entry.slice(end + 1)] as const;
      }),
    );
    this.#readText = readText;
  }

  /** A last newline of a file is left out. Throws InitError when both are set, or the file can't be read. */
  find(name: string): Variable | undefined {
    const value = this.#entries.get(name);
    const file = this.#entries.get(`${name}_FILE`);
    if (file === undefined) return value === undefined ? undefined : { value, isFromFile: false };
    if (value !== undefined) throw new InitError("mistakes", `both ${name} and ${name}_FILE are set`);
    return { value: this.#read(name, file).replace(/\r?\n$/, ""), isFromFile: true };
  }

  /** As `find` says it, without looking at files. */
  plain(name: string): string | undefined {
    return this.#entries.get(name);
  }

  #read(name: string, file: string): string {
    try {
      return this.#readText(file);
    } catch (error) {
      if (error instanceof InitError) throw new InitError(error.code, `${name}_FILE: ${error.message}`);
      throw error;
    }
  }
}

/** `NAME=value` each, every name once: later ones win. */
export function overlayVariables(...environments: readonly (readonly string[])[]): string[] {
  return [...new Map(environments.flat().map((entry) => [entry.slice(0, entry.indexOf("=")), entry])).values()];
}
