import { InitError } from "../system/errors.ts";
import type { ConfigurationSource } from "./configuration.ts";
import { type SectionOptions, takeBoolean, takeWord, tellWarning } from "./section-options.ts";

/**
 * `virtualenv` as circus's load_virtualenv has it: its `bin` comes first in PATH, its packages and what their `.pth` files
 * name go to PYTHONPATH. What is not there, or would fail in circus, is told.
 */
export function applyVirtualenv(
  options: SectionOptions,
  environment: Map<string, string>,
  source: ConfigurationSource,
): void {
  const folder = takeWord(options, "virtualenv");
  const version = takeWord(options, "virtualenv_py_ver");
  if (folder === undefined) {
    if (version !== undefined)
      tellWarning(options, "virtualenv_py_ver", "virtualenv_py_ver has no effect without virtualenv");
    return;
  }
  if (!takeBoolean(options, "copy_env", false)) {
    tellWarning(options, "virtualenv", "virtualenv has no effect without copy_env");
    return;
  }
  if (exists(`${folder}/bin`, source)) environment.set("PATH", `${folder}/bin:${environment.get("PATH") ?? ""}`);
  const packages = ["python", "pypy"].flatMap((name) =>
    source.glob(`${folder}/lib/${name}${version ?? "*"}/site-packages`),
  );
  const chosen = packages[0];
  if (chosen === undefined) {
    tellWarning(options, "virtualenv", `there is no ${folder}/lib/python${version ?? "*"}/site-packages`);
    return;
  }
  if (packages.length > 1)
    tellWarning(
      options,
      "virtualenv",
      `${folder} is for several versions: ${chosen} is taken`,
      "say virtualenv_py_ver",
    );
  const paths = [...namedPackages(chosen, source), environment.get("PYTHONPATH") ?? "", chosen];
  environment.set("PYTHONPATH", paths.filter((path) => path !== "").join(":"));
}

function exists(path: string, source: ConfigurationSource): boolean {
  return source.glob(path).length > 0;
}

/** Folders that the lines of `.pth` files name. */
function namedPackages(packages: string, source: ConfigurationSource): readonly string[] {
  const lines = source.glob(`${packages}/*.pth`).flatMap((file) => readLines(file, source));
  const paths = lines
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("import"))
    .map((line) => (line.startsWith("/") ? line : `${packages}/${line}`));
  return [...new Set(paths)].filter((path) => exists(path, source));
}

/** circus passes over a file that it cannot read too. */
function readLines(file: string, source: ConfigurationSource): readonly string[] {
  try {
    return source
      .readText(file)
      .split("\n")
      .map((line) => line.trimEnd());
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    return [];
  }
}
