/**
 * A message without the names and passwords of the web addresses in it, and without the passwords of others: the user of
 * `ssh://git@HOST` is no secret.
 */
export function hideCredentials(message: string): string {
  return message
    .replace(/\b(https?:\/\/)[^\s/?#]*@/gi, "$1")
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*):[^\s/?#]*@/gi, "$1@");
}
