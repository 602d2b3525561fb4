import { stat } from "native";
import { errnoText } from "./errors.ts";
import { isDirectory } from "./files.ts";

export type Executable =
  | { readonly file: string }
  /** The message is what runc prints; 127: it is not there, 126: it cannot be run. */
  | { readonly error: string; readonly exitCode: 126 | 127 };

const EISDIR = 21;
const EACCES = 13;

/** 0 when it can be run, else an errno. */
function problemOf(path: string): number {
  const found = stat(path);
  if (typeof found === "number") return -found;
  if (isDirectory(found)) return EISDIR;
  return (found.mode & 0o111) !== 0 ? 0 : EACCES;
}

/** argv[0] as Go's exec.LookPath finds it for runc: in the PATH of the command's own environment, from its own folder. */
export function findExecutable(name: string, env: readonly string[], cwd: string): Executable {
  const within = (path: string) => (path.startsWith("/") ? path : `${cwd}/${path}`);
  const quoted = JSON.stringify(name);
  if (name.includes("/")) {
    const problem = problemOf(within(name));
    if (problem === 0) return { file: name };
    const missing = problem !== EACCES && problem !== EISDIR;
    const text = missing ? `stat ${name}: ${errnoText(problem)}` : errnoText(problem);
    return { error: `exec: ${quoted}: ${text}`, exitCode: missing ? 127 : 126 };
  }
  const path = env.findLast((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  for (const folder of path === "" ? [] : path.split(":")) {
    const candidate = `${folder === "" ? "." : folder}/${name}`;
    if (problemOf(within(candidate)) !== 0) continue;
    if (candidate.startsWith("/")) return { file: candidate };
    return { error: `exec: ${quoted}: cannot run executable found relative to current directory`, exitCode: 127 };
  }
  return { error: `exec: ${quoted}: executable file not found in $PATH`, exitCode: 127 };
}
