import { connect, createServer as createListener } from "node:net";
import { expect, test } from "vitest";
import { connectGrpc, type GrpcClient } from "./client.ts";
import { GrpcError, GrpcStatus } from "./grpc-error.ts";
import { type MethodHandler, serveGrpc, unary } from "./server.ts";

async function withPair<T>(
  methods: Record<string, MethodHandler>,
  use: (client: GrpcClient) => Promise<T>,
): Promise<T> {
  const listener = createListener((socket) => serveGrpc(socket, new Map(Object.entries(methods))));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address() as { port: number };
  using client = connectGrpc(connect(address.port, "127.0.0.1"));
  try {
    return await use(client);
  } finally {
    listener.close();
  }
}

async function collect(answers: AsyncIterable<Buffer>): Promise<string[]> {
  const all: string[] = [];
  for await (const answer of answers) all.push(answer.toString());
  return all;
}

test("a unary call is answered", async () => {
  const answers = await withPair({ "/s/Echo": unary((request) => Buffer.from(`<${request}>`)) }, (client) =>
    collect(client.call("/s/Echo", Buffer.from("hello"))),
  );
  expect(answers).toEqual(["<hello>"]);
});

test("messages larger than the flow control window arrive whole and in order", async () => {
  const sizes = await withPair(
    {
      "/s/Many": async (call) => {
        for (const size of [0, 1, 70_000, 5_000_000]) await call.send(Buffer.alloc(size, "x"));
      },
    },
    async (client) => (await collect(client.call("/s/Many", Buffer.alloc(300_000)))).map((answer) => answer.length),
  );
  expect(sizes).toEqual([0, 1, 70_000, 5_000_000]);
});

test("a status carries its code and its message", async () => {
  const failing = withPair(
    {
      "/s/Fail": async () => {
        throw new GrpcError(GrpcStatus.notFound, "secret é not found");
      },
    },
    (client) => collect(client.call("/s/Fail", Buffer.alloc(0))),
  );
  await expect(failing).rejects.toMatchObject({ code: GrpcStatus.notFound, message: "secret é not found" });
});

test("an unknown method is unimplemented", async () => {
  const failing = withPair({}, (client) => collect(client.call("/s/None", Buffer.alloc(0))));
  await expect(failing).rejects.toMatchObject({ code: GrpcStatus.unimplemented });
});

test("an aborted call ends on both sides", async () => {
  const control = new AbortController();
  let ended: Promise<void> | undefined;
  const failing = withPair(
    {
      "/s/Wait": async (call) => {
        ended = new Promise((resolve) => call.signal.addEventListener("abort", () => resolve()));
        control.abort();
        await ended;
      },
    },
    async (client) => {
      await expect(collect(client.call("/s/Wait", Buffer.alloc(0), { signal: control.signal }))).rejects.toThrow(
        /abort/,
      );
      await ended;
    },
  );
  await failing;
  expect(ended).toBeDefined();
});
