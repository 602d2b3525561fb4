/** Linux's numbers, the same on amd64 and arm64, with the texts of Go's syscall package, which runc's messages have. */
const errnos: Readonly<Record<number, readonly [code: string, text: string]>> = {
  1: ["eperm", "operation not permitted"],
  2: ["enoent", "no such file or directory"],
  3: ["esrch", "no such process"],
  4: ["eintr", "interrupted system call"],
  5: ["eio", "input/output error"],
  7: ["e2big", "argument list too long"],
  8: ["enoexec", "exec format error"],
  9: ["ebadf", "bad file descriptor"],
  10: ["echild", "no child processes"],
  11: ["eagain", "resource temporarily unavailable"],
  12: ["enomem", "cannot allocate memory"],
  13: ["eacces", "permission denied"],
  16: ["ebusy", "device or resource busy"],
  17: ["eexist", "file exists"],
  18: ["exdev", "invalid cross-device link"],
  19: ["enodev", "no such device"],
  20: ["enotdir", "not a directory"],
  21: ["eisdir", "is a directory"],
  22: ["einval", "invalid argument"],
  23: ["enfile", "too many open files in system"],
  24: ["emfile", "too many open files"],
  26: ["etxtbsy", "text file busy"],
  27: ["efbig", "file too large"],
  28: ["enospc", "no space left on device"],
  30: ["erofs", "read-only file system"],
  31: ["emlink", "too many links"],
  32: ["epipe", "broken pipe"],
  36: ["enametoolong", "file name too long"],
  39: ["enotempty", "directory not empty"],
  40: ["eloop", "too many levels of symbolic links"],
  88: ["enotsock", "socket operation on non-socket"],
  95: ["enotsup", "operation not supported"],
  97: ["eafnosupport", "address family not supported by protocol"],
  98: ["eaddrinuse", "address already in use"],
  99: ["eaddrnotavail", "cannot assign requested address"],
  101: ["enetunreach", "network is unreachable"],
  103: ["econnaborted", "software caused connection abort"],
  104: ["econnreset", "connection reset by peer"],
  107: ["enotconn", "transport endpoint is not connected"],
  110: ["etimedout", "connection timed out"],
  111: ["econnrefused", "connection refused"],
  113: ["ehostunreach", "no route to host"],
  115: ["einprogress", "operation now in progress"],
  122: ["edquot", "disk quota exceeded"],
};

export const ENOENT = 2;
export const EIO = 5;
export const ECHILD = 10;
export const EAGAIN = 11;
export const EEXIST = 17;
export const ENOTDIR = 20;
export const EINVAL = 22;
export const EPIPE = 32;
export const ETIMEDOUT = 110;
export const ECONNREFUSED = 111;

/** Something that the person has to know; in the agent it becomes a `failed` message. */
export class InitError extends Error {
  override readonly name = "InitError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function errnoText(errno: number): string {
  return errnos[errno]?.[1] ?? `errno ${errno}`;
}

/** `what` as Go's PathError has it: `mkdir /x`. */
export function systemError(errno: number, what: string): InitError {
  return new InitError(errnos[errno]?.[0] ?? `errno-${errno}`, `${what}: ${errnoText(errno)}`);
}

/** Passes the result of a native call on, or throws what it failed with. */
export function check<T>(result: T | number, what: () => string): T {
  if (typeof result === "number" && result < 0) throw systemError(-result, what());
  return result as T;
}
