import { expect, test } from "vitest";
import { checkDevice, readMount } from "./mounts.ts";

test.each([
  ["type=cache,target=/x", "cache"],
  ["target=/x,source=y,from=z,rw", "bind"],
  ["TYPE=Cache,id=a,sharing=locked,mode=0755,uid=1,gid=2,ro=false,dst=/x", "cache"],
  ["type=tmpfs,target=/x,size=64m", "tmpfs"],
  ["type=secret,id=a,required=true,env=A", "secret"],
  ["type=secret,required,target=/x,mode=0400", "secret"],
  ["type=ssh,id=default,required", "ssh"],
  ["type=$T,size=$S,target=$X", "bind"],
  ['type=bind,"source=a,b",target=/x', "bind"],
])("accepts %s", (text, type) => {
  expect(readMount(text)).toHaveProperty("type", type);
});

test("options keep their order and their values as written", () => {
  expect(readMount("Type=cache,ro,Target=$A")).toEqual({
    type: "cache",
    options: [
      { key: "type", value: "cache" },
      { key: "ro", value: undefined },
      { key: "target", value: "$A" },
    ],
  });
});

test.each([
  ["type=cach", 'unsupported mount type "cach"'],
  ["type=cache,sharing=all", 'unsupported sharing value "all"'],
  ["tagret=/x", "unexpected key 'tagret' in 'tagret=/x'"],
  ["target", "invalid field 'target' must be a key=value pair"],
  ["", "invalid field '' must be a key=value pair"],
  ["from=$A", "'from' doesn't support variable expansion"],
  ["ro=maybe", "invalid value for ro: maybe"],
  ["required,type=secret,id=a", "unexpected key 'required' for mount type 'bind'"],
  ["type=cache,size=1m", "unexpected key 'size' for mount type 'cache'"],
  ["type=tmpfs,size=big", "invalid value for size: big"],
  ["type=cache,mode=9", "invalid value 9 for mode"],
  ["type=cache,uid=x", "invalid value x for uid"],
  ["type=bind,gid=1", 'gid not allowed for "bind" type mounts'],
  ["type=secret", "invalid secret mount. one of source, target required"],
  ["type=secret,id=a,from=b", "secret mount should not have a from"],
  ["type=secret,id=a,source=b", "both source and id can't be set"],
  ["type=secret,id=a,sharing=shared", "secret mount should not define sharing"],
  ["type=ssh,sharing=shared", "invalid cache sharing set for ssh mount"],
  ["type=ssh,source=a", "ssh does not support source"],
  ['type="cache"', "misplaced quote"],
])("refuses %s", (text, message) => {
  expect(readMount(text)).toHaveProperty("message", expect.stringContaining(message));
});

test.each([
  ["vendor.com/a=b", undefined],
  ["vendor.com/a,required=false", undefined],
  ["name=a,required", undefined],
  ["a,name=b", "device name already set to a"],
  ["a,required=x", "invalid value for required: x"],
  ["a,nme=b", "unexpected key 'nme' in 'nme=b'"],
  ["a,b", "invalid field 'b' must be a key=value pair"],
])("device %s", (text, message) => {
  expect(checkDevice(text)?.message).toBe(message);
});
