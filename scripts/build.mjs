// Bundles the program into dist/: one entry, lazily loaded chunks, no runtime dependencies, so that it starts fast.
import { readFile, rm } from "node:fs/promises";
import { build } from "esbuild";

const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

await rm(new URL("../dist/js", import.meta.url), { recursive: true, force: true });
await build({
  entryPoints: { main: "src/cli/main.ts" },
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
});
