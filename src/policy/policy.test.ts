import { describe, expect, test } from "vitest";
import { decide, type Entry, formatMode } from "./decide.ts";
import { isRepository, isShared, shareRepository } from "./git-repository.ts";
import { placeAt } from "./place.ts";
import { EDITOR_GID, parsePolicy } from "./policy.ts";

const policyOf = (text: string) => {
  const { policy, mistakes } = parsePolicy(text);
  expect(mistakes).toEqual([]);
  return policy;
};

const example = policyOf(`
# everybody's browser
served      /htdocs/
read-only   /vendor/
secret      config/*.token
exclude     .cache/
read-write  /vendor/own/
read-write  /vendor/id_rsa
`);

/** The mode that `path` gets, in octal digits; the present one where it is right or left alone. */
function wanted(path: string, mode: number, gid = EDITOR_GID, type: Entry["type"] = "file"): string {
  const entry = { type, mode, uid: 1000, gid, names: 1, identity: "1:1" };
  return (decide(placeAt(example, path, type === "folder"), entry)?.mode ?? mode).toString(8);
}
const folder = (path: string, mode: number) => wanted(path, mode, EDITOR_GID, "folder");

describe("parts", () => {
  test("members can do what the owner can", () => {
    expect(wanted("a", 0o644)).toBe("664");
    expect(wanted("a", 0o600)).toBe("660");
    expect(wanted("a", 0o755)).toBe("775");
    expect(wanted("a", 0o444)).toBe("444");
    expect(wanted("a", 0o400)).toBe("440");
    expect(folder("d", 0o755)).toBe("2775");
    expect(folder("d", 0o700)).toBe("2770");
    expect(folder("tmp", 0o1777)).toBe("3777");
  });

  test("what is served is read by all and written by members only", () => {
    expect(wanted("htdocs/x", 0o600)).toBe("664");
    expect(wanted("htdocs/x", 0o666)).toBe("664");
    expect(folder("htdocs", 0o777)).toBe("2775");
    expect(folder("htdocs/deep/er", 0o700)).toBe("2775");
    expect(wanted("htdocs", 0o600), "the pattern is for folders").toBe("660");
  });

  test("what is read-only is written by its owner only", () => {
    expect(wanted("vendor/x", 0o664)).toBe("644");
    expect(folder("vendor", 0o775)).toBe("2755");
    expect(wanted("vendor/own/x", 0o644), "a later rule wins").toBe("664");
  });

  test("folders above what all may read can be passed by all", () => {
    expect(folder("", 0o700)).toBe("2771");
    expect(folder("other", 0o700)).toBe("2770");
  });

  test("what is excluded stays, with all in it", () => {
    expect(wanted(".cache", 0o600)).toBe("660");
    expect(folder("a/.cache", 0o700)).toBe("700");
    expect(wanted("a/.cache/x/y", 0o600)).toBe("600");
  });

  test("secrets are for their owner", () => {
    expect(wanted("config/api.token", 0o644)).toBe("600");
    expect(wanted("config/api.token", 0o600)).toBe("600");
    expect(wanted("config/sub/api.token", 0o644)).toBe("664");
  });

  test("keys that are known stay as they are, unless a rule names them", () => {
    expect(wanted("home/.ssh/authorized_keys", 0o600)).toBe("600");
    expect(folder("home/.ssh", 0o700)).toBe("700");
    expect(wanted("id_ed25519", 0o600)).toBe("600");
    expect(wanted("ssh_host_rsa_key", 0o600)).toBe("600");
    expect(wanted("tls/site.key", 0o600)).toBe("600");
    expect(wanted("tls/site.key", 0o644)).toBe("664");
    expect(wanted("vendor/id_rsa", 0o600)).toBe("660");
  });

  test("links, devices and programs with a set-id bit are left alone", () => {
    expect(wanted("l", 0o777, 0, "link")).toBe("777");
    expect(wanted("s", 0o600, 0, "other")).toBe("600");
    expect(wanted("su", 0o4755, 0)).toBe("4755");
  });
});

test("what is wrong is told", () => {
  const entry: Entry = { type: "folder", mode: 0o757, uid: 0, gid: 0, names: 2, identity: "1:1" };
  expect(decide(placeAt(example, "htdocs", true), entry)?.problems).toEqual([
    "group",
    "members-write",
    "set-group-id",
    "others-write",
  ]);
});

test("mistakes are told with their lines", () => {
  const { mistakes } = parsePolicy("read-write /\nwritable /x\nserved\nexclude ../y\n");
  expect(mistakes).toEqual([
    { line: 2, message: '"writable" is none of read-write, served, read-only, secret, exclude' },
    { line: 3, message: "served wants a pattern, such as / or /public/" },
    { line: 4, message: '"../y" is no pattern of paths below the project' },
  ]);
});

test("modes are shown as ls shows them", () => {
  expect(formatMode({ type: "folder" }, 0o2775)).toBe("drwxrwsr-x");
  expect(formatMode({ type: "folder" }, 0o3767)).toBe("drwxrwSrwt");
  expect(formatMode({ type: "file" }, 0o4640)).toBe("-rwSr-----");
});

describe("git", () => {
  test("a repository is known by what is in it", () => {
    expect(isRepository(["HEAD", "config", "objects", "refs"])).toBe(true);
    expect(isRepository(["HEAD", "objects"])).toBe(false);
  });

  test.each([
    ["[core]\n\tsharedRepository = group\n", true],
    ["[core] sharedrepository = 0660 # all\n", true],
    ["[Core]\nsharedRepository\n", true],
    ["[core]\n\tsharedRepository = umask\n", false],
    ["[core]\n\tsharedRepository = 0640\n", false],
    ["[core]\n\tsharedRepository = group\n\tsharedRepository = false\n", false],
    ['[core "x"]\n\tsharedRepository = group\n', false],
    ["[remote]\n\tsharedRepository = group\n", false],
  ])("%j is shared: %s", (config, shared) => {
    expect(isShared(config)).toBe(shared);
    expect(isShared(shareRepository(config))).toBe(true);
  });

  test("the other lines of a configuration stay", () => {
    expect(shareRepository("[core]\n\tbare = false\n[user]\n\tname = x\n")).toBe(
      "[core]\n\tsharedRepository = group\n\tbare = false\n[user]\n\tname = x\n",
    );
    expect(shareRepository("[user]\n\tname = x")).toBe("[user]\n\tname = x\n[core]\n\tsharedRepository = group\n");
  });
});
