// A shell in a pseudo-terminal: types into it as a person does, shows what it prints, waits for what must come.
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters, styleText } from "node:util";
import pty from "@lydell/node-pty";

/** Milliseconds that an answer may take; the slowest is a base image from a distant mirror. */
const patience = 900_000;

/** @param {{ folder: string, env: Record<string, string>, fast: boolean }} options */
export function openTerminal({ folder, env, fast }) {
  const size = { cols: process.stdout.columns || 110, rows: process.stdout.rows || 40 };
  const shell = pty.spawn("/bin/sh", [], { ...size, name: "xterm-256color", cwd: folder, env });
  let printed = "";
  let read = 0;
  let wake = () => {};
  let closed = false;
  shell.onData((data) => {
    process.stdout.write(data);
    printed += data;
    wake();
  });
  const exited = new Promise((resolve) => {
    shell.onExit(() => {
      closed = true;
      wake();
      resolve();
    });
  });

  /** Waits until what has been printed since the last answer matches `pattern`; gives all of that. */
  async function expect(pattern) {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      wake();
    }, patience);
    try {
      for (;;) {
        const text = plain(printed.slice(read));
        if (pattern.test(text)) {
          read = printed.length;
          return text;
        }
        const trouble = closed ? "The terminal closed" : late ? "Nothing came" : undefined;
        if (trouble) throw new Error(`${trouble} while waiting for ${pattern}; before that:\n${text.slice(-2000)}`);
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function type(line) {
    await pause(400);
    for (const key of line) {
      shell.write(key);
      await pause(35);
    }
    await pause(300);
    shell.write("\r");
  }

  /** A remark of the demo's own, above the prompt that waits. */
  async function narrate(text) {
    const prompt = printed.slice(printed.lastIndexOf("\n") + 1);
    process.stdout.write(`\r\x1b[K\n${styleText(["bold", "cyan"], `# ${text}`)}\n${prompt}`);
    await pause(1500);
  }

  async function pause(milliseconds) {
    if (!fast) await sleep(milliseconds);
  }

  /** Hangs up: the shell and what runs in it get SIGHUP. */
  async function close() {
    if (!closed) shell.kill("SIGHUP");
    await exited;
  }

  return { expect, type, narrate, pause, close };
}

function plain(text) {
  return stripVTControlCharacters(text).replaceAll("\r", "");
}
