/**
 * A message without the names and passwords of the web addresses in it, and without the passwords of others: the user of
 * `ssh://git@HOST` is no secret.
 */
export function hideCredentials(message: string): string {
  return message
    .replace(/\b(https?:\/\/)[^\s/?#]*@/gi, "$1")
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*):[^\s/?#]*@/gi, "$1@");
}

/**
 * The address of a web URL without the name and password in it, and these as the header Authorization wants them (RFC 7617).
 * Other URLs, and `user@host:path`, come back as they are.
 */
export function splitLogin(text: string): { readonly address: string; readonly authorization: string | undefined } {
  if (!/^https?:\/\//i.test(text)) return { address: text, authorization: undefined };
  const url = new URL(text);
  if (url.username === "" && url.password === "") return { address: text, authorization: undefined };
  const login = Buffer.from(`${decodePart(url.username)}:${decodePart(url.password)}`).toString("base64");
  url.username = "";
  url.password = "";
  return { address: url.href, authorization: `Basic ${login}` };
}

/** A part of a URL as it is meant; as it is written where that is no percent-encoding. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
