// The engine that the demo plays on: the one that answers here, else a private one that lives as long as the demo.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { callEngine, hasImage, readText } from "../engine-api.mjs";
import { programPath, slipway } from "../program.mjs";

/**
 * `env` makes `slipway` use the engine; `own` says that the story has to start it, and that its address (`host`) is known
 * then. `close` removes what the demo made.
 */
export function prepareEngine(folder) {
  const host = findHost();
  if (host !== undefined) return { own: false, host, env: {}, close: (names) => removeImages(host, names) };
  const env = { SLIPWAY_ENGINE_DIR: join(folder, "engine") };
  return { own: true, host: undefined, env, close: () => slipway(["engine", "stop", "--force"], env) };
}

/** The address of the engine that Slipway finds, undefined where none answers. */
function findHost() {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  const { stdout } = spawnSync(
    process.execPath,
    [programPath, "doctor", "--format", "{{.Name}} {{.Status}} {{.Detail}}"],
    {
      encoding: "utf8",
    },
  );
  // Of `engine ok Docker at unix:///var/run/docker.sock (default socket)`.
  return /^engine ok .* at (\S+) \(/m.exec(stdout)?.[1];
}

/** Removes the named images with their containers. */
async function removeImages(host, names) {
  for (const name of names) {
    const filters = encodeURIComponent(JSON.stringify({ ancestor: [name] }));
    const containers = JSON.parse(
      await readText(await callEngine(host, "GET", `/containers/json?all=1&filters=${filters}`)),
    );
    for (const { Id } of containers) await readText(await callEngine(host, "DELETE", `/containers/${Id}?force=1&v=1`));
    // Of a demo that failed before it was made there is none.
    if (await hasImage(host, name)) await readText(await callEngine(host, "DELETE", `/images/${name}`));
  }
}
