import { expect, test } from "vitest";
import { findIdentity } from "./identity.ts";

const files = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nshop:x:1000:1001::/srv:/bin/sh\n",
  group: "root:x:0:\nshop:x:1001:\nadm:x:4:root,shop\neditor:x:65753:shop\n",
};

test.each([
  ["shop", undefined, { uid: 1000, gid: 1001, groups: [1001, 4, 65753] }],
  ["1000", undefined, { uid: 1000, gid: 1001, groups: [1001, 4, 65753] }],
  ["shop", "editor", { uid: 1000, gid: 65753, groups: [65753, 4] }],
  ["4711", "4712", { uid: 4711, gid: 4712, groups: [4712] }],
  [undefined, "adm", { uid: -1, gid: 4, groups: [] }],
  [undefined, undefined, { uid: -1, gid: -1, groups: [] }],
] as const)("uid %s, gid %s", (user, group, identity) => {
  expect(findIdentity(user, group, files)).toEqual(identity);
});

test("unknown names, and a number without a group, are refused", () => {
  expect(() => findIdentity("nobody", undefined, files)).toThrow("nobody isn't a user of /etc/passwd");
  expect(() => findIdentity("shop", "staff", files)).toThrow("staff isn't a group of /etc/group");
  expect(() => findIdentity("4711", undefined, files)).toThrow("its group has to be given with gid");
});
