import type { Session } from "../../index.ts";
import type { LineReader } from "./line-reader.ts";
import type { Screen } from "./screen.ts";

/** Milliseconds in which a save is over. */
const QUIET = 50;

export interface IdleRefresh extends Disposable {
  /** Waits for the person with `work`; meanwhile what others save in the Dockerfile is taken over, and told above the prompt. */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
}

export async function refreshWhileIdle(session: Session, reader: LineReader, screen: Screen): Promise<IdleRefresh> {
  let isIdle = false;
  let timer: NodeJS.Timeout | undefined;
  let refreshing = Promise.resolve();
  const refresh = () => {
    if (!isIdle) return;
    const print = async () => {
      await session.refresh();
      screen.release();
    };
    refreshing = refreshing.then(() => reader.interject(print)).catch((error) => screen.error(error, undefined));
  };
  // A folder that can't be watched is no loss: the file is looked at before the next command.
  const watch = await session
    .watchDockerfile(() => {
      clearTimeout(timer);
      timer = setTimeout(refresh, QUIET);
    })
    .catch(() => undefined);
  return {
    async during(work) {
      isIdle = true;
      try {
        return await work();
      } finally {
        isIdle = false;
        await refreshing;
      }
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      watch?.[Symbol.dispose]();
    },
  };
}
