import { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { showProgress } from "./progress.ts";

function recorder(properties: object) {
  const written: string[] = [];
  const stderr = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk, _, done) {
        written.push(chunk);
        done();
      },
    }),
    properties,
  );
  return { stderr, written };
}

test("without a terminal each text is a line, and counts are not", () => {
  const { stderr, written } = recorder({});
  using progress = showProgress({ stderr, env: {} });
  progress.update("a", { text: "Pulling a", current: 1, total: 9 });
  progress.update("a", { text: "Pulling a", current: 5, total: 9 });
  progress.write("output\n");
  progress.update("a", { text: "Unpacking a" });
  progress.finish("a", "Pulled a");
  expect(written.join("")).toBe("Pulling a\noutput\nUnpacking a\nPulled a\n");
});

test("on a terminal items are redrawn in place below what stays", async () => {
  const { stderr, written } = recorder({ isTTY: true, columns: 42 });
  {
    using progress = showProgress({ stderr, env: { NO_COLOR: "1" } });
    progress.update("a", { text: "Pulling a", current: 5_000, total: 10_000 });
    await delay(150);
    progress.write("output\n");
    progress.finish("a", "Pulled a");
  }
  expect(written).toEqual([
    "Pulling a [==========          ] 5kB/10kB\n",
    "\u001b[1A\u001b[Joutput\nPulling a [==========          ] 5kB/10kB\n",
    "\u001b[1A\u001b[JPulled a\n",
  ]);
});
