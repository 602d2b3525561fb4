import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { messageOf, SlipwayError } from "../../errors.ts";
import { hideCredentials, splitLogin } from "./credentials.ts";
import { createFolderTree } from "./folder-tree.ts";
import type { GitRef } from "./git-ref.ts";
import type { SourceEntry, SourceTree } from "./types.ts";

export interface GitOptions {
  readonly keepGitDir: boolean;
  /** Existing empty folder for the checkout. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks a git repository out, with its submodules and no more history than it takes, as a tree to copy from.
 * Errors: PROGRAM_MISSING, GIT_FAILED, CHECKSUM_MISMATCH, GIT_FOLDER.
 */
export async function checkOut(reference: GitRef, options: GitOptions): Promise<SourceTree> {
  const work = join(options.folder, "checkout");
  await mkdir(work);
  const { address, authorization } = splitLogin(reference.remote);
  const run = { remote: address, work, login: loginVariables(address, authorization), signal: options.signal };
  const git = (...args: string[]) => runGit(run, args);
  await git("init", "--quiet");
  await git("remote", "add", "origin", "--", address);
  await fetchRef(reference, git);
  await git("checkout", "--quiet", "FETCH_HEAD");
  await checkCommit(reference, git);
  if (reference.submodules) await git("submodule", "update", "--init", "--recursive", "--depth=1");
  const time = reference.times === "commit" ? BigInt(await git("log", "-1", "--format=%ct")) : undefined;
  // Only a checkout of the whole repository keeps its .git, as in BuildKit.
  if (!options.keepGitDir || reference.folder !== "") await rm(join(work, ".git"), { recursive: true });
  const found = await createFolderTree(work).entryAt(`/${reference.folder}`);
  if (found?.type === "directory") {
    return changeEntries(createFolderTree(join(work, reference.folder)), (entry) => ({
      ...entry,
      mode: modeOf(entry),
      modified: time === undefined ? entry.modified : time * 1_000_000_000n,
    }));
  }
  throw new SlipwayError("GIT_FOLDER", `${hideCredentials(reference.remote)} has no folder ${reference.folder}`, {
    hint: "name a folder of the repository behind the colon, or leave it out",
  });
}

/**
 * Git keeps of a mode only whether a file can be executed; the rest came from the umask of whoever runs Slipway.
 * BuildKit's git has 022.
 */
function modeOf({ type, mode }: SourceEntry): number {
  if (type === "symlink") return mode;
  const writable = (mode & 0o200) === 0 ? 0o555 : 0o777;
  return writable & ((mode & 0o100) === 0 ? 0o666 : 0o777) & ~0o022;
}

function changeEntries(tree: SourceTree, change: (entry: SourceEntry) => SourceEntry): SourceTree {
  const changeOne = async (entry: Promise<SourceEntry | undefined>) => {
    const found = await entry;
    return found && change(found);
  };
  return {
    seekable: tree.seekable,
    entryAt: (path) => changeOne(tree.entryAt(path)),
    find: (path) => changeOne(tree.find(path)),
    list: async (path) => (await tree.list(path)).map(change),
    async *walk(path, filter) {
      for await (const entry of tree.walk(path, filter)) yield { ...change(entry), content: entry.content };
    },
  };
}

type Git = (...args: string[]) => Promise<string>;

/** A server may refuse to give one commit, or not know how to leave history out: then all of it is fetched. */
async function fetchRef({ ref = "HEAD" }: GitRef, git: Git): Promise<void> {
  const isCommit = /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
  try {
    await git("fetch", "--quiet", "--depth=1", "--no-tags", "--", "origin", ref);
  } catch (error) {
    if (!isCommit && !/shallow/.test(messageOf(error))) throw error;
    await git("fetch", "--quiet", "--tags", "--", "origin", isCommit ? "+refs/heads/*:refs/remotes/origin/*" : ref);
    if (isCommit) await git("update-ref", "FETCH_HEAD", ref);
  }
}

async function checkCommit({ remote, commit, ref }: GitRef, git: Git): Promise<void> {
  if (commit === undefined) return;
  const actual = (await git("rev-parse", "HEAD")).trim();
  if (actual.startsWith(commit)) return;
  throw new SlipwayError(
    "CHECKSUM_MISMATCH",
    `${hideCredentials(remote)}#${ref ?? "HEAD"} is the commit ${actual} (expected: ${commit})`,
    {
      hint: "if the new commit is right, put it into the checksum",
    },
  );
}

/**
 * A login as a setting in git's environment (git 2.31 and newer), for every repository of that server: in an argument, or in
 * the URL that git hands to its own helpers, every process of the machine could see it.
 */
function loginVariables(address: string, authorization: string | undefined): Readonly<Record<string, string>> {
  if (authorization === undefined) return {};
  const index = Number(process.env.GIT_CONFIG_COUNT || 0);
  return {
    GIT_CONFIG_COUNT: String(index + 1),
    [`GIT_CONFIG_KEY_${index}`]: `http.${new URL(address).origin}/.extraHeader`,
    [`GIT_CONFIG_VALUE_${index}`]: `Authorization: ${authorization}`,
  };
}

interface GitRun {
  /** Without a login. */
  readonly remote: string;
  readonly work: string;
  readonly login: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

async function runGit(run: GitRun, args: readonly string[]): Promise<string> {
  const { remote, work, login, signal } = run;
  const shown = hideCredentials(remote);
  const result = await execa("git", ["-c", "advice.detachedHead=false", "-c", "init.defaultBranch=master", ...args], {
    cwd: work,
    // No question can be answered here, and no hook or setting of a surrounding repository may matter.
    env: { ...login, GIT_TERMINAL_PROMPT: "0", GIT_DIR: undefined, GIT_WORK_TREE: undefined },
    stdin: "ignore",
    reject: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (!result.failed) return result.stdout;
  signal?.throwIfAborted();
  if (result.code === "ENOENT") {
    throw new SlipwayError("PROGRAM_MISSING", `the program git is needed to add ${shown}, and is not installed`, {
      hint: "install the package git",
    });
  }
  // A server of plain files has no part of a history to give.
  if (/--depth|shallow/.test(result.stderr) && args.includes("--depth=1")) {
    const whole = args.filter((argument) => argument !== "--depth=1");
    return await runGit(run, whole);
  }
  throw new SlipwayError("GIT_FAILED", `git ${args[0]} of ${shown} failed: ${hideCredentials(result.stderr.trim())}`, {
    hint: "the repository must be readable from this machine: try `git ls-remote` with the same URL",
  });
}
