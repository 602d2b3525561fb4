/** A line of a `*.pub` file, as OpenSSH's authorized_keys takes it (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface KeyFile {
  readonly path: string;
  readonly text: string;
}

export interface KeyReading {
  /** Valid lines, none twice. */
  readonly keys: readonly string[];
  /** Lines that are left out: `PATH:LINE: why`. */
  readonly warnings: readonly string[];
}

const BEGIN = "# slipway-init: keys of the data volume, rewritten at each launch";
const END = "# slipway-init: end";

export function readKeys(files: readonly KeyFile[]): KeyReading {
  const keys = new Set<string>();
  const warnings: string[] = [];
  for (const { path, text } of files)
    for (const [index, raw] of text.split("\n").entries()) {
      const line = raw.trim();
      if (line === "" || line.startsWith("#")) continue;
      const problem = findProblem(line);
      if (problem === undefined) keys.add(line);
      else warnings.push(`${path}:${index + 1}: ${problem}, left out`);
    }
  return { keys: [...keys], warnings };
}

/** The keys between our two comments; all else of the file as it is. */
export function replaceKeys(authorizedKeys: string, keys: readonly string[]): string {
  const lines = authorizedKeys.split("\n");
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  const block = keys.length > 0 ? [BEGIN, ...keys, END] : [];
  // Without its end nobody knows what of it is ours: only the comment goes.
  if (begin >= 0) lines.splice(begin, end > begin ? end - begin + 1 : 1, ...block);
  else if (block.length > 0) lines.splice(lines.at(-1) === "" ? -1 : lines.length, 0, ...block);
  const text = lines.join("\n");
  return text === "" || text.endsWith("\n") || text === authorizedKeys ? text : `${text}\n`;
}

const keyType =
  /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;
const certificateType = /^[a-z0-9-]+-cert-v01@openssh\.com$/;

/** Undefined for `[options] type base64 [comment]` with a whole key in it. */
function findProblem(line: string): string | undefined {
  if (line.includes("PRIVATE KEY")) return "a private key";
  const [first = "", rest] = splitWord(line);
  const isType = keyType.test(first) || certificateType.test(first);
  const [type = "", blob = ""] = (isType ? line : rest).split(/[ \t]+/);
  if (certificateType.test(type)) return "a certificate, not a key";
  if (!keyType.test(type)) return "no public key";
  const bytes = decodeBase64(blob);
  return bytes !== undefined && isKeyOf(bytes, type) ? undefined : `a damaged ${type} key`;
}

/** The first word, in which quotes may hide blanks. */
function splitWord(line: string): [word: string, rest: string] {
  const word = /^(?:"(?:\\"|[^"])*"|[^\s"])+/.exec(line)?.[0] ?? "";
  return [word, line.slice(word.length).trimStart()];
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const digits = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let index = 0; index < digits.length; index++) {
    bits = ((bits << 6) | alphabet.indexOf(digits[index]!)) & 0xffff;
    if (index % 4 !== 0) bytes[at++] = (bits >> (6 - 2 * (index % 4))) & 0xff;
  }
  return bytes;
}

/** Strings, each behind its length in four bytes (RFC 4253, 6.6), the first of them the type; nothing missing, nothing behind. */
function isKeyOf(bytes: Uint8Array, type: string): boolean {
  let count = 0;
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
    at += 4;
    if (length > bytes.length - at) return false;
    if (count === 0 && String.fromCharCode(...bytes.subarray(at, at + length)) !== type) return false;
    at += length;
    count++;
  }
  return at === bytes.length && count >= 2;
}
