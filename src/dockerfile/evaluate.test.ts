import { describe, expect, test } from "vitest";
import { dialects } from "./dialect.ts";
import type { CopyOperation, RunOperation } from "./plan-types.ts";
import { type Replay, replay } from "./replay.test-support.ts";

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function runs({ steps }: Replay): readonly RunOperation[] {
  return steps.flatMap(({ operation }) => (operation.kind === "run" ? [operation] : []));
}

function copies({ steps }: Replay): readonly CopyOperation[] {
  return steps.flatMap(({ operation }) => (operation.kind === "copy" || operation.kind === "add" ? [operation] : []));
}

describe("the environment", () => {
  test("ENV is expanded against the state before it, and keeps its place in the configuration", () => {
    const { state } = replay("FROM scratch\nENV A=1 B=2\nENV A=3 SEEN=$A\nENV C='$A' D=\"$A\" E=\\$A");
    expect(state.config.env).toEqual([path, "A=3", "B=2", "SEEN=1", "C=$A", "D=3", "E=$A"]);
    expect(state.env).toEqual([path, "B=2", "A=3", "SEEN=1", "C=$A", "D=3", "E=$A"]);
  });

  test("ARG and ENV of one name: the later one holds", () => {
    const result = replay("FROM scratch\nARG X=arg\nRUN a\nENV X=env\nRUN b\nARG X=again\nRUN c");
    expect(runs(result).map(({ env }) => env.at(-1))).toEqual(["X=arg", "X=env", "X=again"]);
    expect(result.state.config.env).toEqual([path, "X=env"]);
  });

  test("a global ARG is seen where it is declared again, and a default there hides it", () => {
    const text =
      "ARG G=global\nARG H=global\nARG I\nFROM scratch\nENV BEFORE=$G\nARG G\nARG H=own\nARG I\nENV AFTER=$G,$H,${I-unset}";
    expect(replay(text).state.config.env).toEqual([path, "BEFORE=", "AFTER=global,own,unset"]);
    expect(replay(text, { buildArgs: { G: "given", H: "given" } }).state.config.env).toContain(
      "AFTER=given,given,unset",
    );
  });

  test("a stage inherits the ARGs of the stage that it starts from", () => {
    const result = replay("FROM scratch AS a\nARG X=1\nFROM a\nRUN true\nENV SEEN=$X");
    expect(runs(result)[0]!.env).toEqual(["X=1", path]);
    expect(result.state.config.env).toEqual([path, "SEEN=1"]);
    expect(result.history[0]).toBe("RUN |1 X=1 /bin/sh -c true # buildkit");
    const old = replay("FROM scratch AS a\nARG X=1\nFROM a\nRUN true", { dialect: dialects["0.8"] });
    expect(old.history[0]).toBe("RUN /bin/sh -c true # buildkit");
  });

  test("proxies reach RUN undeclared, and stay out of its history", () => {
    const result = replay("FROM scratch\nRUN true", {
      buildArgs: { http_proxy: "http://p", NO_PROXY: "x", Other: "y" },
    });
    expect(runs(result)[0]!.env).toEqual([
      path,
      "HTTP_PROXY=http://p",
      "http_proxy=http://p",
      "NO_PROXY=x",
      "no_proxy=x",
    ]);
    expect(result.history).toEqual(["RUN /bin/sh -c true # buildkit"]);
  });

  test("ARGs of one instruction are expanded in turn, and all at once before BuildKit 0.14", () => {
    const text = "FROM scratch\nARG A=1 B=${A:-unset}\nENV SEEN=$B";
    expect(replay(text).state.config.env).toContain("SEEN=1");
    expect(replay(text, { dialect: dialects["0.13"] }).state.config.env).toContain("SEEN=unset");
  });

  test("predefined ARGs need a declaration", () => {
    const { state } = replay(
      "FROM scratch\nENV A=$TARGETARCH\nARG TARGETARCH TARGETVARIANT\nENV B=$TARGETARCH${TARGETVARIANT-unset}",
    );
    expect(state.config.env).toEqual([path, "A=", "B=amd64"]);
  });

  test("names of Object.prototype are ordinary names", () => {
    expect(replay("FROM scratch\nARG constructor\nENV A=${constructor-unset}").state.config.env).toContain("A=unset");
  });

  test("an image without PATH gets the default one", () => {
    expect(replay("FROM image", {}, { env: ["A=1"] }).state.config.env).toEqual(["A=1", path]);
    expect(replay("FROM image", {}, { env: ["PATH=/x"] }).state.config.env).toEqual(["PATH=/x"]);
  });

  test("a bad expansion names its line", () => {
    expect(() => replay('FROM scratch\n\nENV A="${B:?is needed}"')).toThrow(/Dockerfile:3:.*is needed/);
  });
});

