import { readFile } from "node:fs/promises";
import { SlipwayError } from "../../errors.ts";
import type { BuildSecret } from "../build-options.ts";
import { GrpcError, GrpcStatus } from "../grpc/grpc-error.ts";
import { type MethodHandler, unary } from "../grpc/server.ts";
import { bytesMessage, idRequest } from "./messages.ts";

/** As BuildKit's own client limits it. */
const largestSecret = 500 * 1024;

/** Fails before anything is sent when a secret can't be had. Its value is read again, and only, when a step asks for it. */
export async function checkSecrets(
  secrets: readonly BuildSecret[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  for (const secret of secrets) await readSecret(secret, environment);
}

/** `moby.buildkit.secrets.v1.Secrets/GetSecret` */
export function secretsMethod(
  secrets: readonly BuildSecret[],
  environment: Readonly<Record<string, string | undefined>>,
): MethodHandler {
  return unary(async (request) => {
    const { id } = idRequest.decode(request);
    const secret = secrets.find((candidate) => candidate.id === id);
    if (secret === undefined) throw new GrpcError(GrpcStatus.notFound, `secret ${id} not found`);
    // GetSecretResponse has the shape of BytesMessage.
    return bytesMessage.encode({ data: await readSecret(secret, environment) });
  });
}

/** @throws SlipwayError SECRET_MISSING, SECRET_TOO_LARGE */
export async function readSecret(
  { id, source }: BuildSecret,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Buffer> {
  if ("env" in source) {
    const value = environment[source.env];
    if (value !== undefined) return limited(id, Buffer.from(value));
    throw new SlipwayError("SECRET_MISSING", `secret ${id}: the environment variable ${source.env} is not set`, {
      hint: `export ${source.env}, or give a file: --secret id=${id},src=FILE`,
    });
  }
  const value = await readFile(source.file).catch((cause: NodeJS.ErrnoException) => {
    throw new SlipwayError("SECRET_MISSING", `secret ${id}: ${source.file} can't be read: ${cause.code}`, {
      hint: `make the file readable, or name another: --secret id=${id},src=FILE`,
      cause,
    });
  });
  return limited(id, value);
}

function limited(id: string, value: Buffer): Buffer {
  if (value.length <= largestSecret) return value;
  throw new SlipwayError(
    "SECRET_TOO_LARGE",
    `secret ${id} has ${value.length} bytes, BuildKit takes ${largestSecret}`,
    {
      hint: "give what is larger with --build-context, and mount it from there",
    },
  );
}
