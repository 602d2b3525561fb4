import { expect, test } from "vitest";
import { mergeRunSettings, parsePort, parseRunArgs, parseVolume } from "./run-settings.ts";

const surroundings = { cwd: "/work", home: "/home/me", env: { TOKEN: "t" } };

test("words of docker run", () => {
  const words =
    "-v ./data:/data:ro -vcache:/c -p 8080:80 -pIP -e A=b -e TOKEN -e MISSING --env=C= --network=host --add-host db:10.0.0.3";
  expect(parseRunArgs(words.replace("-pIP", "-p127.0.0.1:53:53/udp").split(" "), surroundings)).toEqual({
    volumes: [
      { type: "bind", source: "/work/data", target: "/data", readOnly: true },
      { type: "volume", source: "cache", target: "/c", readOnly: false },
    ],
    ports: [
      { container: "80/tcp", hostIp: undefined, host: "8080" },
      { container: "53/udp", hostIp: "127.0.0.1", host: "53" },
    ],
    env: ["A=b", "TOKEN=t", "C="],
    extraHosts: ["db:10.0.0.3"],
    network: "host",
  });
});

test.each([
  [["--privileged"], "--privileged is not understood"],
  [["-v"], "-v needs a value"],
  [["-v", "/data"], "-v /data: expected SOURCE:/TARGET"],
  [["-v", "a:b"], "-v a:b: expected SOURCE:/TARGET"],
  [["-v", "a:/b:rx"], "-v a:/b:rx: mode rx is not understood"],
  [["-p", "http"], "-p http: expected [[IP:]HOST:]CONTAINER"],
  [["-p", "1-3:1-2"], "-p 1-3:1-2: the ranges have different lengths"],
  [["--add-host", "db"], "--add-host db: expected NAME:ADDRESS"],
])("%j is refused", (words, message) => expect(() => parseRunArgs(words, surroundings)).toThrow(message));

test.each([
  ["80", [{ container: "80/tcp" }]],
  [
    "8000-8001:80-81/tcp",
    [
      { container: "80/tcp", host: "8000" },
      { container: "81/tcp", host: "8001" },
    ],
  ],
  ["8000-8009:80", [{ container: "80/tcp", host: "8000-8009" }]],
  ["127.0.0.1::80", [{ container: "80/tcp", hostIp: "127.0.0.1" }]],
  ["[::1]:8080:80", [{ container: "80/tcp", hostIp: "::1", host: "8080" }]],
])("port %s", (text, ports) => expect(parsePort(text)).toEqual(ports));

test.each([
  ["~/x:/x", "bind", "/home/me/x"],
  ["../x:/x", "bind", "/x"],
  ["x:/x", "volume", "x"],
])("volume %s", (text, type, source) => expect(parseVolume(text, surroundings)).toMatchObject({ type, source }));

test("later settings replace earlier ones of the same name", () => {
  const base = parseRunArgs(["-e", "A=1", "-e", "B=1", "-v", "one:/d", "--network", "a"], surroundings);
  const over = parseRunArgs(["-e", "A=2", "-v", "two:/d"], surroundings);
  expect(mergeRunSettings(base, over)).toMatchObject({
    env: ["B=1", "A=2"],
    volumes: [{ source: "two" }],
    network: "a",
  });
});
