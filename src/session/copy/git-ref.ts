import { posix } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { hideCredentials } from "./credentials.ts";

export interface GitRef {
  /** What git clones. */
  readonly remote: string;
  /** Branch, tag or commit; undefined: the remote's HEAD. */
  readonly ref: string | undefined;
  /** Folder of the repository, relative; empty: all of it. */
  readonly folder: string;
  /** The commit that `ref` must be, perhaps abbreviated. */
  readonly commit: string | undefined;
  /** From the URL; undefined: not said there. */
  readonly keepGitDir: boolean | undefined;
  readonly submodules: boolean;
  /** Times of the files: of the checkout, or of the commit. */
  readonly times: "checkout" | "commit";
}

const scpStyle = /^[\w-]+@[\w.-]+:[^?#]*(?:\?[^#]*)?(?:#.*)?$/;

/**
 * Reads a source of ADD as BuildKit's reference to a git repository: `https://HOST/PATH.git`, `git://…`, `ssh://…` or
 * `USER@HOST:PATH`, then `#REF:FOLDER` or the query form `?ref=…&subdir=…`. Undefined when it is none. Error GIT_REF.
 */
export function parseGitRef(source: string): GitRef | undefined {
  const [beforeFragment, fragment = ""] = cut(source, "#");
  const [remote, query = ""] = cut(beforeFragment, "?");
  if (!isGitRemote(source, remote)) return undefined;
  const [ref, folder = ""] = cut(fragment, ":");
  return applyQuery(source, new URLSearchParams(query), {
    remote,
    ref: ref === "" ? undefined : ref,
    folder: cleanFolder(folder),
    commit: undefined,
    keepGitDir: undefined,
    submodules: true,
    times: "checkout",
  });
}

function isGitRemote(source: string, remote: string): boolean {
  if (/^https?:\/\//i.test(source)) return remote.endsWith(".git");
  if (/^(git|ssh):\/\//i.test(source)) return true;
  return !/^[a-z0-9]+:\/\//i.test(source) && scpStyle.test(source);
}

function applyQuery(source: string, query: URLSearchParams, fromFragment: GitRef): GitRef {
  let result = fromFragment;
  for (const key of new Set(query.keys())) {
    const values = query.getAll(key);
    if (values.length > 1) throw mistake(source, `the query ${key} has several values`);
    result = { ...result, ...readQuery(source, key, values[0]!, result) };
  }
  return result;
}

function readQuery(source: string, key: string, value: string, current: GitRef): Partial<GitRef> {
  if (value === "" && key !== "submodules" && key !== "keep-git-dir")
    throw mistake(source, `the query ${key} has no value`);
  switch (key) {
    case "ref":
      return { ref: onlyOne(source, "ref", current.ref, value) };
    case "tag":
      return { ref: onlyOne(source, "ref", current.ref, withPrefix("refs/tags/", value)) };
    case "branch":
      return { ref: onlyOne(source, "ref", current.ref, withPrefix("refs/heads/", value)) };
    case "subdir":
      return { folder: onlyOne(source, "subdir", current.folder || undefined, cleanFolder(value)) };
    case "checksum":
    case "commit":
      return { commit: value };
    case "keep-git-dir":
      return { keepGitDir: readBoolean(source, key, value) };
    case "submodules":
      return { submodules: readBoolean(source, key, value) };
    case "mtime":
      if (value === "checkout" || value === "commit") return { times: value };
      throw mistake(source, `mtime is checkout or commit, not ${value}`);
    default:
      throw mistake(source, `the query ${key} is unknown`);
  }
}

function readBoolean(source: string, key: string, value: string): boolean {
  if (/^(|1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw mistake(source, `${key} is true or false, not ${value}`);
}

function onlyOne(source: string, what: string, before: string | undefined, value: string): string {
  if (before === undefined || before === value) return value;
  throw mistake(source, `it names two values of ${what}: ${before} and ${value}`);
}

function withPrefix(prefix: string, value: string): string {
  return value.startsWith(prefix) ? value : prefix + value;
}

function cleanFolder(folder: string): string {
  return posix.join("/", folder).slice(1).replace(/\/$/, "");
}

function cut(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function mistake(source: string, reason: string): SlipwayError {
  return new SlipwayError("GIT_REF", `${hideCredentials(source)}: ${reason}`, {
    hint: "see 'ADD' in the Dockerfile reference for what a repository's URL may say",
  });
}
