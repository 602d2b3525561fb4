/**
 * EXPOSE's words: `80`, `80/udp`, `8000-8002/tcp`, and with an address and a host port before it, which are checked and
 * dropped. Gives `80/tcp`, one per port; throws a plain message that names what is wrong.
 */
export function parseExposedPort(word: string): readonly string[] | { readonly error: string } {
  const { address, host, container } = splitWord(word);
  const [range = "", protocol = ""] = splitOnce(container, "/");
  if (range === "") return { error: `${JSON.stringify(word)} names no port` };
  const name = protocol === "" ? "tcp" : protocol.toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(name)) {
    return { error: `${JSON.stringify(word)}: ${protocol} is not a protocol; expected tcp, udp or sctp` };
  }
  const ports = parseRange(range);
  if (!ports) return { error: `${JSON.stringify(word)}: ${range} is not a port or a range of ports from 0 to 65535` };
  if (address !== "" && !/^(\[[0-9a-f:.]+\]|[0-9a-f:.]+)$/i.test(address)) {
    return { error: `${JSON.stringify(word)}: ${address} is not an IP address` };
  }
  if (host !== "") {
    const hostPorts = parseRange(host);
    if (!hostPorts) return { error: `${JSON.stringify(word)}: ${host} is not a host port or a range of them` };
    const sizes = [ports, hostPorts].map(([start, end]) => end - start);
    if (sizes[0] !== sizes[1] && sizes[0] !== 0) {
      return { error: `${JSON.stringify(word)}: the ranges ${range} and ${host} differ in length` };
    }
  }
  const [start, end] = ports;
  return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${name}`);
}

function splitWord(word: string): { address: string; host: string; container: string } {
  const parts = word.split(":");
  const container = parts.pop()!;
  return { container, host: parts.pop() ?? "", address: parts.join(":") };
}

function parseRange(text: string): readonly [number, number] | undefined {
  const [first = "", last = first] = splitOnce(text, "-");
  const [start, end] = [parsePort(first), parsePort(last)];
  return start === undefined || end === undefined || end < start ? undefined : [start, end];
}

function parsePort(text: string): number | undefined {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65535 ? port : undefined;
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
