import { execa } from "execa";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import { systemPath } from "./network.ts";

const tables = ["nat", "filter"] as const;

/** Lines of iptables-save, by table: `-A CHAIN …`. */
export type FirewallRules = Readonly<Record<(typeof tables)[number], readonly string[]>>;

export async function readRules(): Promise<FirewallRules> {
  const [nat, filter] = await Promise.all(
    tables.map(async (table) => {
      return (await iptables("iptables-save", ["-t", table], "")).split("\n").filter((line) => line.startsWith("-A "));
    }),
  );
  return { nat: nat!, filter: filter! };
}

/**
 * A dockerd that starts empties the chains whose names start with DOCKER, whoever filled them: another engine's
 * published ports and isolation would go. Puts back what was there before, above what the new one wrote (its chains end
 * in RETURN).
 */
export async function restoreRules(before: FirewallRules): Promise<void> {
  const now = await readRules();
  await apply((table) =>
    before[table]
      .filter((rule) => /^-A DOCKER/.test(rule) && !isSetUpByEach(rule) && !now[table].includes(rule))
      .reverse()
      .map((rule) => rule.replace(/^-A (\S+)/, "-I $1 1")),
  );
}

/** Rules without an interface or address are every dockerd's own. */
function isSetUpByEach(rule: string): boolean {
  return /^-A \S+ -j \S+$/.test(rule);
}

/** Removes the rules that name the bridge: a dockerd that ends leaves them. */
export async function removeRulesOf(bridge: string): Promise<void> {
  const now = await readRules();
  await apply((table) =>
    now[table].filter((rule) => rule.split(" ").includes(bridge)).map((rule) => rule.replace(/^-A/, "-D")),
  );
}

async function apply(linesOf: (table: (typeof tables)[number]) => readonly string[]): Promise<void> {
  const text = tables
    .map((table) => [table, linesOf(table)] as const)
    .filter(([, lines]) => lines.length > 0)
    .map(([table, lines]) => `*${table}\n${lines.join("\n")}\nCOMMIT\n`)
    .join("");
  if (text === "") return;
  await iptables("iptables-restore", ["--noflush", "--wait"], text);
}

async function iptables(program: string, words: readonly string[], input: string): Promise<string> {
  try {
    return (await execa(program, words, { env: { PATH: systemPath }, input })).stdout;
  } catch (cause) {
    throw new SlipwayError("ENGINE_NETWORK_FAILED", `${program}: ${messageOf(cause)}`, {
      hint: "the engine's network needs iptables, root and CAP_NET_ADMIN",
      exitCode: ExitCode.engine,
      cause,
    });
  }
}
