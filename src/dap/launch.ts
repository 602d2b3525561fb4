import { z } from "zod";
import { ExitCode, SlipwayError } from "../errors.ts";
import type { Session } from "../session/types.ts";

const common = {
  /** Folder of the build context; for `attach`, whose newest session is meant. */
  contextPath: z.string().optional(),
  /** Stop before the first step that is not done. */
  stopOnEntry: z.boolean().default(false),
  /** Stop when all is done, to look around; else that is the end. */
  stopAtEnd: z.boolean().default(true),
};

const launchArguments = z.object({
  ...common,
  dockerfile: z.string().optional(),
  target: z.string().optional(),
  /** Options of `slipway hack`; they replace those on the adapter's own command line. */
  args: z.array(z.string()).optional(),
  /** Break points are not set; the end is the end. */
  noDebug: z.boolean().default(false),
});

const attachArguments = z.object({
  ...common,
  session: z.string().optional(),
  noDebug: z.literal(false).default(false),
});

/** What `launch.json` may say. `dockerfile`, `contextPath`, `target`, `args`, `stopOnEntry` are those of `docker buildx dap`. */
export type Launch = { readonly kind: "launch" } & z.infer<typeof launchArguments>;
export type Attach = { readonly kind: "attach" } & z.infer<typeof attachArguments>;

/** Opens the session that the editor asks for: the command line has the rest of what that needs. */
export type OpenSession = (wanted: Launch | Attach) => Promise<Opened>;

export interface Opened extends AsyncDisposable {
  readonly session: Session;
  /** Does a line of the session's prompt, and returns what that shows. */
  readonly command: (line: string, signal: AbortSignal) => Promise<string>;
  /** What may stand where the last word of a prompt's line does, and that word. */
  readonly complete: (line: string) => Promise<readonly [readonly string[], string]>;
}

/** @throws SlipwayError LAUNCH_INVALID with every mistake */
export function parseLaunch(args: object): Launch {
  return { kind: "launch", ...parse(launchArguments, args) };
}

/** @throws SlipwayError LAUNCH_INVALID with every mistake */
export function parseAttach(args: object): Attach {
  return { kind: "attach", ...parse(attachArguments, args) };
}

function parse<Schema extends z.ZodType>(schema: Schema, args: object): z.infer<Schema> {
  const { data, error } = schema.safeParse(args);
  if (error === undefined) return data as z.infer<Schema>;
  const mistakes = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new SlipwayError("LAUNCH_INVALID", `the launch configuration is wrong: ${mistakes.join("; ")}`, {
    hint: "docs/dap.md lists what it may say",
    exitCode: ExitCode.usage,
  });
}
