import { expect, test } from "vitest";
import { parseDockerfile } from "./parse.ts";

function parseOne(line: string) {
  const { instructions, problems } = parseDockerfile(line.startsWith("FROM") ? line : `FROM a\n${line}`);
  return { instruction: instructions.at(-1)!, problems };
}

test.each([
  ["FROM a", { keyword: "FROM", image: "a", alias: undefined, platform: undefined }],
  ["from --platform=$P a:$T as Base", { keyword: "FROM", image: "a:$T", alias: "Base", platform: "$P" }],
  ["RUN a  && b", { command: { form: "shell", line: "a  && b", heredocs: [] }, mounts: [], devices: [] }],
  ['RUN ["a", "b"]', { command: { form: "exec", args: ["a", "b"] } }],
  ["RUN ['a']", { command: { form: "shell", line: "['a']" } }],
  [
    "RUN --network=none --security=insecure --device=a.b/c=d,required x",
    { network: "none", security: "insecure", devices: ["a.b/c=d,required"] },
  ],
  ["CMD a", { keyword: "CMD", command: { form: "shell", line: "a" } }],
  ["CMD []", { command: { form: "exec", args: [] } }],
  ["ENTRYPOINT", { command: { form: "shell", line: "" } }],
  [
    'COPY --from=b --chown=1:2 --chmod=u+x --link --parents --exclude=*.o --exclude=x ["a b", "c", "d/"]',
    {
      sources: ["a b", "c"],
      destination: "d/",
      from: "b",
      chown: "1:2",
      chmod: "u+x",
      link: true,
      parents: true,
      excludes: ["*.o", "x"],
    },
  ],
  ["COPY --link=false a b", { link: false }],
  [
    "ADD --checksum=sha256:x --keep-git-dir=TRUE --unpack=false u v",
    { keyword: "ADD", checksum: "sha256:x", keepGitDir: true, unpack: false },
  ],
  ["ADD a b", { keepGitDir: false, unpack: undefined }],
  [
    "ENV a=1 b='2 3' c=\"$d\"",
    {
      legacy: false,
      pairs: [
        ["a", "1"],
        ["b", "'2 3'"],
        ["c", '"$d"'],
      ],
    },
  ],
  ["ENV a  1 b=2", { legacy: true, pairs: [["a", "1 b=2"]] }],
  [
    'LABEL a.b=c "d e"=f',
    {
      pairs: [
        ["a.b", "c"],
        ['"d e"', "f"],
      ],
    },
  ],
  [
    "ARG a b= c=d=e",
    {
      pairs: [
        ["a", undefined],
        ["b", ""],
        ["c", "d=e"],
      ],
    },
  ],
  ["EXPOSE 80 53/udp $P", { words: ["80", "53/udp", "$P"] }],
  ['VOLUME ["/a b", " /c "]', { words: ["/a b", "/c"] }],
  ["VOLUME /a /b", { words: ["/a", "/b"] }],
  ["USER a b", { word: "a b" }],
  ["WORKDIR /a b", { word: "/a b" }],
  ["STOPSIGNAL SIGTERM", { word: "SIGTERM" }],
  ["MAINTAINER A <a@b>", { word: "A <a@b>" }],
  ['SHELL ["a", "-c"]', { args: ["a", "-c"] }],
  ["ONBUILD  run a  b", { trigger: "run a  b" }],
  ["HEALTHCHECK NONE", { command: undefined, interval: undefined }],
  [
    "HEALTHCHECK --interval=1m30s --timeout=0s --start-period=5s --start-interval=1s --retries=3 CMD curl x",
    { command: { form: "shell", line: "curl x" }, interval: "1m30s", timeout: "0s", retries: "3" },
  ],
  ['HEALTHCHECK cmd ["a"]', { command: { form: "exec", args: ["a"] } }],
])("reads %s", (line, expected) => {
  const { instruction, problems } = parseOne(line);
  expect(problems).toEqual([]);
  const { pairs, ...fields } = expected as { pairs?: [string, string | undefined][] };
  expect(instruction).toMatchObject(fields);
  if (pairs)
    expect(instruction).toHaveProperty(
      "pairs",
      pairs.map(([key, value]) => ({ key, value })),
    );
});