describe("RUN", () => {
  test("takes SHELL, WORKDIR and USER as they are at this point", () => {
    const result = replay(
      'FROM scratch\nRUN a "b"\nSHELL ["/bin/bash", "-c"]\nWORKDIR /w\nUSER me:we\nRUN c\nRUN ["d", "$E"]',
    );
    expect(runs(result)).toMatchObject([
      { argv: ["/bin/sh", "-c", 'a "b"'], workdir: "/", user: "" },
      { argv: ["/bin/bash", "-c", "c"], workdir: "/w", user: "me:we" },
      { argv: ["d", "$E"] },
    ]);
  });

  test("a heredoc alone is the script; with a shebang it is a file", () => {
    const result = replay("FROM scratch\nRUN <<EOF\na\nb\nEOF\nRUN <<-'X'\n\t#!/usr/bin/env python\n\tprint()\nX");
    expect(runs(result)).toMatchObject([
      { argv: ["/bin/sh", "-c", "a\nb\n"], scripts: [] },
      {
        argv: ["/bin/sh", "-c", "/dev/pipes/X"],
        scripts: [{ path: "/dev/pipes/X", content: "#!/usr/bin/env python\nprint()\n", mode: 0o755 }],
      },
    ]);
  });

  test("other heredocs are left to the shell", () => {
    const [run] = runs(replay("FROM scratch\nRUN cat <<A > /a && cat <<B\n1 $X\nA\n2\nB"));
    expect(run!.argv[2]).toBe("cat <<A > /a && cat <<B\n1 $X\nA\n2\nB");
  });

  test("mounts get BuildKit's defaults", () => {
    const text = [
      "FROM scratch AS s",
      "FROM scratch",
      "WORKDIR /w",
      "ARG D=dir",
      "RUN --mount=source=$D,target=rel true",
      "RUN --mount=type=cache,target=/c/,mode=750,uid=3,sharing=locked --mount=type=tmpfs,target=/t,size=2m true",
      "RUN --mount=type=secret,id=a/b --mount=type=secret,id=x,env=X --mount=from=s,target=/s,rw true",
      "RUN --mount=type=ssh,required true",
    ].join("\n");
    const [bind, cached, secret, ssh] = runs(replay(text));
    expect(bind!.mounts).toMatchObject([
      { type: "bind", source: "/dir", target: "/w/rel", readOnly: true, from: { kind: "context", name: undefined } },
    ]);
    expect(cached!.mounts).toMatchObject([
      { type: "cache", id: "/c", mode: 0o750, uid: 3, sharing: "locked", readOnly: false, from: { kind: "scratch" } },
      { type: "tmpfs", target: "/t", size: 2 * 1024 ** 2, from: undefined },
    ]);
    expect(secret!.mounts).toMatchObject([
      { type: "secret", id: "a/b", target: "/run/secrets/b", mode: 0o400, required: false },
      { type: "secret", id: "x", target: "", env: "X" },
      { type: "bind", readOnly: false, from: { kind: "stage", index: 0 } },
    ]);
    expect(ssh!.mounts).toMatchObject([
      { id: "default", target: "/run/buildkit/ssh_agent.0", mode: 0o600, required: true },
    ]);
    expect(ssh!.env.at(-1)).toBe("SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0");
  });

  test("a mount that makes no sense once it is expanded names its line", () => {
    expect(() => replay("FROM scratch\nARG T=nonsense\nRUN --mount=type=$T,target=/x true")).toThrow(
      /Dockerfile:3:.*nonsense/,
    );
    expect(() => replay("FROM scratch\nRUN --mount=target=/ true")).toThrow(/Dockerfile:2:.*target/);
  });

  test("its history counts the ARGs and shows the values that hold", () => {
    const text = "FROM scratch\nARG A=1\nARG B\nARG A=2\nENV B=env\nRUN x";
    expect(replay(text).history.at(-1)).toBe("RUN |2 A=2 B=env /bin/sh -c x # buildkit");
    const old = replay(text, { dialect: dialects["0.8"] });
    expect(old.history.at(-1)).toBe("RUN |3 A=2 B=env A=2 /bin/sh -c x # buildkit");
  });
});

