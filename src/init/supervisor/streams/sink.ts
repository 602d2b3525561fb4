/** The process that printed something. */
export interface Source {
  readonly pid: number;
  readonly watcher: string;
  readonly channel: "stdout" | "stderr";
}

/** Where the output of processes goes. */
export interface Sink {
  /** Whether sources may hand over more now; a process that prints more meanwhile waits in its pipe. */
  readonly hasRoom: boolean;
  /** Takes whole lines, save where a line is very long or its end is not printed yet. The bytes are valid during the call only. */
  write(lines: Uint8Array, source: Source): void;
  /** After somebody moved its file away. */
  reopen(): void;
  close(): void;
}

export const NEWLINE = 10;
