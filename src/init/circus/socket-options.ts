import { InitError } from "../system/errors.ts";
import type { SocketOptions } from "./configuration.ts";
import { parseMask } from "./python-values.ts";
import {
  type SectionOptions,
  takeBoolean,
  takeInteger,
  takeParsed,
  takeUnknown,
  takeWord,
  tellError,
} from "./section-options.ts";

/** What sockaddr_un holds, without its last zero. */
const LONGEST_PATH = 107;

const families: readonly SocketOptions["family"][] = ["AF_INET", "AF_INET6", "AF_UNIX"];
const types: readonly SocketOptions["type"][] = ["SOCK_STREAM", "SOCK_DGRAM"];

function oneOf<T extends string>(names: readonly T[]): (text: string) => T {
  return (text) => {
    const name = names.find((known) => known === text.trim().toUpperCase());
    if (name === undefined) throw new InitError("bad-value", `${text.trim()} is not one of ${names.join(", ")}`);
    return name;
  };
}

/** `[socket:NAME]`; names are in lower case, as `$(circus.sockets.NAME)` is of any case. */
export function readSocket(options: SectionOptions): SocketOptions {
  const path = takeWord(options, "path");
  const family = takeParsed(options, "family", oneOf(families)) ?? "AF_INET";
  const type = takeParsed(options, "type", oneOf(types)) ?? "SOCK_STREAM";
  const proto = takeWord(options, "proto")?.toLowerCase();
  const port = takeInteger(options, "port", 8080, 0);
  const umask = takeParsed(options, "umask", parseMask);

  const name = options.section.name.slice(options.section.name.lastIndexOf("socket:") + "socket:".length).toLowerCase();
  if (name === "") tellError(options, "", "the socket has no name");
  if (path === undefined && family === "AF_UNIX") tellError(options, "family", "an AF_UNIX socket needs a path");
  if (path !== undefined && new TextEncoder().encode(path).length > LONGEST_PATH)
    tellError(options, "path", `path is longer than the ${LONGEST_PATH} bytes that a unix socket may have`);
  if (port > 65535) tellError(options, "port", `port: ${port} is more than 65535`);
  if (proto !== undefined && proto !== (type === "SOCK_STREAM" ? "tcp" : "udp"))
    tellError(options, "proto", `proto: ${proto} does not fit ${type}`);

  const read: SocketOptions = {
    name,
    host: takeWord(options, "host") ?? "localhost",
    port,
    path,
    family: path === undefined ? family : "AF_UNIX",
    type,
    interface: takeWord(options, "interface"),
    umask,
    replace: takeBoolean(options, "replace", false),
    soReuseport: takeBoolean(options, "so_reuseport", false),
    blocking: takeBoolean(options, "blocking", false),
    backlog: takeInteger(options, "backlog", 2048, 0),
    origin: options.section.origin,
  };
  takeUnknown(options);
  return read;
}