describe("COPY and ADD", () => {
  test.each([
    ["x", "/w/x"],
    ["x/", "/w/x/"],
    [".", "/w/"],
    ["/a/./b/../c", "/a/c"],
    ["/", "/"],
    ["../..", "/"],
    ["a/.", "/w/a/"],
  ])("destination %s is %s", (written, resolved) => {
    expect(copies(replay(`FROM scratch\nWORKDIR /w\nCOPY f ${written}`))[0]!.destination).toBe(resolved);
  });

  test("everything but --from is expanded", () => {
    const text = "FROM scratch\nARG V=v\nADD --chown=$V:$V --chmod=$V --checksum=sha256:$V http://$V/f /$V";
    expect(copies(replay(text))[0]).toMatchObject({
      kind: "add",
      sources: ["http://v/f"],
      destination: "/v",
      chown: "v:v",
      chmod: "v",
      checksum: "sha256:v",
    });
  });

  test("BuildKit before 0.16 took --chmod as it was written, and only when octal", () => {
    const text = "FROM scratch\nARG M=444\nCOPY --chmod=$M f /\nCOPY --chmod=0644 f /";
    const old = replay(text, { dialect: dialects["0.13"] });
    expect(copies(old).map(({ chmod }) => chmod)).toEqual([undefined, "0644"]);
    expect(old.history[1]).toBe("COPY --chmod=$M f / # buildkit");
    expect(copies(replay(text))[0]!.chmod).toBe("444");
  });

  test("heredocs are expanded with their quotes kept, unless the word is quoted", () => {
    const text = "FROM scratch\nENV V=v\nCOPY <<A <<'B' f /d/\n\"$V\" '$V' \\$V\nA\n$V\nB";
    expect(copies(replay(text))[0]!.inlineFiles).toEqual([
      { name: "A", content: "\"v\" 'v' $V\n" },
      { name: "B", content: "$V\n" },
    ]);
  });

  test("history", () => {
    const text = "FROM scratch\nARG O=me\nCOPY --chown=$O --chmod=644 a b /c/\nADD <<X /y\nX";
    expect(replay(text).history.slice(1)).toEqual([
      "COPY --chown=me --chmod=644 a b /c/ # buildkit",
      "ADD <<X /y # buildkit",
    ]);
    expect(replay(text, { dialect: dialects["0.8"] }).history[1]).toBe("COPY a b /c/ # buildkit");
  });

  test.each([
    ["COPY http://x/y /z", /Dockerfile:2:.*use ADD|COPY cannot take/],
    ["COPY git@github.com:a/b.git /z", /COPY cannot take/],
    ["ADD --checksum=sha256:0 local /z", /--checksum/],
    ["ADD --checksum=sha256:0 http://x/y http://x/z /z/", /exactly one/],
  ])("%s fails", (line, message) => {
    expect(() => replay(`FROM scratch\n${line}`)).toThrow(message);
  });
});

