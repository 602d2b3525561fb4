/** Keys and passwords whose programs refuse files that a group can read. */
const secretNames =
  /^(?:\.ssh|\.gnupg|\.netrc|\.pgpass|\.git-credentials|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|ssh_host_\w+_key)$/;

/** Whether a file or folder is known to belong to one person alone. */
export function isSecretName(name: string): boolean {
  return secretNames.test(name);
}

/** Certificates' keys have no names of their own: such a file stays closed where it is. */
export function isClosedKey(name: string, mode: number): boolean {
  return (mode & 0o077) === 0 && /\.(?:key|pem|p12|pfx|jks)$/.test(name);
}
