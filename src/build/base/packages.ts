import { createHash } from "node:crypto";

export interface InstalledPackages {
  readonly count: number;
  /** Of the sorted lines `NAME:ARCHITECTURE=VERSION`. */
  readonly digest: string;
}

/** What dpkg's status file (deb-control paragraphs) tells to be installed. */
export function readPackages(status: string): InstalledPackages {
  const lines = status
    .split(/\n\n+/)
    .filter((paragraph) => /^Status: \S+ \S+ installed$/m.test(paragraph))
    .map(
      (paragraph) =>
        `${field(paragraph, "Package")}:${field(paragraph, "Architecture")}=${field(paragraph, "Version")}\n`,
    )
    .sort();
  return { count: lines.length, digest: `sha256:${createHash("sha256").update(lines.join("")).digest("hex")}` };
}

function field(paragraph: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "m").exec(paragraph)?.[1] ?? "";
}