describe("the configuration", () => {
  test("WORKDIR keeps an absolute path as written and joins a relative one", () => {
    const { steps } = replay("FROM scratch\nWORKDIR /a/../b/\nWORKDIR c\nWORKDIR ../d\nUSER me\nWORKDIR /e\nWORKDIR /");
    expect(steps.map(({ state }) => state.config.workingDir)).toEqual(["/a/../b/", "/b/c", "/b/d", "/b/d", "/e", "/"]);
    expect(steps.map(({ operation }) => operation)).toMatchObject([
      { kind: "workdir", path: "/b", user: "" },
      { kind: "workdir" },
      { kind: "workdir" },
      { kind: "config" },
      { kind: "workdir", path: "/e", user: "me" },
      { kind: "config" },
    ]);
  });

  test("ENTRYPOINT drops an inherited CMD, not one of its own stage", () => {
    const inherited = replay('FROM image\nENTRYPOINT ["e"]', {}, { cmd: ["old"] });
    expect(inherited.state.config).toMatchObject({ entrypoint: ["e"], cmd: undefined });
    const own = replay('FROM scratch AS a\nCMD ["c"]\nENTRYPOINT ["e"]\nFROM a\nCMD d\nENTRYPOINT f');
    expect(own.state.config).toMatchObject({
      entrypoint: ["/bin/sh", "-c", "f"],
      cmd: ["/bin/sh", "-c", "d"],
      argsEscaped: true,
    });
    expect(replay('FROM scratch AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["e"]').state.config.cmd).toBeUndefined();
  });

  test("EXPOSE knows ranges, protocols and host parts", () => {
    const text = "FROM scratch\nARG P=90\nEXPOSE 80 53/UDP 8000-8002 $P 127.0.0.1:1:2/sctp 80\nEXPOSE 80/tcp 1";
    const { state, history } = replay(text);
    expect(state.config.exposedPorts).toEqual([
      "90/tcp",
      "2/sctp",
      "53/udp",
      "80/tcp",
      "8000/tcp",
      "8001/tcp",
      "8002/tcp",
      "1/tcp",
    ]);
    expect(history.at(-1)).toBe("EXPOSE [1/tcp 80/tcp]");
    expect(replay(text, { dialect: dialects["0.13"] }).history.at(-1)).toBe("EXPOSE map[1/tcp:{} 80/tcp:{}]");
  });

  test.each([
    "EXPOSE 70000",
    "EXPOSE 80/icmp",
    "EXPOSE 9-8",
    "EXPOSE x",
    "STOPSIGNAL SIGNOPE",
    "STOPSIGNAL 0",
    "VOLUME $NOTHING",
  ])("%s fails with its line", (line) => {
    expect(() => replay(`FROM scratch\n${line}`)).toThrow(/Dockerfile:2:/);
  });

  test("HEALTHCHECK takes no shell of SHELL, and NONE switches it off", () => {
    const text = 'FROM scratch\nSHELL ["/x"]\nHEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD a "b"';
    const { state, history } = replay(text);
    expect(state.config.healthcheck).toEqual({
      test: ["CMD-SHELL", 'a "b"'],
      interval: 90e9,
      timeout: 0.5e9,
      startPeriod: 0,
      startInterval: 0,
      retries: 3,
    });
    expect(history.at(-1)).toBe(
      'HEALTHCHECK {Test:[CMD-SHELL a "b"] Interval:1m30s Timeout:500ms StartPeriod:0s StartInterval:0s Retries:3}',
    );
    expect(replay(text, { dialect: dialects["0.8"] }).history.at(-1)).toBe(
      'HEALTHCHECK &{["CMD-SHELL" "a \\"b\\""] "1m30s" "500ms" "0s" \'\\x03\'}',
    );
    expect(replay("FROM scratch\nHEALTHCHECK NONE").state.config.healthcheck!.test).toEqual(["NONE"]);
  });

  test("labels, volumes, user, signal, author", () => {
    const { state, history } = replay(
      'FROM image\nLABEL a=1 "b c"="$U"\nLABEL a=2\nVOLUME /v /w\nUSER ${U:-me}\nSTOPSIGNAL rtmin+3\nMAINTAINER Jane $Doe',
      {},
      { labels: { kept: "1" }, volumes: ["/old"] },
    );
    expect(state.config).toMatchObject({
      labels: { kept: "1", a: "2", "b c": "" },
      volumes: ["/old", "/v", "/w"],
      user: "me",
      stopSignal: "rtmin+3",
      author: "Jane $Doe",
    });
    expect(history).toContain("LABEL a=1 b c=");
    expect(history).toContain("MAINTAINER Jane $Doe");
  });
});

describe("ONBUILD", () => {
  test("is stored, leaves no history, and runs once in the next stage", () => {
    const base = "FROM scratch AS a\nARG N=n\nONBUILD ENV SET=$N\nONBUILD COPY f /$SET\n";
    const stored = replay(base);
    expect(stored.state.config.onBuild).toEqual(["ENV SET=$N", "COPY f /$SET"]);
    expect(stored.history).toEqual(["ARG N=n"]);
    const child = replay(`${base}FROM a AS b\nFROM b\nRUN x`);
    expect(child.state.config).toMatchObject({ onBuild: [], env: [path, "SET=n"] });
    expect(child.history).toEqual(["RUN |1 N=n /bin/sh -c x # buildkit"]);
    expect(replay(`${base}FROM a`).history).toEqual(["ENV SET=n", "COPY f /n # buildkit"]);
  });

  test("triggers of an image stand at the FROM that set them off", () => {
    const { steps, state } = replay("ARG X\nFROM image\nRUN own", {}, { onBuild: ["RUN trigger", "CMD later"] });
    expect(steps.map(({ createdBy }) => createdBy)[0]).toBe("RUN /bin/sh -c trigger # buildkit");
    expect(state.config).toMatchObject({ cmd: ["/bin/sh", "-c", "later"], onBuild: [] });
    expect(() => replay("FROM image", {}, { onBuild: ["NONSENSE x"] })).toThrow(/Dockerfile:1:.*NONSENSE/);
  });
});
