// `npm run demo [-- --fast]`: the whole loop of a live session on a real project, typed into a terminal: engine, base
// image, replay up to a bug, repair by hand, adoption, a rebuild from scratch, and a page from the running application.
// Leaves nothing behind. `--fast` types at once and pauses nowhere.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { buildProgram, programPath, root } from "./program.mjs";
import { say } from "./say.mjs";
import { setUp } from "./setup.mjs";

const unknown = process.argv.slice(2).filter((argument) => argument !== "--fast");
if (unknown.length > 0) {
  process.stderr.write(`demo: unknown argument ${unknown[0]}; the only one is --fast\n`);
  process.exit(2);
}
const fast = process.argv.includes("--fast");

await withLock(() => setUp(["build", "engine"]));
await buildProgram();
// Only now: node-pty comes with the npm packages.
const { openTerminal } = await import("./demo/terminal.mjs");
const { playStory } = await import("./demo/story.mjs");
const { prepareEngine } = await import("./demo/engine.mjs");

const folder = mkdtempSync(join(tmpdir(), "slipway-demo-"));
const tag = `slipway-demo-${process.pid}`;
const engine = prepareEngine(folder);
let terminal;
// Ending the terminal makes the story fail, and its failure cleans up.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => terminal?.close());
try {
  mkdirSync(join(folder, "bin"));
  symlinkSync(programPath, join(folder, "bin/slipway"));
  // The repository's own example keeps its bug: the session writes to a copy.
  cpSync(join(root, "examples"), join(folder, "examples"), { recursive: true });
  terminal = openTerminal({ folder, fast, env: terminalEnvironment(engine.env) });
  await playStory(terminal, engine, folder, tag);
  process.stdout.write("\n");
  say("the demo went as it should");
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  await terminal?.close();
  await engine.close([tag]);
  rmSync(folder, { recursive: true, force: true });
}

function terminalEnvironment(engineEnv) {
  return {
    ...process.env,
    ...engineEnv,
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    // The exit status stands before the prompt unless it is 0.
    PS1: "${?#0}$ ",
    ENV: "",
    // Sessions, history and settings of the person who watches stay out of it.
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_CACHE_HOME: join(folder, "cache"),
  };
}
