import { posix } from "node:path";
import { mistake } from "./mistake.ts";
import { checkExpandedMount } from "./mounts.ts";
import { cleanPath, joinPath, resolveWorkdir } from "./paths.ts";
import type { ResolvedMount, Source } from "./plan-types.ts";
import type { RunInstruction, RunMount } from "./types.ts";
import { parseBoolean, parseSize, parseUint32 } from "./values.ts";

interface MountContext {
  readonly instruction: RunInstruction;
  readonly workdir: string;
  expand(word: string): string;
  /** The source of `from=NAME`. */
  resolve(name: string): Source;
}

/** The mounts of a RUN with BuildKit's defaults for what is not written. */
export function resolveMounts(context: MountContext): readonly ResolvedMount[] {
  let agents = 0;
  return context.instruction.mounts.map((written) => {
    const mount = expandMount(written, context);
    if (mount.type === "secret") return secretMount(mount, context);
    if (mount.type === "ssh") return sshMount(mount, agents++);
    return folderMount(mount, context);
  });
}

function expandMount({ options }: RunMount, context: MountContext): RunMount {
  const expanded = options.map(({ key, value }) => ({
    key,
    value: value === undefined ? undefined : context.expand(value),
  }));
  const mount = checkExpandedMount(expanded);
  if ("message" in mount) throw mistake(context.instruction, "mount-option", mount.message, mount.hint);
  return mount;
}

function folderMount(mount: RunMount, context: MountContext): ResolvedMount {
  const written = read(mount, "target", "dst", "destination");
  const target = resolveWorkdir(context.workdir, written);
  if (target === "/") throw mistake(context.instruction, "mount-target", 'invalid mount target "/"');
  const id = read(mount, "id");
  return {
    ...common(mount),
    target,
    source: joinPath("/", read(mount, "source", "src")),
    from: folderSource(mount, context),
    id: mount.type === "cache" ? id || cleanPath(written) : id,
    readOnly: readReadOnly(mount) ?? mount.type === "bind",
    mode: readMode(mount),
  };
}

function folderSource(mount: RunMount, context: MountContext): Source | undefined {
  if (mount.type === "tmpfs") return undefined;
  const from = read(mount, "from");
  if (from !== "") return context.resolve(from);
  return mount.type === "cache" ? { kind: "scratch" } : { kind: "context", name: undefined };
}

/** A secret that becomes a variable becomes a file only where a target says so. */
function secretMount(mount: RunMount, context: MountContext): ResolvedMount {
  const target = read(mount, "target", "dst", "destination");
  const id = read(mount, "source", "src") || read(mount, "id") || posix.basename(target);
  if (id === "") throw mistake(context.instruction, "mount-option", "a secret mount needs an id or a target");
  const file = target || (readOptional(mount, "env") === undefined ? `/run/secrets/${posix.basename(id)}` : "");
  return {
    ...common(mount),
    target: file === "" ? "" : joinPath("/", file),
    source: "",
    from: undefined,
    id,
    readOnly: true,
    mode: readMode(mount) ?? 0o400,
  };
}

function sshMount(mount: RunMount, index: number): ResolvedMount {
  return {
    ...common(mount),
    target: read(mount, "target", "dst", "destination") || `/run/buildkit/ssh_agent.${index}`,
    source: "",
    from: undefined,
    id: read(mount, "id") || "default",
    readOnly: true,
    mode: readMode(mount) ?? 0o600,
  };
}

function common(mount: RunMount) {
  return {
    type: mount.type,
    sharing: (read(mount, "sharing").toLowerCase() || "shared") as ResolvedMount["sharing"],
    required: readTruth(mount, "required") ?? false,
    uid: parseUint32(read(mount, "uid"), 10) ?? 0,
    gid: parseUint32(read(mount, "gid"), 10) ?? 0,
    size: parseSize(read(mount, "size")) ?? 0,
    env: readOptional(mount, "env"),
  };
}

function readReadOnly(mount: RunMount): boolean | undefined {
  const last = mount.options.findLast(({ key }) => ["readonly", "ro", "readwrite", "rw"].includes(key));
  if (!last) return undefined;
  const truth = last.value === undefined || parseBoolean(last.value)!;
  return last.key.startsWith("ro") || last.key === "readonly" ? truth : !truth;
}

function readTruth(mount: RunMount, name: string): boolean | undefined {
  const last = mount.options.findLast(({ key }) => key === name);
  return last && (last.value === undefined || parseBoolean(last.value));
}

function readMode(mount: RunMount): number | undefined {
  return parseUint32(read(mount, "mode"), 8);
}

/** The last of options that are names for the same thing; empty where none is written. */
function read(mount: RunMount, ...names: readonly string[]): string {
  return mount.options.findLast(({ key }) => names.includes(key))?.value ?? "";
}

function readOptional(mount: RunMount, name: string): string | undefined {
  return mount.options.findLast(({ key }) => key === name)?.value;
}
