import { expect, test } from "vitest";
import type { Configuration } from "./configuration.ts";
import { compareConfigurations } from "./configuration-changes.ts";
import { readConfiguration } from "./read-configuration.ts";

function read(text: string): Configuration {
  const source = { environment: {}, readText: () => text, glob: () => [] };
  return readConfiguration("/circus.ini", source).configuration!;
}

const base = `[circus]
check_delay = 1
[watcher:a]
cmd = a
[watcher:b]
cmd = b
numprocesses = 2
[watcher:web]
cmd = web --fd $(circus.sockets.Web)
use_sockets = true
[socket:Web]
port = 80
`;

/** Names only. */
function changes(text: string) {
  const { circus, sockets, watchers } = compareConfigurations(read(base), read(text));
  const names = (all: readonly (string | { readonly name: string })[]) =>
    all.map((one) => (typeof one === "string" ? one : one.name)).join(" ");
  const all = { ...watchers, closed: sockets.removed, opened: sockets.added, circus };
  return Object.fromEntries(
    Object.entries(all)
      .map(([what, list]) => [what, names(list)])
      .filter(([, list]) => list !== ""),
  );
}

test.each([
  ["nothing", (text: string) => `# comment\n\n${text}`, {}],
  ["a watcher is new", (text: string) => `${text}[watcher:c]\ncmd = c\n`, { added: "c" }],
  ["a watcher is gone", (text: string) => text.replace("[watcher:a]\ncmd = a\n", ""), { removed: "a" }],
  ["a command", (text: string) => text.replace("cmd = a", "cmd = aa"), { changed: "a" }],
  ["an option is new", (text: string) => text.replace("cmd = a", "cmd = a\nmax_age = 9"), { changed: "a" }],
  ["a number of processes", (text: string) => text.replace("= 2", "= 3"), { resized: "b" }],
  ["more than that", (text: string) => text.replace("= 2", "= 3\nshell = 1"), { changed: "b" }],
  ["an environment", (text: string) => `${text}[env:b]\nA = b\n`, { changed: "b" }],
  ["a socket", (text: string) => text.replace("= 80", "= 81"), { changed: "web", closed: "web", opened: "web" }],
  ["a socket is new", (text: string) => `${text}[socket:x]\nport = 1\n`, { opened: "x" }],
  ["circus", (text: string) => text.replace("delay = 1", "delay = 2"), { circus: "checkDelay" }],
])("%s", (_, change, expected) => {
  expect(changes(change(base))).toEqual(expected);
});
