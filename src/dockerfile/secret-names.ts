/**
 * Words of a name that speak of a secret, and those that say it is none: the lists of BuildKit's check SecretsUsedInArgOrEnv
 * (frontend/dockerfile/dockerfile2llb, `getSecretsRegex`). A word is a part between underscores, in any case.
 */
const secret = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const noSecret = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** Whether BuildKit takes an ARG or ENV of this name for a secret: `GITHUB_TOKEN`, `password`, not `PUBLIC_KEY`. */
export function isSecretName(name: string): boolean {
  return secret.test(name) && !noSecret.test(name);
}

/** A URL with a password in it, as proxies and repositories are given. */
const urlWithPassword = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:[^\s/?#@]+@/i;

/** Whether a build argument is to be kept secret: by its name, or since its value is a URL with a password. */
export function isSecretArg(name: string, value: string): boolean {
  return value !== "" && (isSecretName(name) || urlWithPassword.test(value));
}
