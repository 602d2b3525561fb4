import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import type { Readable } from "node:stream";
import type { EngineClient } from "../../engine/client.ts";
import { SlipwayError } from "../../errors.ts";
import type { BuildListener } from "../build-events.ts";
import type { BuildOptions } from "../build-options.ts";
import type { LoadedDockerfile } from "../dockerfile-text.ts";
import { GrpcError } from "../grpc/grpc-error.ts";
import { imageName } from "../image-name.ts";
import { createFailureRecord } from "./failure-record.ts";
import type { SharedFolder } from "./file-sync.ts";
import { frontendAttributes } from "./frontend-attributes.ts";
import { checkSecrets } from "./secrets.ts";
import { openBuildSession } from "./session.ts";
import { solve } from "./solve.ts";

/** Builds on the engine's BuildKit. Resolves with the image's id. Errors: BuildError, SECRET_MISSING, CONTEXT_…, EngineError. */
export async function buildWithBuildKit(
  engine: EngineClient,
  options: BuildOptions,
  dockerfile: LoadedDockerfile | undefined,
  listener: BuildListener,
  signal: AbortSignal | undefined,
): Promise<string> {
  await checkSecrets(options.secrets, options.environment);
  const attributes = await frontendAttributes(engine, options, dockerfile, signal);
  const inputs = sharedInputs(options);
  const record = createFailureRecord(dockerfile);
  const observe: BuildListener = (event) => {
    record.observe(event);
    listener(event);
  };
  let sendingFailure: unknown;
  using session = await openBuildSession(
    engine,
    {
      options,
      ...inputs,
      listener: {
        onSkipped: (path, reason) => observe({ type: "notice", message: `${path} is left out: ${reason}` }),
        onFailure: (error) => {
          sendingFailure ??= error;
        },
      },
    },
    signal,
  );
  try {
    const result = await solve(
      engine,
      {
        session: session.id,
        exporter: "moby",
        exporterAttrs: options.tags.length === 0 ? {} : { name: options.tags.map(imageName).join(",") },
        frontend: "dockerfile.v0",
        frontendAttrs: { ...attributes, ...inputs.attributes },
        entitlements: options.network === "host" ? ["network.host"] : [],
      },
      observe,
      signal,
    );
    return imageIdOf(result);
  } catch (error) {
    if (sendingFailure !== undefined) throw sendingFailure;
    throw error instanceof GrpcError ? record.describe(error) : error;
  }
}

/** The id by which the engine knows the image: the configuration's digest, with the containerd store the manifest's. */
function imageIdOf(result: Readonly<Record<string, string>>): string {
  const id = result["containerimage.digest"] ?? result["containerimage.config.digest"];
  if (id !== undefined) return id;
  throw new SlipwayError("BUILD_WITHOUT_IMAGE", "the build ended without an image", {
    hint: "look at the engine's log: it did not tell the image's digest",
  });
}

interface SharedInputs {
  readonly folders: ReadonlyMap<string, SharedFolder>;
  readonly uploads: ReadonlyMap<string, Readable>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the engine is to read over the session, and how the frontend is told of it. */
function sharedInputs({ context, dockerfile, contexts }: BuildOptions): SharedInputs {
  const folders = new Map<string, SharedFolder>();
  const uploads = new Map<string, Readable>();
  const attributes: Record<string, string> = {};
  if (context.kind === "folder") folders.set("context", { kind: "disk", root: context.path });
  if (context.kind === "empty") folders.set("context", { kind: "text", files: {} });
  if (context.kind === "remote") attributes.context = context.url;
  if (context.kind === "archive") {
    uploads.set("context", context.stream);
    attributes.context = "http://buildkit-session/context";
  }
  if (dockerfile.kind === "file") {
    folders.set("dockerfile", { kind: "disk", root: dirname(dockerfile.path) });
    attributes.filename = basename(dockerfile.path);
  } else if (dockerfile.kind === "text") {
    const ignore = dockerfile.ignore === undefined ? {} : { "Dockerfile.dockerignore": dockerfile.ignore };
    folders.set("dockerfile", { kind: "text", files: { Dockerfile: dockerfile.text, ...ignore } });
  } else attributes.filename = dockerfile.path;
  // A context that is not on this machine holds its Dockerfile itself, unless this says otherwise.
  if (dockerfile.kind !== "inside" && (context.kind === "remote" || context.kind === "archive"))
    attributes.dockerfilekey = "dockerfile";
  for (const [name, value] of Object.entries(contexts)) {
    if (value.includes("://") || value.startsWith("git@")) attributes[`context:${name}`] = value;
    else {
      const folder = `named-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
      folders.set(folder, { kind: "disk", root: value });
      attributes[`context:${name}`] = `local:${folder}`;
    }
  }
  return { folders, uploads, attributes };
}
