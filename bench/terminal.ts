import { stripVTControlCharacters } from "node:util";
import pty from "@lydell/node-pty";

/** Milliseconds until `pattern` is on the terminal; types `leave` then and waits for the end. */
export function timePrompt([program, ...args]: string[], pattern: RegExp, leave: string): Promise<number> {
  const start = performance.now();
  const terminal = pty.spawn(program!, args, { cols: 100, rows: 30 });
  const patience = setTimeout(() => terminal.kill(), 60_000);
  let printed = "";
  let ready: number | undefined;
  return new Promise((resolve, reject) => {
    terminal.onData((data) => {
      printed += data;
      if (ready !== undefined || !pattern.test(stripVTControlCharacters(printed))) return;
      ready = performance.now() - start;
      terminal.write(`${leave}\r`);
    });
    terminal.onExit(() => {
      clearTimeout(patience);
      if (ready === undefined) reject(new Error(`${program} ${args.join(" ")} showed no prompt:\n${printed}`));
      else resolve(ready);
    });
  });
}
