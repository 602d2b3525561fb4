import type { DebugProtocol } from "@vscode/debugprotocol";
import { ExitCode, SlipwayError } from "../errors.ts";
import { breakpointRequests } from "./breakpoint-requests.ts";
import { capabilities } from "./capabilities.ts";
import type { Client, Handler } from "./connection.ts";
import { Debuggee } from "./debuggee.ts";
import { type Attach, type Launch, type OpenSession, parseAttach, parseLaunch } from "./launch.ts";
import { lookRequests } from "./look-requests.ts";
import { later } from "./requests.ts";
import { runRequests } from "./run-requests.ts";

/** The requests of one editor. */
export interface Adapter {
  readonly handlers: Readonly<Record<string, Handler>>;
  /** The editor went away: its session stays. */
  leave(): Promise<void>;
}

export function createAdapter(client: Client, open: OpenSession): Adapter {
  let editor: DebugProtocol.InitializeRequestArguments = { adapterID: "slipway" };
  let current: Debuggee | undefined;

  function debugged(): Debuggee {
    if (current) return current;
    throw new SlipwayError("DAP_NOT_LAUNCHED", "nothing is debugged yet", {
      hint: "send launch or attach first",
      exitCode: ExitCode.usage,
    });
  }

  async function start(settings: Launch | Attach): Promise<Debuggee> {
    current = await Debuggee.start(await open(settings), settings, client, editor);
    return current;
  }

  async function end(keep: boolean | undefined): Promise<void> {
    const ended = current;
    current = undefined;
    await ended?.end({ keep: keep ?? ended.settings.kind === "attach" });
  }

  const handlers = {
    async initialize(args: DebugProtocol.InitializeRequestArguments) {
      editor = args;
      return capabilities;
    },
    async launch(args: object) {
      await start(parseLaunch(args));
      later(() => client.send("initialized"));
    },
    async attach(args: object) {
      await start(parseAttach(args));
      later(() => client.send("initialized"));
    },
    async configurationDone() {
      const it = debugged();
      later(() => it.begin());
    },
    /** Editors don't set their break points again. */
    async restart({ arguments: given }: { readonly arguments?: object }) {
      const { settings, breakpoints, stopsAtFailure } = debugged();
      await end(undefined);
      const again = given ?? settings;
      const it = await start(settings.kind === "launch" ? parseLaunch(again) : parseAttach(again));
      it.stopsAtFailure = stopsAtFailure;
      for (const breakpoint of await it.breakpoints.takeOver(breakpoints)) {
        await client.send("breakpoint", { reason: "changed", breakpoint });
      }
      later(() => it.begin());
    },
    async terminate() {
      await end(undefined);
      await client.send("terminated");
    },
    async disconnect({ terminateDebuggee }: DebugProtocol.DisconnectArguments) {
      await end(terminateDebuggee === undefined ? undefined : !terminateDebuggee);
    },
    ...breakpointRequests(debugged),
    ...lookRequests(debugged, () => (editor.columnsStartAt1 === false ? 0 : 1)),
    ...runRequests(debugged),
  };
  return { handlers: handlers as unknown as Readonly<Record<string, Handler>>, leave: async () => await end(true) };
}
