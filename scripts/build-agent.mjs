// Builds dist/agent/slipway-init-linux-ARCH: the programs of src/init bundled by esbuild, compiled to bytecode by QuickJS's
// qjsc, linked with QuickJS and our native module into one static binary with musl. Every input decides the name of a folder in
// .cache/agent, so that nothing is made twice and the same inputs give the same bytes.
import { createHash } from "node:crypto";
import { chmod, copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { agentArchitectures, findCompiler } from "./agent-compilers.mjs";
import { provideDebianFile } from "./debian-file.mjs";
import { once } from "./once.mjs";
import { run } from "./run.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".cache/agent");
const quickjs = {
  version: "2025.04.26",
  sources: ["quickjs.c", "quickjs-libc.c", "libregexp.c", "libunicode.c", "cutils.c", "dtoa.c"],
  archive: {
    name: "quickjs_2025.04.26.orig.tar.xz",
    sha256: "ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe",
    suite: "trixie",
    package: "quickjs=2025.04.26-1",
  },
};
const compileFlags = [
  "-O2",
  "-ffunction-sections",
  "-fdata-sections",
  "-fno-asynchronous-unwind-tables",
  "-D_GNU_SOURCE",
  `-DCONFIG_VERSION="${quickjs.version}"`,
];
const linkFlags = ["-static", "-s", "-Wl,--gc-sections", "-Wl,--build-id=none"];

function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(typeof part === "string" ? `${part.length}:${part}` : part).update("\0");
  return hash.digest("hex").slice(0, 16);
}

/** Debian's source package of QuickJS, unpacked. */
async function provideQuickJs() {
  return once(join(cache, `quickjs-${quickjs.version}`), async (folder) => {
    await mkdir(folder);
    const archive = await provideDebianFile(quickjs.archive, cache);
    await run("tar", ["-xJf", archive, "-C", folder, "--strip-components=1"]);
  });
}

/** Relative names in the command keep this machine's paths out of the object. */
async function compile(compiler, directory, source, include, inputs) {
  const text = await readFile(join(directory, source));
  return once(join(cache, "objects", `${digest(inputs, text)}-${source}.o`), (object) =>
    run(compiler.program, [...compileFlags, ...compiler.compileFlags, "-I", include, "-c", source, "-o", object], {
      cwd: directory,
    }),
  );
}

async function link({ program, linkBefore, linkAfter }, objects, output, options) {
  const libraries = ["-lm", "-lpthread"];
  await run(program, [...linkFlags, ...linkBefore, ...objects, ...libraries, ...linkAfter, "-o", output], options);
}

async function compileQuickJs(compiler, source, inputs) {
  return Promise.all(quickjs.sources.map((name) => compile(compiler, source, name, source, inputs)));
}

function inputsOf(compiler) {
  return digest(compiler.identity, quickjs.archive.sha256, ...compileFlags);
}

/** QuickJS's compiler, which runs on this machine; its bytecode is the same for all architectures of 64 bits, little-endian. */
async function provideBytecodeCompiler(source) {
  const compiler = await findCompiler(agentArchitectures[0], cache);
  const inputs = inputsOf(compiler);
  return once(join(cache, `qjsc-${inputs}`), async (program) => {
    const main = await compile(compiler, source, "qjsc.c", source, inputs);
    await link(compiler, [main, ...(await compileQuickJs(compiler, source, inputs))], program);
  });
}

/** Which word starts which program: its own name, and other names that people know. */
const otherNames = { circusctl: ["ctl", "circus-top"], launch: ["configure", "deploy"] };

/** The header that native/main.c reads. */
function programTable(names) {
  const words = names.flatMap((name) => [name, ...(otherNames[name] ?? [])].map((word) => ({ word, name })));
  return [
    "struct program { const char *name; const uint8_t *code; const uint32_t *size; };",
    ...names.map((name) => `extern const uint8_t code_${name}[]; extern const uint32_t code_${name}_size;`),
    "static const struct program programs[] = {",
    ...words.map(({ word, name }) => `  { "${word}", code_${name}, &code_${name}_size },`),
    "  { 0 },",
    "};",
    "",
  ].join("\n");
}

async function make(compiler, output) {
  const quickJs = await provideQuickJs();
  const inputs = inputsOf(compiler);
  const native = join(root, "src/init/native");
  const header = await readFile(join(native, "native.h"));
  const sources = (await readdir(native)).filter((name) => name.endsWith(".c") && name !== "main.c").sort();
  const engine = await compileQuickJs(compiler, quickJs, inputs);
  const module = await Promise.all(
    sources.map((name) => compile(compiler, native, name, quickJs, digest(inputs, header))),
  );

  const work = `${output}.work`;
  await mkdir(work, { recursive: true });
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const names = (await readdir(join(root, "src/init/programs"))).map((file) => basename(file, ".ts")).sort();
  await build({
    entryPoints: names.map((name) => join(root, `src/init/programs/${name}.ts`)),
    outdir: work,
    bundle: true,
    format: "esm",
    target: "es2023",
    external: ["native"],
    define: { SLIPWAY_VERSION: JSON.stringify(version) },
    minifySyntax: true,
    logLevel: "warning",
  });
  await writeFile(join(work, "programs.h"), programTable(names));
  const cwd = { cwd: work };
  const qjsc = await provideBytecodeCompiler(quickJs);
  // qjsc keeps the scripts' names for stack traces.
  for (const name of names)
    await run(qjsc, ["-c", "-m", "-M", "native,native", "-N", `code_${name}`, "-o", `${name}.c`, `${name}.js`], cwd);
  const flags = [...compileFlags, ...compiler.compileFlags, "-I", quickJs, "-I", native, "-I", work];
  const compileHere = (source, object) => run(compiler.program, [...flags, "-c", source, "-o", object], cwd);
  await Promise.all(names.map((name) => compileHere(`${name}.c`, `${name}.o`)));
  await compileHere(join(native, "main.c"), "main.o");
  await link(compiler, ["main.o", ...names.map((name) => `${name}.o`), ...module, ...engine], output, cwd);
  await rm(work, { recursive: true });
}

async function filesOf(folder) {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(names.filter((name) => /\.(ts|c|h|json)$/.test(name)).map((name) => readFile(join(folder, name))));
}

/** Builds the agent for an architecture (`amd64`, `arm64`) and resolves with its path. */
async function buildAgent(architecture) {
  const compiler = await findCompiler(architecture, cache);
  const name = `slipway-init-linux-${architecture}`;
  const scripts = ["build-agent.mjs", "agent-compilers.mjs"].map((script) => readFile(join(root, "scripts", script)));
  const inputs = digest(
    compiler.identity,
    ...(await Promise.all(scripts)),
    await readFile(join(root, "package.json")),
    await readFile(join(root, "package-lock.json")),
    ...(await filesOf(join(root, "src/init"))),
    ...(await filesOf(join(root, "src/policy"))),
    ...(await filesOf(join(root, "src/protocol"))),
    ...(await filesOf(join(root, "src/dockerfile"))),
  );
  const built = await once(join(cache, "builds", inputs, name), (output) => make(compiler, output));
  const target = join(root, "dist/agent", name);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(built, `${target}.${process.pid}`);
  await chmod(`${target}.${process.pid}`, 0o755);
  await rename(`${target}.${process.pid}`, target);
  return target;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const named = process.argv.slice(2);
    const paths = await Promise.all((named.length > 0 ? named : agentArchitectures).map(buildAgent));
    await cp(join(root, "src/init/shell"), join(root, "dist/agent/shell"), { recursive: true });
    console.log(paths.join("\n"));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
