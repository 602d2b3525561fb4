import { formatSize } from "../../format.ts";
import type { CliContext } from "../context.ts";
import { styleFor } from "./style.ts";
import { cutToWidth } from "./table.ts";

/** Work under way. `current` and `total` are bytes. */
export interface ProgressItem {
  readonly text: string;
  readonly current?: number | undefined;
  readonly total?: number | undefined;
}

/**
 * Progress of work, on standard error: on a terminal, one line for each item that runs, redrawn in place; elsewhere a
 * plain line whenever an item's text changes. Lines printed for good go above.
 */
export interface Progress extends Disposable {
  /** Starts the item `id`, or changes it. */
  update(id: string, item: ProgressItem): void;
  /** Takes the item away; `line` stays for good. */
  finish(id: string, line?: string): void;
  /** Prints above the items that run; may be several lines, each with its line break. */
  write(text: string): void;
}

const REDRAW_MILLISECONDS = 80;
const BAR_WIDTH = 20;

export function showProgress(context: Pick<CliContext, "stderr" | "env">): Progress {
  const interactive = context.stderr.isTTY === true && context.env.TERM !== "dumb";
  return interactive ? redrawnProgress(context) : plainProgress(context);
}

function plainProgress({ stderr }: Pick<CliContext, "stderr">): Progress {
  const texts = new Map<string, string>();
  return {
    update(id, { text }) {
      if (texts.get(id) === text) return;
      texts.set(id, text);
      stderr.write(`${text}\n`);
    },
    finish(id, line) {
      texts.delete(id);
      if (line !== undefined) stderr.write(`${line}\n`);
    },
    write: (text) => void stderr.write(text),
    [Symbol.dispose]: () => texts.clear(),
  };
}

function redrawnProgress({ stderr, env }: Pick<CliContext, "stderr" | "env">): Progress {
  const style = styleFor(stderr, env);
  const items = new Map<string, ProgressItem>();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  // Up and clear to the end of the screen; the cursor waits at the start of the line below the items.
  const erase = () => (drawn === 0 ? "" : `\u001b[${drawn}A\u001b[J`);
  function draw(above = ""): void {
    clearTimeout(timer);
    timer = undefined;
    const width = (stderr.columns || 80) - 1;
    // A line that wraps could not be redrawn in place.
    const lines = [...items.values()].map((item) => style.faint(cutToWidth(itemLine(item), width)));
    const text = erase() + above + lines.map((line) => `${line}\n`).join("");
    if (text !== "") stderr.write(text);
    drawn = lines.length;
  }
  function drawSoon(): void {
    timer ??= setTimeout(draw, REDRAW_MILLISECONDS).unref();
  }
  return {
    update(id, item) {
      items.set(id, item);
      drawSoon();
    },
    finish(id, line) {
      items.delete(id);
      // At once: what others print next must not come between the items and their erasure.
      if (line !== undefined || drawn > 0) draw(line === undefined ? "" : `${line}\n`);
    },
    write: (text) => draw(text),
    [Symbol.dispose]() {
      items.clear();
      draw();
    },
  };
}

function itemLine({ text, current, total }: ProgressItem): string {
  if (current === undefined) return text;
  if (total === undefined || total <= 0) return `${text} ${formatSize(current)}`;
  const filled = Math.min(BAR_WIDTH, Math.floor((current / total) * BAR_WIDTH));
  const bar = `[${"=".repeat(filled)}${" ".repeat(BAR_WIDTH - filled)}]`;
  return `${text} ${bar} ${formatSize(current)}/${formatSize(total)}`;
}
