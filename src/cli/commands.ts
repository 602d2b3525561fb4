import type { Command } from "commander";
import type { CliContext } from "./context.ts";

export interface CommandEntry {
  readonly name: string;
  /** One line for `slipway --help`; the command's own description is its first sentence or more. */
  readonly summary: string;
  /** Imports the module: only for the command that runs, so that the others cost nothing at start. */
  load(): Promise<(context: CliContext) => Command>;
}

/** Every command of the program, in the order of `slipway --help`. */
export const commands: readonly CommandEntry[] = [
  {
    name: "hack",
    summary: "Replay a Dockerfile as a live session",
    load: async () => (await import("./commands/hack.ts")).hackCommand,
  },
  {
    name: "dap",
    summary: "Debug a Dockerfile from an editor",
    load: async () => (await import("./commands/dap.ts")).dapCommand,
  },
  {
    name: "sessions",
    summary: "List, remove and prune sessions",
    load: async () => (await import("./commands/sessions.ts")).sessionsCommand,
  },
  {
    name: "new",
    summary: "Make a project that builds and runs at once",
    load: async () => (await import("./commands/new.ts")).newCommand,
  },
  {
    name: "base",
    summary: "Make a base image from a distribution's packages",
    load: async () => (await import("./commands/base.ts")).baseCommand,
  },
  {
    name: "build",
    summary: "Build an image from a Dockerfile",
    load: async () => (await import("./commands/build.ts")).buildCommand,
  },
  {
    name: "editor",
    summary: "Share files with containers through the editor group",
    load: async () => (await import("./commands/editor.ts")).editorCommand,
  },
  {
    name: "engine",
    summary: "Start, stop and look at Slipway's private engine",
    load: async () => (await import("./commands/engine.ts")).engineCommand,
  },
  {
    name: "dockerfile",
    summary: "Parse and check a Dockerfile, or expand a word of it",
    load: async () => (await import("./commands/dockerfile.ts")).dockerfileCommand,
  },
  {
    name: "doctor",
    summary: "Tell what works here, what does not, and how to mend it",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
  {
    name: "completion",
    summary: "Print a completion script for bash, zsh or fish",
    load: async () => (await import("./commands/completion.ts")).completionCommand,
  },
];
