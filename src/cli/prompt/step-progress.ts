import type { SessionEvent } from "../../index.ts";
import type { Progress } from "../output/progress.ts";

type ProgressEvent = Extract<SessionEvent, { type: "progress" }>;

/** Progress of steps. What is over before a person could read it is never shown. */
export interface StepProgress {
  update(event: ProgressEvent): void;
  /** Takes away what is drawn, at once: other output follows. */
  clear(): void;
}

const PATIENCE_MILLISECONDS = 300;

/**
 * `progress`: where it is drawn on a terminal; undefined elsewhere, where each message is printed once.
 * `before` is called before anything is drawn; `print` prints a message for good.
 */
export function showStepProgress(
  progress: Progress | undefined,
  before: () => void,
  print: (event: ProgressEvent) => void,
): StepProgress {
  const latest = new Map<number, ProgressEvent>();
  const printed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let shown = false;

  function show(event: ProgressEvent): void {
    if (progress !== undefined) {
      progress.update(String(event.step), { text: event.message, current: event.current, total: event.total });
      return;
    }
    const key = `${event.step} ${event.message}`;
    if (printed.has(key)) return;
    printed.add(key);
    print(event);
  }
  return {
    update(event) {
      latest.set(event.step, event);
      if (shown) return show(event);
      timer ??= setTimeout(() => {
        shown = true;
        before();
        for (const each of latest.values()) show(each);
      }, PATIENCE_MILLISECONDS);
    },
    clear() {
      clearTimeout(timer);
      timer = undefined;
      if (shown && progress !== undefined) {
        for (const step of latest.keys()) progress.finish(String(step));
        // Now, not at the next redraw.
        progress.write("");
      }
      shown = false;
      latest.clear();
      printed.clear();
    },
  };
}
