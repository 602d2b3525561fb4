import { access, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const underWay = new Map();

/** Makes `path` with `make(temporary)` unless it is there; a build that is killed leaves no half of it. */
export async function once(path, make) {
  if (!underWay.has(path)) underWay.set(path, provide(path, make));
  return underWay.get(path);
}

async function provide(path, make) {
  if (await exists(path)) return path;
  const temporary = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await make(temporary);
  await rename(temporary, path).catch(async (error) => {
    // Another build was first; the content is the same.
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    await rm(temporary, { recursive: true });
  });
  return path;
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
