import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachContainer, startContainer } from "../../src/engine/containers.ts";
import { findEngine, locateEngine } from "../../src/engine/find-engine.ts";
import { describeEngine } from "../../src/engine/info.ts";
import { socketPath, testContainers, testEngine, uniqueName } from "./fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-find-"));
const home = join(folder, "home");
mkdirSync(home);
/** Nothing of the machine's own: no socket at the usual places counts where an address is named. */
const base = { env: {}, home };
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

async function listen(server: Server, path?: string): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path ?? { port: 0, host: "127.0.0.1" }, () => resolve()));
  return path === undefined ? (server.address() as AddressInfo).port : 0;
}

/** Joins a connection to the engine's socket, half-closed as it comes. */
function forward(connection: Socket): void {
  const engine = connect({ path: socketPath, allowHalfOpen: true });
  connection.pipe(engine).pipe(connection);
  connection.on("error", () => engine.destroy());
  engine.on("error", () => connection.destroy());
}

/** What only a connection with half-close and an upgrade can do. */
async function checkConversation(options: { host: string; env?: Record<string, string> }): Promise<void> {
  await using engine = await findEngine({ ...base, ...options });
  const local = testEngine();
  const containers = testContainers(local, uniqueName("conversation"));
  try {
    const id = await containers.create({ openStdin: true, stdinOnce: true, command: ["sh", "-c", "cat; echo end"] });
    const { stdin, stdout } = await attachContainer(engine, id);
    await startContainer(engine, id);
    stdin.end("x".repeat(300_000));
    expect(await text(stdout)).toBe(`${"x".repeat(300_000)}end\n`);
    expect((await describeEngine(engine)).name).toBe("Docker");
  } finally {
    await containers.clean();
    await local[Symbol.asyncDispose]();
  }
}

describe("addresses", () => {
  test("a unix socket", async () => {
    await checkConversation({ host: `unix://${socketPath}` });
  });

  test("plain TCP", async () => {
    const port = await listen(createServer({ allowHalfOpen: true }, forward));
    await checkConversation({ host: `tcp://127.0.0.1:${port}` });
  });

  test("who named it is told when it does not answer", async () => {
    const env = { DOCKER_HOST: `unix://${folder}/none.sock` };
    await expect(findEngine({ ...base, env })).rejects.toMatchObject({
      code: "ENGINE_UNREACHABLE",
      exitCode: 125,
      message: `cannot reach the engine at unix://${folder}/none.sock: no such socket (address from DOCKER_HOST)`,
    });
  });

  test("a connection refused, a host unknown, a file that is no socket", async () => {
    const closed = createServer();
    const port = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    writeFileSync(join(folder, "file"), "");
    for (const [host, reason] of [
      [`tcp://127.0.0.1:${port}`, "connection refused"],
      ["tcp://no-such-host.invalid:2375", "no such host|cannot be resolved"],
      [`unix://${folder}/file`, "connection refused|not a socket"],
    ] as const) {
      const error = await findEngine({ ...base, host }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "ENGINE_UNREACHABLE", hint: expect.any(String) });
      expect(error.message).toMatch(new RegExp(reason));
    }
  });

  test("what is no engine, and one that is too old", async () => {
    const web = await listen(createHttpServer((_request, response) => response.end("hello")));
    await expect(findEngine({ ...base, host: `tcp://127.0.0.1:${web}` })).rejects.toMatchObject({
      code: "ENGINE_UNKNOWN",
    });
    const old = await listen(
      createHttpServer((_request, response) => response.setHeader("Api-Version", "1.24").end("OK")),
    );
    await expect(findEngine({ ...base, host: `tcp://127.0.0.1:${old}` })).rejects.toMatchObject({
      code: "ENGINE_TOO_OLD",
      message: expect.stringContaining("speaks API 1.24"),
    });
    const mute = await listen(createServer((connection) => connection.destroy()));
    await expect(findEngine({ ...base, host: `tcp://127.0.0.1:${mute}` })).rejects.toMatchObject({
      code: "ENGINE_UNREACHABLE",
    });
  });

  test("podman's socket is found where no other is, and all that was tried is told where none is", async () => {
    const runtime = join(folder, "run");
    mkdirSync(join(runtime, "podman"), { recursive: true });
    const env = { XDG_RUNTIME_DIR: runtime };
    const nothing = await locateEngine({ ...base, env }).catch((error) => error);
    // The machine that runs the tests may have an engine at the usual place.
    if (nothing instanceof Error) {
      expect(nothing).toMatchObject({
        code: "ENGINE_UNREACHABLE",
        hint: expect.stringContaining("slipway engine start"),
      });
      expect(nothing.message).toContain("unix:///var/run/docker.sock (default socket): ");
      expect(nothing.message).toContain(`unix://${runtime}/podman/podman.sock (rootless Podman): no such socket`);
      await listen(createServer({ allowHalfOpen: true }, forward), join(runtime, "podman/podman.sock"));
      const { engine, candidate } = await locateEngine({ ...base, env });
      expect(candidate.source).toBe("rootless Podman");
      await engine[Symbol.asyncDispose]();
    }
  });

  test("a socket that is not for us", async () => {
    const path = join(folder, "closed.sock");
    await listen(createServer(forward), path);
    chmodSync(path, 0);
    chmodSync(folder, 0o755);
    const isRoot = userInfo().uid === 0;
    // Nothing is closed to root.
    if (isRoot) process.seteuid!(65534);
    try {
      await expect(findEngine({ ...base, host: `unix://${path}` })).rejects.toMatchObject({
        code: "ENGINE_UNREACHABLE",
        message: expect.stringContaining("permission denied on the socket"),
        hint: expect.stringContaining("usermod -aG docker"),
      });
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });
});

