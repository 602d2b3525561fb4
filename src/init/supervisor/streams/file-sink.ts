import * as native from "native";
import { check, errnoText } from "../../system/errors.ts";
import { O_CREAT, O_WRONLY, writeAll } from "../../system/files.ts";
import type { Log } from "../log.ts";
import type { Sink, Source } from "./sink.ts";

const O_APPEND = 0o2000;
const FILE_MODE = 0o644;

/** When a file is put aside, and how. */
export interface Rotation {
  /** How many bytes of these lines still go into a file that has `size` bytes; 0: it has to be rotated first. */
  fitting(lines: Uint8Array, size: number): number;
  /** The file is closed; puts it aside. */
  rotate(path: string): void;
  /** Asked before each write: whether another file has this name by now. */
  readonly followsName: boolean;
}

/** Appends to a file. What cannot be written is told once, and how much of it there was when it can be again. */
export class FileSink implements Sink {
  readonly hasRoom = true;
  readonly #path: string;
  readonly #rotation: Rotation;
  readonly #log: Log;
  #fd: number | undefined;
  #size = 0;
  #identity = "";
  #lostBytes = 0;
  #told = false;
  #rotationTold = false;

  constructor(path: string, rotation: Rotation, log: Log) {
    this.#path = path;
    this.#rotation = rotation;
    this.#log = log;
    this.#attempt(0, () => this.#open());
  }

  write(lines: Uint8Array, _source: Source): void {
    if (this.#rotation.followsName && this.#identify() !== this.#identity) this.#shut();
    this.#attempt(lines.length, () => {
      for (let at = 0; at < lines.length; ) {
        const rest = lines.subarray(at);
        if (this.#fd === undefined) this.#open();
        let count = this.#rotation.fitting(rest, this.#size);
        // Where it cannot be put aside it just grows.
        if (count === 0 && !this.#rotate()) count = rest.length;
        if (count === 0) continue;
        writeAll(this.#fd!, rest.subarray(0, count), this.#path);
        this.#size += count;
        at += count;
      }
    });
  }

  #rotate(): boolean {
    this.#shut();
    try {
      this.#rotation.rotate(this.#path);
      this.#rotationTold = false;
    } catch (error) {
      if (!this.#rotationTold) this.#log.error(`${this.#path} is not rotated: ${(error as Error).message}`);
      this.#rotationTold = true;
    }
    this.#open();
    return !this.#rotationTold;
  }

  reopen(): void {
    this.#shut();
    this.#attempt(0, () => this.#open());
  }

  close(): void {
    this.#shut();
  }

  #attempt(bytes: number, work: () => void): void {
    try {
      work();
      if (this.#lostBytes > 0)
        this.#log.warning(`${this.#path} can be written again; ${this.#lostBytes} bytes are lost`);
      this.#lostBytes = 0;
      this.#told = false;
    } catch (error) {
      if (!this.#told) this.#log.error(`output is lost: ${(error as Error).message}`);
      this.#told = true;
      this.#lostBytes += bytes;
    }
  }

  #open(): void {
    const path = this.#path;
    const fd = check(native.open(path, O_WRONLY | O_CREAT | O_APPEND, FILE_MODE), () => `open ${path}`);
    const found = native.stat(path);
    this.#fd = fd;
    this.#size = typeof found === "number" ? 0 : found.size;
    this.#identity = identityOf(found);
  }

  #identify(): string {
    return identityOf(native.stat(this.#path));
  }

  #shut(): void {
    if (this.#fd !== undefined) native.close(this.#fd);
    this.#fd = undefined;
  }
}

function identityOf(found: native.Stat | number): string {
  return typeof found === "number" ? errnoText(-found) : `${found.dev}:${found.ino}`;
}
