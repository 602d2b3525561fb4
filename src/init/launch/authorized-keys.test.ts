import { expect, test } from "vitest";
import { readKeys, replaceKeys } from "./authorized-keys.ts";

/** Made by ssh-keygen. */
const rsa =
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDC/lCQO13iZjTTicf9JipS2p94DHL6zm/Gm/zdMObPacRSJ0AI/4AhVfThebqQJzMnKMfO" +
  "7rcvOEcCQ4QwZfLNMZhS8uNM1/7RWhaMnr41HtyoQy8w82V3MjoXMwlVi2NcebcFeaFJlOPIFvU63lVLKmXwcWYF7DWGIg7muZ+CTQ== " +
  "me@rsa";
const ecdsa =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCODeHmEHiP4X/s977+IuSiDDfc4puTAGt7q" +
  "wHvE0yQPb0h/ZZCnmvuaxNfX4hMu7k0ScSEMxxBd2CnmV3UPzl8= me@ecdsa";
const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC04ai/8DoNoJtJDxC9dam5V5Cm33xuq+viKduYf1N6P me@ed25519";

test("takes the keys that ssh-keygen makes, with options and comments, each once", () => {
  const options = `from="10.0.0.*, \\"x",no-pty ${ed25519}`;
  const text = `# mine\n\n${rsa}\r\n${ecdsa} and more\n  ${options}\n${rsa}\n`;
  expect(readKeys([{ path: "me.pub", text }])).toEqual({ keys: [rsa, `${ecdsa} and more`, options], warnings: [] });
});

test("leaves out what is no key, and says where", () => {
  const lines = [
    "ssh-ed25519 AAAA",
    ed25519.slice(0, 60),
    ed25519.replace("ssh-ed25519", "ssh-rsa"),
    "hello world",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    ed25519.replace("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"),
    `command="x" ${ed25519.split(" ")[1]}`,
  ];
  expect(readKeys([{ path: "bad.pub", text: lines.join("\n") }])).toEqual({
    keys: [],
    warnings: [
      "bad.pub:1: a damaged ssh-ed25519 key, left out",
      "bad.pub:2: a damaged ssh-ed25519 key, left out",
      "bad.pub:3: a damaged ssh-rsa key, left out",
      "bad.pub:4: no public key, left out",
      "bad.pub:5: a private key, left out",
      "bad.pub:6: a certificate, not a key, left out",
      "bad.pub:7: no public key, left out",
    ],
  });
});

test("a key cut off anywhere is no key", () => {
  for (let length = 12; length < ed25519.indexOf(" me@"); length++)
    expect(readKeys([{ path: "cut.pub", text: ed25519.slice(0, length) }]).keys).toEqual([]);
});

test("lines of others stay, keys whose file is gone go", () => {
  const first = replaceKeys("ssh-rsa others", ["key-a", "key-b"]);
  expect(first.split("\n")).toEqual([
    "ssh-rsa others",
    expect.stringMatching(/^# slipway-init/),
    "key-a",
    "key-b",
    expect.stringMatching(/^# slipway-init/),
    "",
  ]);
  const grown = `# top\n${first}last\n`;
  expect(replaceKeys(grown, ["key-a", "key-b"])).toBe(grown);
  expect(replaceKeys(grown, ["key-b"])).toBe(grown.replace("key-a\n", ""));
  expect(replaceKeys(grown, [])).toBe("# top\nssh-rsa others\nlast\n");
  expect(replaceKeys(replaceKeys("", ["key-a"]), [])).toBe("");
  expect(replaceKeys("untouched", [])).toBe("untouched");
});
