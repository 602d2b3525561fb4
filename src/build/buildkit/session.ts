import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Readable } from "node:stream";
import type { EngineClient } from "../../engine/client.ts";
import { registryCredentials } from "../../engine/credentials.ts";
import type { BuildOptions } from "../build-options.ts";
import { type MethodHandler, serveGrpc, unary } from "../grpc/server.ts";
import { type FileSyncListener, fileSyncMethod, type SharedFolder } from "./file-sync.ts";
import { bytesMessage, credentialsResponse, idRequest } from "./messages.ts";
import { secretsMethod } from "./secrets.ts";
import { sshMethods } from "./ssh-agents.ts";

/** What the engine may ask of us while it builds. */
export interface SessionOffer {
  readonly options: BuildOptions;
  readonly folders: ReadonlyMap<string, SharedFolder>;
  /** Archives that the engine reads at `http://buildkit-session/NAME`. */
  readonly uploads: ReadonlyMap<string, Readable>;
  readonly listener: FileSyncListener;
}

export interface BuildSession extends Disposable {
  readonly id: string;
}

/** Opens the connection over which the engine's BuildKit calls back, for one build. */
export async function openBuildSession(
  engine: EngineClient,
  offer: SessionOffer,
  signal: AbortSignal | undefined,
): Promise<BuildSession> {
  const id = randomBytes(16).toString("hex");
  const methods = offeredMethods(offer);
  const connection = await engine.hijack("POST", "/session", {
    upgrade: "h2c",
    headers: {
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Sharedkey": sharedKey(offer.folders),
      "X-Docker-Expose-Session-Grpc-Method": [...methods.keys()],
    },
    signal,
  });
  const server = serveGrpc(connection, methods);
  return { id, [Symbol.dispose]: () => server[Symbol.dispose]() };
}

function offeredMethods({ options, folders, uploads, listener }: SessionOffer): Map<string, MethodHandler> {
  const ssh = sshMethods(options.sshAgents);
  return new Map<string, MethodHandler>([
    ["/grpc.health.v1.Health/Check", unary(() => servingAnswer)],
    ["/moby.filesync.v1.FileSync/DiffCopy", fileSyncMethod(folders, listener)],
    ["/moby.filesync.v1.Auth/Credentials", unary((request) => findCredentials(request, options))],
    ["/moby.upload.v1.Upload/Pull", uploadMethod(uploads)],
    ["/moby.buildkit.secrets.v1.Secrets/GetSecret", secretsMethod(options.secrets, options.environment)],
    ["/moby.sshforward.v1.SSH/CheckAgent", ssh.CheckAgent],
    ["/moby.sshforward.v1.SSH/ForwardAgent", ssh.ForwardAgent],
  ]);
}

/** HealthCheckResponse with status SERVING. */
const servingAnswer = Buffer.from([0x08, 0x01]);

/** The engine keeps what it got of a folder under this key: a later build of the same folder sends only what changed. */
function sharedKey(folders: ReadonlyMap<string, SharedFolder>): string {
  const roots = [...folders.values()].map((folder) => (folder.kind === "disk" ? folder.root : ""));
  return createHash("sha256")
    .update([hostname(), ...roots].join("\0"))
    .digest("hex");
}

/** BuildKit names Docker Hub by the host that serves it. */
const dockerHub = "registry-1.docker.io";

async function findCredentials(request: Buffer, options: BuildOptions): Promise<Uint8Array> {
  const { id: host } = idRequest.decode(request);
  const header = await registryCredentials(host === dockerHub ? "docker.io/library/any" : `${host}/any`, {
    configDir: options.dockerConfigDir,
    env: options.environment,
  });
  if (header === undefined) return credentialsResponse.encode({});
  // The value of X-Registry-Auth: base64url of JSON.
  const found = JSON.parse(Buffer.from(header, "base64url").toString()) as RegistryAuthJson;
  // An identity token goes without a user name (session/auth/authprovider).
  return credentialsResponse.encode(
    found.identitytoken
      ? { secret: found.identitytoken }
      : { username: found.username ?? "", secret: found.password ?? "" },
  );
}

interface RegistryAuthJson {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

function uploadMethod(uploads: ReadonlyMap<string, Readable>): MethodHandler {
  return async (call) => {
    const name = (call.metadata("urlpath")[0] ?? "").replace(/^\//, "");
    const stream = uploads.get(name);
    if (stream === undefined) throw new Error(`nothing is uploaded as ${name}`);
    for await (const data of stream as AsyncIterable<Buffer>) await call.send(bytesMessage.encode({ data }));
  };
}
