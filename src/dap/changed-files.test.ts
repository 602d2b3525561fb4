import { expect, test } from "vitest";
import type { FileChange } from "../protocol/messages.ts";
import { showChanges } from "./changed-files.ts";
import type { Value } from "./variables.ts";

function change(kind: FileChange["kind"], path: string, more: Partial<FileChange> = {}): FileChange {
  return { kind, path, type: "file", mode: 0o644, uid: 0, gid: 0, size: 3, mtime: 0, target: undefined, ...more };
}

async function outline(values: readonly Value[], indent = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const { name, value, path, children } of values) {
    lines.push(`${indent}${name}  ${value}  ${path ?? ""}`.trimEnd());
    if (children !== undefined) lines.push(...(await outline(await children(), `${indent}  `)));
  }
  return lines;
}

test("changed files are a tree, with folders in one row where nothing else is in them", async () => {
  const changes = [
    change("changed", "/etc", { type: "directory", timesOnly: true }),
    change("changed", "/etc/passwd"),
    change("added", "/opt/tool", { type: "directory", mode: 0o755 }),
    change("added", "/opt/tool/bin/run", { mode: 0o755, uid: 7 }),
    change("added", "/opt/tool/latest", { type: "symlink", target: "bin/run" }),
    change("removed", "/usr/share/doc", { type: "directory", mode: 0o755 }),
  ];
  const patch = async (path: string) => (path === "/etc/passwd" ? "-a\n+b\n" : undefined);
  expect(await outline(showChanges(changes, patch))).toEqual([
    "etc/  1 change in it  /etc",
    "  passwd  changed, 3B, 0644 0:0  /etc/passwd",
    "    1  -a",
    "    2  +b",
    "opt/tool/  added, 0755 0:0; 2 changes in it  /opt/tool",
    "  bin/  1 change in it  /opt/tool/bin",
    "    run  added, 3B, 0755 7:0  /opt/tool/bin/run",
    "      content  no text, or unchanged",
    "  latest  added, → bin/run, 0644 0:0  /opt/tool/latest",
    "usr/share/doc/  removed, 0755 0:0  /usr/share/doc",
  ]);
});
