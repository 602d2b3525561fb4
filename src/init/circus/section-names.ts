import type { Origin } from "./configuration.ts";
import { addError, addWarning, type Findings, findNearestName } from "./findings.ts";
import type { IniSection } from "./ini.ts";

const kinds = ["circus", "env", "env:", "watcher:", "socket:", "plugin:"];

/** Sections that circus passes over in silence. */
export function tellUnknownSections(sections: readonly IniSection[], findings: Findings): void {
  for (const { name, origin, options } of sections) {
    if (name === "circus" || name === "env" || kinds.some((kind) => kind.endsWith(":") && name.startsWith(kind))) {
      if (options.size === 0 && name.includes(":"))
        addWarning(findings, origin, `[${name}] is empty and counts for nothing`);
      continue;
    }
    const colon = name.indexOf(":");
    const kind = findNearestName(name.slice(0, colon + 1 || undefined).trim(), kinds);
    // Named as supervisord does.
    const meant = name.startsWith("program:")
      ? `watcher:${name.slice("program:".length)}`
      : kind && (kind.endsWith(":") ? `${kind}${name.slice(colon + 1).trim() || "NAME"}` : kind);
    addWarning(findings, origin, `unknown section [${name}]`, meant && `did you mean [${meant}]?`);
  }
}

/** Names are compared without case: circusctl and forms know them so. */
export function tellTwins(
  kind: "socket" | "watcher",
  findings: Findings,
  named: readonly { readonly name: string; readonly origin: Origin }[],
): void {
  const seen = new Set<string>();
  for (const { name, origin } of named) {
    if (seen.has(name.toLowerCase()))
      addError(findings, origin, `there is a second ${kind} ${name}; case does not count`);
    seen.add(name.toLowerCase());
  }
}
