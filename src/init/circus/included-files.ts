import { InitError } from "../system/errors.ts";
import type { ConfigurationSource, Origin } from "./configuration.ts";
import { addError, addWarning, type Findings } from "./findings.ts";
import { DEFAULT_SECTION, type Ini, readIni } from "./ini.ts";
import { environmentForms, substitute } from "./substitution.ts";

/** The text, or undefined with a finding. */
function readFile(path: string, origin: Origin, source: ConfigurationSource, findings: Findings): string | undefined {
  try {
    return source.readText(path);
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    addError(findings, origin, `cannot read ${path}: ${error.message}`);
    return undefined;
  }
}

/** Python's os.path.join of the file's folder with a path. */
function besides(file: string, path: string): string {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  return path.startsWith("/") ? path : folder + path;
}

/** The main file and what its `include` and `include_dir` name; what was said first wins, so the main file does. */
export function readFiles(path: string, source: ConfigurationSource, findings: Findings): Ini {
  const ini: Ini = new Map();
  const text = readFile(path, { file: path, line: 1 }, source, findings);
  if (text === undefined) return ini;
  readIni(text, path, ini, findings);

  const daemon = environmentForms(new Map(Object.entries(source.environment)));
  const included = new Map<string, Origin>();
  for (const option of ["include", "include_dir"]) {
    const found = ini.get("circus")?.options.get(option) ?? ini.get(DEFAULT_SECTION)?.options.get(option);
    if (!found) continue;
    for (const word of substitute(found.value, daemon).split(/\s+/)) {
      if (word === "") continue;
      const pattern = besides(path, option === "include" ? word : `${word.replace(/\/$/, "")}/*.ini`);
      const matches = source.glob(pattern);
      if (matches.length === 0)
        addWarning(
          findings,
          found.origin,
          `${option}: ${pattern} matches no file`,
          "paths are relative to the main configuration file",
        );
      for (const match of matches) if (match !== path && !included.has(match)) included.set(match, found.origin);
    }
  }
  for (const [file, origin] of included) {
    const more = readFile(file, origin, source, findings);
    if (more !== undefined) readIni(more, file, ini, findings);
  }
  return ini;
}
