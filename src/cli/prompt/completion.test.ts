import { expect, test } from "vitest";
import type { Session, StepView } from "../../index.ts";
import type { FileChange } from "../../protocol/messages.ts";
import { promptCommands } from "./commands.ts";
import { completeLine } from "./completion.ts";

/** The few things that completion asks a session for. */
const session = {
  steps: () => [1, 2, 10].map((number) => ({ number, status: number === 1 ? "done" : "pending" }) as StepView),
  environment: () => ["PATH=/bin", "PWD=/"],
  breakpoints: () => [{ id: 4, condition: "7" }],
  diff: async (step: number | undefined) =>
    [step === 2 ? "/srv/step" : "/etc/hand", "/etc/other"].map((path) => ({ path }) as FileChange),
} as Partial<Session> as Session;

const complete = (line: string) => completeLine(line, session, promptCommands);

test.each([
  ["ad", [["adopt "], "ad"]],
  ["re", [["retry", "redo", "replace", "remove"], "re"]],
  ["until ", [["1", "2", "10"], ""]],
  ["until 1", [["1", "10"], "1"]],
  ["output ", [["1 "], ""]],
  ["b w", [["WORKDIR "], "w"]],
  ["insert 3 co", [["COPY "], "co"]],
  ["insert RUN ", [[], ""]],
  ["env P", [["PATH", "PWD"], "P"]],
  ["break :7 if-l", [["if-larger "], "if-l"]],
  ["break if-exists /e", [[], "/e"]],
  ["delete ", [["4 "], ""]],
  ["diff /etc/h", [["/etc/hand "], "/etc/h"]],
  ["diff 2 -p /s", [["/srv/step "], "/s"]],
  ["diff --", [["--patch "], "--"]],
  ["help ret", [["retry "], "ret"]],
  ["quit ", [["--rm "], ""]],
  ["!ls ", [[], "!ls "]],
  ["nonsense x", [[], "x"]],
])("%j", async (line, expected) => expect(await complete(line)).toEqual(expected));
