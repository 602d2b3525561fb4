import { type Finding, fail, rangeOfText, warn } from "./findings.ts";
import { parseExposedPort } from "./ports.ts";
import type { Dockerfile, Instruction } from "./types.ts";

/** Checks one word of EXPOSE: `PORT[-PORT][/PROTOCOL]`; the form with addresses is still allowed. */
export function checkPort(dockerfile: Dockerfile, instruction: Instruction, word: string): Finding[] {
  if (/[$'"\\]/.test(word)) return [];
  const hint = "write EXPOSE PORT[/PROTOCOL]: 80, 53/udp";
  const options = { range: rangeOfText(dockerfile, instruction, word), hint };
  const ports = parseExposedPort(word);
  if ("error" in ports) return [fail(instruction, "port-invalid", `invalid port: ${ports.error}`, options)];
  const findings: Finding[] = [];
  const protocol = /\/(.*)$/.exec(word)?.[1] ?? "";
  if (protocol !== protocol.toLowerCase()) {
    const message = `Defined protocol '${word}' in EXPOSE instruction should be lowercase`;
    findings.push(warn(instruction, "ExposeProtoCasing", message, options));
  }
  if (/[^:].*:/.test(word)) {
    const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${word}'`;
    findings.push(warn(instruction, "ExposeInvalidFormat", message, options));
  }
  return findings;
}
