import { stripVTControlCharacters } from "node:util";
import pty from "@lydell/node-pty";
import { program } from "./program.ts";

/** A program in a pseudo-terminal, typed into as a person does. */
export interface TypedProgram extends Disposable {
  type(text: string): void;
  /** Waits until what came since the last match has `pattern`; gives all that came up to its end, without colours. */
  expect(pattern: RegExp): Promise<string>;
  kill(signal: string): void;
  readonly exited: Promise<number>;
}

const PATIENCE_MILLISECONDS = 60_000;

export interface TerminalOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
}

export function startInTerminal(words: readonly string[], options: TerminalOptions = {}): TypedProgram {
  return startAnyInTerminal(process.execPath, [program, ...words], options);
}

/** Another program in a pseudo-terminal. */
export function startAnyInTerminal(
  file: string,
  words: readonly string[],
  options: TerminalOptions = {},
): TypedProgram {
  const env = { ...process.env, TERM: "xterm-256color", ...options.env } as Record<string, string>;
  const child = pty.spawn(file, [...words], {
    cols: options.columns ?? 100,
    rows: 30,
    cwd: options.cwd ?? process.cwd(),
    env,
  });
  let printed = "";
  let wake = () => {};
  let closed = false;
  child.onData((data) => {
    printed += data;
    wake();
  });
  const exited = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      closed = true;
      wake();
      resolve(exitCode);
    });
  });
  return {
    exited,
    type: (text) => child.write(text),
    kill: (signal) => child.kill(signal),
    async expect(pattern) {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        wake();
      }, PATIENCE_MILLISECONDS);
      try {
        while (true) {
          const plain = stripVTControlCharacters(printed).replaceAll("\r", "");
          const match = pattern.exec(plain);
          if (match !== null) {
            printed = plain.slice(match.index + match[0].length);
            return plain.slice(0, match.index + match[0].length);
          }
          if (closed || late) throw new Error(`${pattern} did not come; there was:\n${plain}`);
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.dispose]() {
      if (!closed) child.kill("SIGKILL");
    },
  };
}
