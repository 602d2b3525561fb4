import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { messageOf } from "../../errors.ts";
import type { ForwardedAgent } from "../build-options.ts";
import { GrpcError, GrpcStatus } from "../grpc/grpc-error.ts";
import { type MethodHandler, type ServerCall, unary } from "../grpc/server.ts";
import { bytesMessage, idRequest } from "./messages.ts";

/** The id of `RUN --mount=type=ssh` without one. */
const defaultId = "default";

/** Messages of the ssh agent protocol (draft-miller-ssh-agent): a build may list keys and have them sign, nothing else. */
const allowedRequests = new Set([11 /* REQUEST_IDENTITIES */, 13 /* SIGN_REQUEST */]);
/** OpenSSH's limit. */
const longestRequest = 256 * 1024;
const agentFailure = Buffer.from([0, 0, 0, 1, 5]);

/** `moby.sshforward.v1.SSH`: CheckAgent and ForwardAgent. */
export function sshMethods(agents: readonly ForwardedAgent[]): Record<"CheckAgent" | "ForwardAgent", MethodHandler> {
  const find = (id: string) => {
    const agent = agents.find((candidate) => candidate.id === (id || defaultId));
    if (agent === undefined)
      throw new GrpcError(GrpcStatus.notFound, `no ssh agent ${id || defaultId} is forwarded to this build`);
    return agent;
  };
  return {
    CheckAgent: unary((request) => {
      find(idRequest.decode(request).id);
      return Buffer.alloc(0);
    }),
    ForwardAgent: (call) => forwardAgent(call, find(call.metadata("buildkit.ssh.id")[0] ?? "")),
  };
}

async function forwardAgent(call: ServerCall, agent: ForwardedAgent): Promise<void> {
  const socket = await connectAgent(agent);
  call.signal.addEventListener("abort", () => socket.destroy(), { once: true });
  const answers = (async () => {
    for await (const data of socket as AsyncIterable<Buffer>) await call.send(bytesMessage.encode({ data }));
  })();
  const requests = forwardRequests(call, socket);
  try {
    await Promise.race([answers, requests]);
  } finally {
    socket.end();
    await Promise.allSettled([answers]);
    socket.destroy();
  }
}

async function connectAgent({ id, socket: path }: ForwardedAgent): Promise<Socket> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw new GrpcError(GrpcStatus.unavailable, `ssh agent ${id} at ${path}: ${messageOf(error)}`);
  }
  return socket;
}

/** Only whole requests are passed on, once it is known that they are harmless. */
async function forwardRequests(call: ServerCall, socket: Socket): Promise<void> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const message of call.requests) {
    pending = Buffer.concat([pending, bytesMessage.decode(message).data]);
    while (pending.length >= 5) {
      const end = 4 + pending.readUInt32BE(0);
      if (end > longestRequest)
        throw new GrpcError(GrpcStatus.invalidArgument, "the request to the ssh agent is too long");
      if (pending.length < end) break;
      if (allowedRequests.has(pending[4]!)) socket.write(pending.subarray(0, end));
      else await call.send(bytesMessage.encode({ data: agentFailure }));
      pending = pending.subarray(end);
    }
  }
}
