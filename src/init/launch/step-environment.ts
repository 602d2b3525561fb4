import * as native from "native";
import { check, EEXIST, InitError } from "../system/errors.ts";
import { O_CREAT, O_EXCL, O_WRONLY, removeTree, writeAll } from "../system/files.ts";
import type { User } from "../system/users.ts";
import type { Settings } from "./settings.ts";
import { listStepValues } from "./step-values.ts";

/** In memory first: what is written there lands in no layer and on no disk. */
const places = ["/dev/shm", "/run", "/tmp"];

/**
 * Calls `use` with the variables of a prepare or deployment step, `NAME=value` each; the files that they name are there so long,
 * for the step's user only.
 */
export function withStepEnvironment<T>(
  settings: Settings,
  user: User | undefined,
  use: (environment: readonly string[]) => T,
): T {
  const { launch, configuration, secrets } = settings;
  const folder = makeFolder();
  try {
    const write = (name: string, text: string) => writeFile(`${folder}/${name}`, text, user);
    const variables = [
      `SLIPWAY_NAME=${launch.name}`,
      `SLIPWAY_PROJECT=${launch.project}`,
      `SLIPWAY_DATA=${launch.data}`,
      `SLIPWAY_CONFIGURATION=${write("configuration.json", JSON.stringify(configuration))}`,
      ...listStepValues(configuration, secrets).map(({ name, value, isSecret }) =>
        isSecret ? `${name}_FILE=${write(name, value)}` : `${name}=${value}`,
      ),
    ];
    if (user) check(native.lchown(folder, user.uid, user.gid), () => `chown ${folder}`);
    return use(variables);
  } finally {
    removeTree(folder);
  }
}

function makeFolder(): string {
  let last = 0;
  for (const place of places)
    for (let attempt = 0; attempt < 100; attempt++) {
      const folder = `${place}/slipway-${native.pid()}-${attempt}`;
      last = native.mkdir(folder, 0o700);
      if (last === 0) return folder;
      if (last !== -EEXIST) break;
    }
  throw new InitError("no-place", `no folder can be made in ${places.join(", ")}; mount a tmpfs on one of them`);
}

function writeFile(path: string, text: string, user: User | undefined): string {
  const fd = check(native.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o400), () => `write ${path}`);
  try {
    writeAll(fd, new TextEncoder().encode(text), path);
    if (user) check(native.fchown(fd, user.uid, user.gid), () => `chown ${path}`);
  } finally {
    native.close(fd);
  }
  return path;
}
