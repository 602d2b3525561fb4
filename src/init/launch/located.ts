import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { Mistake } from "./mistakes.ts";

/** A value of a YAML file with the line, from 1, that it stands at. */
export type Located = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedMap {
  readonly kind: "map";
  readonly line: number;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedEntry {
  /** Of the key. */
  readonly line: number;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: "list";
  readonly line: number;
  readonly items: readonly Located[];
}

export interface LocatedScalar {
  readonly kind: "scalar";
  readonly line: number;
  readonly value: Scalar;
  /** As it is written: `0640`, where the value is 640. */
  readonly source: string;
}

export type Scalar = string | number | boolean | null;

export interface LocatedDocument {
  /** Undefined when the text is no YAML. */
  readonly value: Located | undefined;
  readonly mistakes: readonly Mistake[];
}

/** Aliases are followed, so a few lines can say very much. */
const MOST_VALUES = 100_000;

/** Reads YAML 1.2's core schema. */
export function readYaml(text: string, file: string): LocatedDocument {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number) => counter.linePos(offset).line;
  const mistakes: Mistake[] = document.errors.map((error) => ({
    file,
    line: lineAt(error.pos[0]),
    message: error.message,
  }));
  if (mistakes.length > 0) return { value: undefined, mistakes };
  const reader = new NodeReader(document, lineAt, file);
  const value = reader.read(document.contents, 1);
  return reader.mistakes.length > 0 ? { value: undefined, mistakes: reader.mistakes } : { value, mistakes };
}

class NodeReader {
  readonly mistakes: Mistake[] = [];
  readonly #document: Document;
  readonly #lineAt: (offset: number) => number;
  readonly #file: string;
  #count = 0;

  constructor(document: Document, lineAt: (offset: number) => number, file: string) {
    this.#document = document;
    this.#lineAt = lineAt;
    this.#file = file;
  }

  /** `line` is where it is missing, when it is. */
  read(node: unknown, line: number): Located {
    const at = (node as Node | null)?.range ? this.#lineAt((node as Node).range![0]) : line;
    this.#count++;
    if (this.#count === MOST_VALUES) this.#complain(at, `more than ${MOST_VALUES} values`);
    if (this.#count < MOST_VALUES) {
      if (isAlias(node)) return this.read(node.resolve(this.#document), at);
      if (isMap(node)) return { kind: "map", line: at, entries: this.#readEntries(node.items, at) };
      if (isSeq(node)) return { kind: "list", line: at, items: node.items.map((item) => this.read(item, at)) };
      if (isScalar(node)) return this.#readScalar(node.value, node.source ?? "", at);
    }
    return { kind: "scalar", line: at, value: null, source: "" };
  }

  #readScalar(value: unknown, source: string, line: number): Located {
    if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number")
      return { kind: "scalar", line, value, source };
    this.#complain(line, `unexpected value ${source}`);
    return { kind: "scalar", line, value: null, source };
  }

  #readEntries(pairs: readonly { key: unknown; value: unknown }[], line: number): ReadonlyMap<string, LocatedEntry> {
    const entries = new Map<string, LocatedEntry>();
    for (const pair of pairs) {
      const key = this.read(pair.key, line);
      if (key.kind === "scalar" && key.value !== null)
        entries.set(String(key.value), { line: key.line, value: this.read(pair.value, key.line) });
      else if (this.#count < MOST_VALUES) this.#complain(key.line, "a key must be a word");
    }
    return entries;
  }

  #complain(line: number, message: string): void {
    this.mistakes.push({ file: this.#file, line, message });
  }
}
