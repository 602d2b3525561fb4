import { SlipwayError } from "../../errors.ts";

/** Gives the mode (07777) that a file of mode `mode` gets; `isDirectory` matters for `X`. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

export interface Chmod {
  readonly change: ModeChange;
  /** Set for an octal --chmod: then it is also the mode of the folders that the copy makes on its way. */
  readonly octal: number | undefined;
}

const clause = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/;
const classBits = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 } as const;
const permissionBits = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 } as const;

/**
 * What `--chmod` says: an octal number up to 07777, or the symbolic form of chmod(1), `u=rwX,go=rX`, with no umask.
 * Error COPY_CHMOD for anything else.
 */
export function parseChmod(text: string): Chmod {
  if (/^[0-7]+$/.test(text)) {
    const octal = Number.parseInt(text, 8);
    if (octal > 0o7777) throw invalid(text);
    return { octal, change: () => octal };
  }
  const changes = text.split(",").flatMap((part) => {
    const parsed = clause.exec(part);
    if (parsed === null) throw invalid(text);
    return [...parsed[2]!.matchAll(/[-+=][^-+=]*/g)].map(([action]) => parseAction(parsed[1]!, action));
  });
  return {
    octal: undefined,
    change: (original, isDirectory) => {
      const executable = isDirectory || (original & 0o111) !== 0;
      return changes.reduce((mode, change) => change(mode, executable), original);
    },
  };
}

/** `executable`: whether `X` means `x`. BSD's reading, which is BuildKit's: `t` belongs to every class but `o`. */
function parseAction(who: string, action: string): (mode: number, executable: boolean) => number {
  const operator = action[0]!;
  const names = [...action.slice(1)];
  const sticky = names.includes("t") && !/^o+$/.test(who) ? permissionBits.t : 0;
  const classes = [...(who || "a")].reduce((bits, name) => bits | classBits[name as keyof typeof classBits], sticky);
  return (mode, executable) => {
    const bits = names.reduce((sum, name) => sum | bitsOf(name, operator, mode, executable), 0) & classes;
    if (operator === "+") return mode | bits;
    return operator === "-" ? mode & ~bits : (mode & ~classes) | bits;
  };
}

/** A permission's bits for all classes at once. */
function bitsOf(name: string, operator: string, mode: number, executable: boolean): number {
  if (name === "u") return ((mode >> 6) & 7) * 0o111;
  if (name === "g") return ((mode >> 3) & 7) * 0o111;
  if (name === "o") return (mode & 7) * 0o111;
  if (name === "X") return executable || operator === "-" ? permissionBits.x : 0;
  return permissionBits[name as keyof typeof permissionBits];
}

function invalid(text: string): SlipwayError {
  return new SlipwayError("COPY_CHMOD", `invalid chmod parameter: '${text}'`, {
    hint: "write an octal number between 0 and 07777, or a symbolic mode such as u=rwX,go=rX",
  });
}
