import { execa } from "execa";
import { messageOf, SlipwayError } from "../../errors.ts";
import { withLock } from "./lock.ts";

/** Each engine gets a /20 of these: room for 4000 containers, and clear of dockerd's own pools (172.17-31, 192.168). */
const pool = { first: address("10.213.0.0"), size: 2 ** 12, count: 256 };

/**
 * Makes the bridge, with the first address of a subnet that no interface and no route of this machine overlaps; resolves
 * with the address in CIDR notation. One that is there already is taken as it is.
 */
export async function createBridge(name: string): Promise<string> {
  // Two engines that start at once must not choose the same subnet.
  return await withLock("slipway-bridge", async () => {
    const existing = await bridgeAddress(name);
    if (existing !== undefined) return existing;
    const taken = await takenSubnets();
    const cidr = freeSubnet(name, taken);
    await removeBridge(name);
    await ip("link", "add", "name", name, "type", "bridge");
    try {
      await ip("address", "add", cidr, "dev", name);
      await ip("link", "set", name, "up");
    } catch (error) {
      await removeBridge(name);
      throw error;
    }
    return cidr;
  });
}

/** No error when there is none. */
export async function removeBridge(name: string): Promise<void> {
  if ((await readLinks()).includes(name)) await ip("link", "delete", name);
}

async function bridgeAddress(name: string): Promise<string | undefined> {
  const links = JSON.parse(await ip("-json", "-4", "address", "show")) as LinkJson[];
  const inet = links.find(({ ifname }) => ifname === name)?.addr_info?.[0];
  return inet?.local === undefined ? undefined : `${inet.local}/${inet.prefixlen}`;
}

interface LinkJson {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

async function readLinks(): Promise<string[]> {
  const links = JSON.parse(await ip("-json", "link", "show")) as LinkJson[];
  return links.flatMap(({ ifname }) => ifname ?? []);
}

interface Subnet {
  readonly first: number;
  readonly last: number;
}

async function takenSubnets(): Promise<Subnet[]> {
  const [addresses, routes] = await Promise.all([
    ip("-json", "-4", "address", "show").then((json) => JSON.parse(json) as LinkJson[]),
    ip("-json", "-4", "route", "show", "table", "all").then((json) => JSON.parse(json || "[]") as { dst?: string }[]),
  ]);
  return [
    ...addresses.flatMap(({ addr_info }) => (addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`)),
    ...routes.flatMap(({ dst }) => (dst === undefined || dst === "default" ? [] : [dst])),
  ].map(parseSubnet);
}

export function parseSubnet(cidr: string): Subnet {
  const [host = "", bits = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(address(host) / size) * size;
  return { first, last: first + size - 1 };
}

function address(dotted: string): number {
  return dotted.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Begins at a place that follows from the name: an engine mostly gets the same subnet again. */
export function freeSubnet(name: string, taken: readonly Subnet[]): string {
  const begin = [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % pool.count, 0);
  for (let step = 0; step < pool.count; step++) {
    const first = pool.first + ((begin + step) % pool.count) * pool.size;
    const last = first + pool.size - 1;
    if (!taken.some((other) => other.first <= last && other.last >= first)) return `${dotted(first + 1)}/20`;
  }
  throw new SlipwayError(
    "ENGINE_NETWORK_FULL",
    "no subnet of 10.213.0.0 to 10.228.255.255 is free for the engine's bridge",
    {
      hint: "remove routes or bridges that are not needed: `ip route`, `ip link`",
    },
  );
}

async function ip(...words: string[]): Promise<string> {
  try {
    return (await execa("ip", words, { env: { PATH: systemPath }, stdin: "ignore" })).stdout;
  } catch (cause) {
    throw new SlipwayError("ENGINE_NETWORK_FAILED", `ip ${words.join(" ")}: ${messageOf(cause)}`, {
      hint: "making a network bridge needs root and CAP_NET_ADMIN",
      cause,
    });
  }
}

export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
