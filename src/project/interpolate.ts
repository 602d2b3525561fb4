/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME+other}`, `${NAME:?message}` and
 * `${NAME?message}`; `$$` is a dollar sign (the Compose specification's interpolation). Throws for a missing `?` and what
 * cannot be read.
 */
export function interpolate(text: string, env: Readonly<Record<string, string | undefined>>): string {
  let result = "";
  let offset = 0;
  while (offset < text.length) {
    const dollar = text.indexOf("$", offset);
    if (dollar < 0) break;
    result += text.slice(offset, dollar);
    const rest = text.slice(dollar);
    const plain = /^\$([A-Za-z_]\w*)/.exec(rest);
    if (rest.startsWith("$$")) {
      result += "$";
      offset = dollar + 2;
    } else if (plain !== null) {
      result += env[plain[1]!] ?? "";
      offset = dollar + plain[0].length;
    } else if (rest.startsWith("${")) {
      const end = closingBrace(rest);
      if (end < 0) throw new Error(`\${ is not closed in ${JSON.stringify(text)}`);
      result += replaceBraced(rest.slice(2, end), env);
      offset = dollar + end + 1;
    } else {
      throw new Error(`a single $ in ${JSON.stringify(text)}; write $$ for a dollar sign`);
    }
  }
  return result + text.slice(offset);
}

function closingBrace(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    if (text.startsWith("${", index)) depth++;
    if (text[index] === "}" && --depth === 0) return index;
  }
  return -1;
}

function replaceBraced(inner: string, env: Readonly<Record<string, string | undefined>>): string {
  const match = /^([A-Za-z_]\w*)(?:(:?)([-+?])([\s\S]*))?$/.exec(inner);
  if (match === null) throw new Error(`\${${inner}} is not understood`);
  const [, name, colon, operator, word = ""] = match;
  const value = env[name!];
  const isThere = value !== undefined && (colon === "" || value !== "");
  switch (operator) {
    case "-":
      return isThere ? value : interpolate(word, env);
    case "+":
      return isThere ? interpolate(word, env) : "";
    case "?":
      if (!isThere) throw new Error(`${name} is not set: ${word || "it is required"}`);
      return value;
    default:
      return value ?? "";
  }
}
