// Bundles the program and the library into dist/: an entry each, shared and lazily loaded chunks, no runtime dependencies, so that it starts fast.
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, "utf8"));

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { main: "src/cli/main.ts", index: "src/index.ts" },
  outdir: "dist/js",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifySyntax: true,
  sourcemap: false,
  define: { SLIPWAY_VERSION: JSON.stringify(version) },
  banner: {
    js: 'import { createRequire as slipwayRequire } from "node:module"; const require = slipwayRequire(import.meta.url);',
  },
  logLevel: "warning",
  write: false,
});

// A program that runs from dist/ meanwhile loads its chunks late: what hasn't changed stays untouched, and a file is
// never seen half written.
await mkdir(`${root}dist/js`, { recursive: true });
for (const { path, contents } of outputFiles) {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) continue;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, contents, { mode: path.endsWith("main.js") ? 0o755 : 0o644 });
  await rename(`${path}.${process.pid}`, path);
}
const names = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of await readdir(`${root}dist/js`)) if (!names.has(name)) await rm(`${root}dist/js/${name}`);

// What the program brings for others: the base image, the project that `slipway new` makes.
await cp(`${root}images`, `${root}dist/images`, { recursive: true });
