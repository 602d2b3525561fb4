import { expect, test } from "vitest";
import type { Account, Accounts, Group } from "./accounts.ts";
import { planSetup } from "./setup.ts";

/** The system's groups and users as a list. */
function accountsOf(
  groups: readonly Group[],
  users: readonly Account[] = [{ name: "joe", uid: 1000, gid: 1000 }],
): Accounts {
  return {
    group: async (key) => groups.find(({ name, gid }) => name === key || gid === key),
    user: async (key) => users.find(({ name }) => name === key),
    usersOfGroup: async (wanted) => users.filter(({ gid }) => gid === wanted).map(({ name }) => name),
  };
}
const joe = { user: "joe", name: undefined };

test("the group is made and joined", async () => {
  expect((await planSetup(accountsOf([]), joe)).commands).toEqual([
    ["groupadd", "--gid", "65753", "editor"],
    ["gpasswd", "--add", "joe", "editor"],
  ]);
});

test("what is there is not done again", async () => {
  const present = (members: string[], name = "editor") => accountsOf([{ name, gid: 65753, members }]);
  expect((await planSetup(present(["ann"]), joe)).commands).toEqual([["gpasswd", "--add", "joe", "editor"]]);
  expect((await planSetup(present(["ann", "joe"]), joe)).commands).toEqual([]);
  expect((await planSetup(present(["joe"], "slipway-editor"), joe)).commands, "a name of ours").toEqual([]);
  expect((await planSetup(present(["joe"], "devs"), { user: "joe", name: "devs" })).commands).toEqual([]);
});

test("where the name has another gid, the group gets another name", async () => {
  const plan = await planSetup(accountsOf([{ name: "editor", gid: 1005, members: [] }]), joe);
  expect(plan.group).toBe("slipway-editor");
  expect(plan.notes).toEqual(["the name editor is taken by the group with gid 1005"]);
});

test("who has the gid is told", async () => {
  await expect(planSetup(accountsOf([{ name: "staff2", gid: 65753, members: ["ann"] }]), joe)).rejects.toMatchObject({
    code: "GID_TAKEN",
    message: "gid 65753 is taken by the group staff2 (members: ann)",
    hint: expect.stringContaining("--name staff2"),
  });
  const own = accountsOf(
    [],
    [
      { name: "joe", uid: 1000, gid: 1000 },
      { name: "ann", uid: 1001, gid: 65753 },
    ],
  );
  await expect(planSetup(own, joe)).rejects.toThrow("is the own group of ann");
});

test("a given name that is taken, and a user that is none, are refused", async () => {
  const taken = accountsOf([{ name: "devs", gid: 1005, members: [] }]);
  await expect(planSetup(taken, { user: "joe", name: "devs" })).rejects.toMatchObject({ code: "NAME_TAKEN" });
  await expect(planSetup(taken, { user: "jo", name: undefined })).rejects.toMatchObject({ code: "NO_USER" });
});