test.each([
  ["FROM", "FROM requires either one or three arguments", 1],
  ["FROM a AS", "FROM requires either one or three arguments", 1],
  ["FROM a IS b", "FROM requires either one or three arguments", 1],
  ["FROM a AS 1b", 'invalid name for build stage: "1b"', 11],
  ["FROM --plattform=x a", "unknown flag: --plattform", 6],
  ["FROM --platform a", "missing a value on flag: --platform", 6],
  ["RUN --mount=type=cach x", 'unsupported mount type "cach"', 5],
  ["RUN --network=lan x", 'invalid network mode "lan"', 5],
  ["RUN --security=off x", 'security "off" is not valid', 5],
  ["RUN --device=a,name=b x", "device name already set to a", 5],
  ["RUN --network=none --network=host x", "duplicate flag specified: --network", 20],
  ['RUN ["a", 1]', "arrays must be comprised of strings only", 5],
  ["RUN <<EOF", "unterminated heredoc EOF", 1],
  ["CMD --x a", "unknown flag: --x", 5],
  ["CMD [1]", "arrays must be comprised of strings only", 5],
  ["ENTRYPOINT [null]", "arrays must be comprised of strings only", 12],
  ["COPY a", "COPY requires at least two arguments, but only one was provided", 1],
  ["COPY a <<EOF\nEOF", "COPY cannot accept a heredoc as a destination", 6],
  ["COPY --link=maybe a b", "expecting boolean value for flag --link, not: maybe", 6],
  ["COPY --link= a b", "missing a value on flag: --link", 6],
  ["COPY --checksum=x a b", "unknown flag: --checksum", 6],
  ["ADD", "ADD requires at least two arguments", 1],
  ["ADD --from=x a b", "unknown flag: --from", 5],
  ["ENV", "ENV requires at least one argument", 1],
  ["ENV a", "ENV must have two arguments", 5],
  ["ENV a=b c", `can't find = in "c"`, 9],
  ["ENV =b", "ENV names can not be blank", 5],
  ["LABEL", "LABEL requires at least one argument", 1],
  ["LABEL a=b =c", "LABEL names can not be blank", 11],
  ["ARG", "ARG requires at least one argument", 1],
  ["ARG =b", "ARG names can not be blank", 5],
  ["EXPOSE", "EXPOSE requires at least one argument", 1],
  ["VOLUME", "VOLUME requires at least one argument", 1],
  ["VOLUME []", "VOLUME requires at least one argument", 1],
  ['VOLUME [" "]', "VOLUME specified can not be an empty string", 8],
  ["USER", "USER requires exactly one argument", 1],
  ["USER --x a", "unknown flag: --x", 6],
  ["WORKDIR", "WORKDIR requires exactly one argument", 1],
  ["STOPSIGNAL", "STOPSIGNAL requires exactly one argument", 1],
  ["MAINTAINER", "MAINTAINER requires exactly one argument", 1],
  ["SHELL", "SHELL requires at least one argument", 1],
  ["SHELL []", "SHELL requires at least one argument", 1],
  ["SHELL sh -c", "SHELL requires the arguments to be in JSON form", 7],
  ["ONBUILD", "ONBUILD requires at least one argument", 1],
  ["ONBUILD ONBUILD RUN a", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", 9],
  ["ONBUILD FROM a", "FROM isn't allowed as an ONBUILD trigger", 9],
  ["ONBUILD maintainer a", "MAINTAINER isn't allowed as an ONBUILD trigger", 9],
  ["ONBUILD ENV a", "ENV must have two arguments", 13],
  ["ONBUILD RUN [1]", "arrays must be comprised of strings only", 13],
  ["HEALTHCHECK", "HEALTHCHECK requires at least one argument", 1],
  ["HEALTHCHECK PING x", 'Unknown type "PING" in HEALTHCHECK (try CMD)', 13],
  ["HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD", 1],
  ["HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments", 13],
  ["HEALTHCHECK --interval=5 CMD x", 'invalid duration "5"', 13],
  ["HEALTHCHECK --timeout=1us CMD x", 'Interval "timeout" cannot be less than 1ms', 13],
  ["HEALTHCHECK --retries=-1 CMD x", "--retries cannot be negative (-1)", 13],
  ["HEALTHCHECK --retries=x CMD x", 'invalid number "x"', 13],
  ["RNU a", "unknown instruction: RNU", 1],
])("%s is a mistake", (line, message, column) => {
  const [problem, ...others] = parseOne(line).problems;
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ severity: "error" });
  expect(problem!.message).toContain(message);
  expect(problem!.range.start).toMatchObject({ line: line.startsWith("FROM") ? 1 : 2, column });
});

test.each([
  ["ARG --x a", "ARG takes no flags: --x is ignored"],
  ["STOPSIGNAL --x 9", "STOPSIGNAL takes no flags: --x is ignored"],
  ["HEALTHCHECK --interval=1s NONE", "HEALTHCHECK NONE takes no flags: --interval=1s is ignored"],
  ["ONBUILD RNU a", "unknown instruction: RNU"],
])("%s passes, with a warning", (line, message) => {
  expect(parseOne(line).problems).toMatchObject([{ severity: "warning", message }]);
});