describe("TLS", () => {
  const certificates = join(folder, "tls");
  let port: number;

  beforeAll(async () => {
    makeCertificates(certificates);
    const read = (file: string) => readFileSync(join(certificates, file));
    const options = { ca: read("ca.pem"), cert: read("server.pem"), key: read("server-key.pem"), allowHalfOpen: true };
    port = await listen(createTlsServer({ ...options, requestCert: true, rejectUnauthorized: true }, forward));
  });

  const secured = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates };

  test("both sides show their certificates", async () => {
    await checkConversation({ host: `tcp://127.0.0.1:${port}`, env: secured });
  });

  test("without TLS, with another authority, without a certificate of ours, for another name", async () => {
    const others = join(folder, "others");
    makeCertificates(others);
    const anonymous = join(folder, "anonymous");
    mkdirSync(anonymous);
    copyFileSync(join(certificates, "ca.pem"), join(anonymous, "ca.pem"));
    for (const [host, env, reason, hint] of [
      ["127.0.0.1", {}, "may want TLS", "DOCKER_TLS_VERIFY=1"],
      ["127.0.0.1", { ...secured, DOCKER_CERT_PATH: others }, "not to be trusted", "ca.pem"],
      ["127.0.0.1", { ...secured, DOCKER_CERT_PATH: anonymous }, "refuses our certificate", "cert.pem"],
      ["localhost", secured, "for another name", "the name that the certificate has"],
    ] as const) {
      const error = await findEngine({ ...base, env, host: `tcp://${host}:${port}` }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "ENGINE_UNREACHABLE", exitCode: 125 });
      expect(error.message).toContain(reason);
      expect(error.hint).toContain(hint);
    }
  });

  test("TLS where the engine speaks none", async () => {
    const plain = await listen(createServer({ allowHalfOpen: true }, forward));
    await expect(findEngine({ ...base, env: secured, host: `tcp://127.0.0.1:${plain}` })).rejects.toMatchObject({
      message: expect.stringContaining("does not speak TLS"),
      hint: expect.stringContaining("unset DOCKER_TLS_VERIFY"),
    });
  });
});

/** An authority, a server at 127.0.0.1 and a client. */
function makeCertificates(target: string): void {
  mkdirSync(target);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: target, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca-key.pem",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  );
  for (const [name, file, extra] of [
    ["server", "server", ["-addext", "subjectAltName=IP:127.0.0.1,DNS:box.example"]],
    ["client", "cert", []],
  ] as const) {
    const keyFile = name === "client" ? "key.pem" : "server-key.pem";
    openssl("req", ...key, "-keyout", keyFile, "-out", "request.pem", "-subj", `/CN=${name}`, ...extra);
    const signing = [
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca-key.pem",
      "-CAcreateserial",
      "-days",
      "2",
      "-copy_extensions",
      "copy",
    ];
    openssl("x509", "-req", "-in", "request.pem", ...signing, "-out", `${file}.pem`);
  }
}

