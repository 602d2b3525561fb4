import { realpath } from "node:fs/promises";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { SESSION_TEXT } from "./dockerfile-view.ts";
import type { Debugged } from "./requests.ts";

/** Requests that set break points, and those that tell where they may be. */
export function breakpointRequests(debugged: Debugged) {
  return {
    async setBreakpoints({ source, breakpoints = [] }: DebugProtocol.SetBreakpointsArguments) {
      const it = debugged();
      const path = it.session.status().dockerfile;
      if (source.sourceReference !== SESSION_TEXT && !(await isSameFile(source.path, path))) {
        const message = `the session is of ${path}`;
        return { breakpoints: breakpoints.map(({ line }) => ({ verified: false, line, message })) };
      }
      // Lines are those of the file as it was saved.
      await it.refresh();
      return { breakpoints: await it.breakpoints.setLines(breakpoints) };
    },
    async breakpointLocations({ line, endLine }: DebugProtocol.BreakpointLocationsArguments) {
      const { view } = debugged();
      const [first, last] = [view.fromEditor(line), view.fromEditor(endLine ?? line)];
      const starts = view.dockerfile.instructions.map(({ range }) => range.start.line);
      const within = starts.filter((start) => first <= start && start <= last);
      return { breakpoints: within.map((start) => ({ line: view.toEditor(start) })) };
    },
    async setFunctionBreakpoints({ breakpoints }: DebugProtocol.SetFunctionBreakpointsArguments) {
      return { breakpoints: await debugged().breakpoints.setFunctions(breakpoints) };
    },
    async dataBreakpointInfo({ variablesReference, name }: DebugProtocol.DataBreakpointInfoArguments) {
      const shown = variablesReference ? await debugged().variables.find(variablesReference, name) : undefined;
      const path = shown?.path ?? (name.startsWith("/") ? name : undefined);
      if (path === undefined) return { dataId: null, description: "only files of the image can be watched" };
      return { dataId: path, description: path, accessTypes: ["write"], canPersist: true };
    },
    async setDataBreakpoints({ breakpoints }: DebugProtocol.SetDataBreakpointsArguments) {
      return { breakpoints: await debugged().breakpoints.setData(breakpoints) };
    },
    async setExceptionBreakpoints({ filters }: DebugProtocol.SetExceptionBreakpointsArguments) {
      debugged().stopsAtFailure = filters.includes("failure");
    },
  };
}

/** Editors name files by other ways to them too. */
async function isSameFile(given: string | undefined, path: string): Promise<boolean> {
  if (given === undefined || given === path) return given === path;
  const [one, other] = await Promise.all([given, path].map((each) => realpath(each).catch(() => each)));
  return one === other;
}
