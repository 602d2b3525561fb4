import * as native from "native";
import { InitError } from "../system/errors.ts";
import { isDirectory } from "../system/files.ts";
import { glob } from "../system/glob.ts";
import { Loop } from "../system/loop.ts";
import { print } from "../system/print.ts";
import { applyPolicy, describeFailures } from "./apply-policy.ts";
import { MOST_FOLDERS, PermissionWatch } from "./permission-watch.ts";
import type { PolicyFolder } from "./read-policy.ts";

const usage = `Usage: slipway-init permissions [--watch] [--policy FILE] [--most N] [FOLDER…]

Gives the editor group, gid 65753, what the policy of each folder says: the file .slipway/editor in it; without one, members may
read and write all. Folders: those given, else those in SLIPWAY_EDITOR_FOLDERS (FOLDER or FOLDER=POLICY, with colons between), else
/srv/projects/*/project and /srv/projects/*/data.

  --watch        go on, and keep right what is made, moved in, or given other rights
  --policy FILE  the policy of the folder that is named next, in place of its own
  --most N       watch no more than N folders (default: ${MOST_FOLDERS})

Exit codes: 0 all is right now, 1 something could not be made right, 2 wrong usage or policy.
`;

interface Words {
  readonly folders: readonly PolicyFolder[];
  readonly watch: boolean;
  readonly most: number;
}

/** The program `slipway-init permissions`. */
export function runPermissions(): void {
  const words = native.args().slice(1);
  if (words.includes("--help") || words.includes("-h")) {
    print(1, usage);
    return;
  }
  try {
    const { folders, watch, most } = readWords(words);
    if (watch) watchFolders(folders, most);
    else if (!applyAll(folders)) native.exit(1);
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    report(error.message);
    native.exit(error.code === "usage" || error.code === "bad-policy" ? 2 : 1);
  }
}

function readWords(words: readonly string[]): Words {
  const folders: PolicyFolder[] = [];
  let watch = false;
  let most = MOST_FOLDERS;
  let policyFile: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--watch") watch = true;
    else if (word === "--policy") policyFile = words[++at] ?? refuse("--policy wants a file");
    else if (word === "--most") most = countOf(words[++at]);
    else if (word.startsWith("-")) refuse(`no such option: ${word}`);
    else {
      folders.push({ folder: word, policyFile });
      policyFile = undefined;
    }
  }
  if (policyFile !== undefined) refuse("--policy wants a folder behind its file");
  return { folders: folders.length > 0 ? folders : usualFolders(), watch, most };
}

function countOf(word: string | undefined): number {
  return /^[1-9]\d*$/.test(word ?? "") ? Number(word) : refuse("--most wants a number of folders");
}

function refuse(message: string): never {
  throw new InitError("usage", `${message}; see slipway-init permissions --help`);
}

function usualFolders(): PolicyFolder[] {
  const named = native.environment().find((entry) => entry.startsWith("SLIPWAY_EDITOR_FOLDERS="));
  if (named !== undefined) return parseFolders(named.slice("SLIPWAY_EDITOR_FOLDERS=".length));
  return ["project", "data"]
    .flatMap((part) => glob(`/srv/projects/*/${part}`))
    .filter((folder) => isDirectory(native.stat(folder)))
    .map((folder) => ({ folder, policyFile: undefined }));
}

/** `FOLDER:FOLDER=POLICY`, as the launch hands them to the supervisor. */
function parseFolders(text: string): PolicyFolder[] {
  return text
    .split(":")
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [folder = "", policyFile] = entry.split("=");
      return { folder, policyFile };
    });
}

function watchFolders(folders: readonly PolicyFolder[], most: number): void {
  const loop = new Loop();
  new PermissionWatch(folders, { loop, report, most });
  loop.run();
}

/** Whether all is right now. */
function applyAll(folders: readonly PolicyFolder[]): boolean {
  let right = true;
  for (const where of folders) {
    const applied = applyPolicy(where);
    for (const line of describeFailures(applied, where.folder)) report(line);
    print(1, `${where.folder}: ${applied.changed === 0 ? "all is right" : `${applied.changed} made right`}\n`);
    right &&= applied.failures.size === 0;
  }
  return right;
}

function report(text: string): void {
  print(2, text.replace(/^/gm, "permissions: ").concat("\n"));
}
