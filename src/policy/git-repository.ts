/** Whether a folder with these names in it is a git repository: what git itself looks for. */
export function isRepository(names: readonly string[]): boolean {
  return names.includes("HEAD") && names.includes("objects") && names.includes("refs") && names.includes("config");
}

const SECTION = /^\s*\[\s*([A-Za-z0-9.-]+)\s*(?:"[^"]*")?\s*\]/;
const KEY = /^\s*sharedrepository\s*(?:=\s*(.*?))?\s*$/i;

/** Whether git keeps what it writes open to the group: `core.sharedRepository`, as git-config(1) reads it. */
export function isShared(config: string): boolean {
  const { lines, found } = locate(config);
  if (found === undefined) return false;
  const value = (KEY.exec(stripSection(lines[found]!))?.[1] ?? "true")
    .replace(/\s*[#;].*$/, "")
    .replace(/^"(.*)"$/, "$1");
  if (/^(?:group|true|yes|on|1|all|world|everybody|2)$/i.test(value)) return true;
  return /^0[0-7]{3}$/.test(value) && (Number.parseInt(value, 8) & 0o060) === 0o060;
}

/** A repository's configuration with `core.sharedRepository = group`; all other lines stay as they are. */
export function shareRepository(config: string): string {
  const { lines, found, core } = locate(config);
  const setting = "\tsharedRepository = group";
  if (found !== undefined) lines.splice(found, 1, ...(SECTION.test(lines[found]!) ? ["[core]"] : []), setting);
  else if (core !== undefined) lines.splice(core + 1, 0, setting);
  else lines.splice(lines.at(-1) === "" ? lines.length - 1 : lines.length, 0, "[core]", setting);
  const text = lines.join("\n");
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** Line indices: the setting that counts, the last; the first header of `[core]` that has nothing behind it on its line. */
function locate(config: string): { lines: string[]; found: number | undefined; core: number | undefined } {
  const lines = config.split("\n");
  let section = "";
  let found: number | undefined;
  let core: number | undefined;
  lines.forEach((line, index) => {
    const header = SECTION.exec(line);
    if (header) section = line.includes('"') ? `${header[1]} sub` : header[1]!.toLowerCase();
    if (section !== "core") return;
    if (header && /^\s*(?:[#;].*)?$/.test(line.slice(header[0].length))) core ??= index;
    if (KEY.test(stripSection(line))) found = index;
  });
  return { lines, found, core };
}

function stripSection(line: string): string {
  return line.replace(SECTION, "");
}
