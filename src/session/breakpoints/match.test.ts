import { expect, test } from "vitest";
import { parseDockerfile } from "../../dockerfile/parse.ts";
import type { FileChange } from "../../protocol/messages.ts";
import { parseBreakCondition } from "./condition.ts";
import { findChange, isAtPlace } from "./match.ts";

const { instructions } = parseDockerfile(`FROM debian
RUN apt-get update && \\
  apt-get  install -y gcc
COPY run.sh /srv/
RUN <<EOF
make
EOF
`);
const placesOf = (text: string) => {
  const { place } = parseBreakCondition(text);
  return instructions.filter((instruction) => isAtPlace(place!, instruction)).map(({ number }) => number);
};

test.each([
  ["3", [3]],
  [":3", [2]],
  ["RUN", [2, 4]],
  ["RUN apt", [2]],
  ["run.sh /srv", [3]],
  ["copy run", [3]],
  ["/apt-get +install/", [2]],
  ["/^make$/m", [4]],
  ["RUN nothing", []],
])("%j is at %j", (text, numbers) => expect(placesOf(text)).toEqual(numbers));

const change = (kind: FileChange["kind"], path: string, type: FileChange["type"] = "file", timesOnly = false) =>
  ({ kind, path, type, ...(timesOnly ? { timesOnly } : {}) }) as FileChange;
const changes = [
  change("changed", "/etc", "directory", true),
  change("changed", "/etc/passwd"),
  change("added", "/etc/nginx", "directory"),
  change("added", "/etc/nginx/nginx.conf"),
  change("removed", "/opt/app", "directory"),
];
const findsIn = (text: string) => {
  const { effect } = parseBreakCondition(text);
  return effect?.kind === "files" ? findChange(effect, changes)?.path : undefined;
};

test.each([
  ["if-changed /etc", "/etc/passwd"],
  ["if-changed /", "/etc/passwd"],
  ["if-changed /etc/nginx", "/etc/nginx"],
  ["if-changed /etc/**/*.conf", "/etc/nginx/nginx.conf"],
  ["if-exists /etc/nginx/*.conf", "/etc/nginx/nginx.conf"],
  ["if-exists /etc/passwd", undefined],
  ["if-exists /etc", undefined],
  ["if-removed /opt/app", "/opt/app"],
  ["if-removed /opt/app/main.js", "/opt/app"],
  ["if-removed /opt", undefined],
  ["if-changed /usr", undefined],
])("%j finds %j", (text, path) => expect(findsIn(text)).toBe(path));
