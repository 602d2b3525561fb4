#!/usr/bin/env node
declare const SLIPWAY_VERSION: string;

const words = process.argv.slice(2);

// Answered before anything is loaded: editors and scripts ask for it all the time.
if (words.length === 1 && (words[0] === "--version" || words[0] === "-v")) {
  process.stdout.write(`${SLIPWAY_VERSION}\n`);
} else {
  const { runProgram } = await import("./run-program.ts");
  await runProgram(process, words, SLIPWAY_VERSION);
}

// Top-level await wants a module.
export {};
