// Writes the library's declarations into dist/types: one file, so that nothing of the inside can be imported by its path.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { generateDtsBundle } from "dts-bundle-generator";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = `${root}dist/types/index.d.ts`;
const [declarations] = generateDtsBundle(
  [{ filePath: `${root}src/index.ts`, output: { noBanner: true, exportReferencedTypes: false } }],
  { preferredConfigPath: `${root}tsconfig.json` },
);
await mkdir(dirname(target), { recursive: true });
await writeFile(target, declarations);