const sshd = ["/usr/sbin/sshd"].find((path) => existsSync(path));

describe.runIf(sshd !== undefined)("ssh", () => {
  const place = join(folder, "ssh");
  const path = process.env.PATH;
  let port: number;
  let server: ChildProcess;

  beforeAll(async () => {
    mkdirSync(place);
    mkdirSync("/run/sshd", { recursive: true });
    for (const key of ["host", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(place, key)]);
    port = await freePort();
    copyFileSync(join(place, "user.pub"), join(place, "authorized"));
    const dial = writeScript(
      "dial",
      `case "$SSH_ORIGINAL_COMMAND" in
      "docker system dial-stdio") exec docker --host unix://${socketPath} system dial-stdio ;;
      "docker --host unix://"*" system dial-stdio") exec $SSH_ORIGINAL_COMMAND ;;
      *) echo "unexpected: $SSH_ORIGINAL_COMMAND" >&2; exit 1 ;; esac`,
    );
    const settings = {
      ...{ Port: port, ListenAddress: "127.0.0.1", HostKey: join(place, "host"), PidFile: "none", StrictModes: "no" },
      ...{
        AuthorizedKeysFile: join(place, "authorized"),
        PasswordAuthentication: "no",
        ForceCommand: dial,
        UsePAM: "no",
      },
    };
    const config = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
    writeFileSync(join(place, "sshd_config"), config.join(""));
    // It must not outlive a run that is killed.
    server = spawn("setpriv", ["--pdeathsig", "TERM", sshd!, "-D", "-e", "-f", join(place, "sshd_config")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    for await (const line of server.stderr!) if (String(line).includes("Server listening")) break;
    writeFileSync(
      join(place, "config"),
      `Host box
  HostName 127.0.0.1
  Port ${port}
  IdentityFile ${join(place, "user")}
  IdentitiesOnly yes
  UserKnownHostsFile ${join(place, "known")}
  StrictHostKeyChecking accept-new
  LogLevel ERROR
`,
    );
    // The user's own configuration, which ssh reads by itself, in a place of the test's.
    mkdirSync(join(place, "bin"));
    writeScript("bin/ssh", `exec /usr/bin/ssh -F ${join(place, "config")} "$@"`);
    process.env.PATH = `${join(place, "bin")}:${path}`;
  });

  afterAll(() => {
    process.env.PATH = path;
    server?.kill();
  });

  function writeScript(name: string, body: string): string {
    writeFileSync(join(place, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return join(place, name);
  }

  test("through the user's ssh, half-close included", async () => {
    await checkConversation({ host: "ssh://box" });
  });

  test("with a user, a port and a socket of the other machine", async () => {
    await checkConversation({ host: `ssh://${userInfo().username}@box:${port}${socketPath}` });
  });

  test("what ssh says is told", async () => {
    for (const [host, reason] of [
      [`ssh://box:${await freePort()}`, "Connection refused"],
      ["ssh://nobody-such@box", "Permission denied"],
      ["ssh://box/no/such.sock", "no/such.sock|dial unix"],
    ] as const) {
      const error = await findEngine({ ...base, host }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "ENGINE_UNREACHABLE", hint: "make `ssh box docker version` work first" });
      expect(error.message).toMatch(new RegExp(reason));
    }
  });

  test("no ssh program", async () => {
    const full = process.env.PATH;
    process.env.PATH = join(place, "nowhere");
    try {
      await expect(findEngine({ ...base, host: "ssh://box" })).rejects.toMatchObject({
        message: expect.stringContaining("ssh is not installed"),
      });
    } finally {
      process.env.PATH = full;
    }
  });

  test("the ssh processes end with the client", async () => {
    const engine = await findEngine({ ...base, host: "ssh://box" });
    await Promise.all([describeEngine(engine), describeEngine(engine)]);
    const children = () =>
      readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8")
        .trim()
        .split(" ")
        .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("dial-stdio"));
    expect(children().length).toBeGreaterThan(0);
    await engine[Symbol.asyncDispose]();
    await expect.poll(children).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
