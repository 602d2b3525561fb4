import { inspectContainer } from "../../engine/containers.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { FileChange } from "../../protocol/messages.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { scan } from "../files/scan.ts";
import { explainPlatform } from "../replay/foreign-platform.ts";
import { orderOutput } from "../replay/ordered-output.ts";
import { prepareHandEdit, recordHandEdit, stageAtHand, stepBefore, stopApplication } from "./hand-edits.ts";

export interface LaunchOptions {
  /** Instead of CMD; none: CMD. */
  readonly command: readonly string[];
  readonly detach: boolean;
  /** What it leaves is not kept: the next step begins in a container without it. No image is made before, no hand edit after. */
  readonly passing?: boolean;
}

/**
 * Runs the image's ENTRYPOINT and CMD, or another command, in the session's container, as `docker run` would.
 * Detached it resolves with 0 once the application is started, else with its exit code when it ended.
 * @throws SlipwayError NOTHING_TO_LAUNCH, LAUNCH_FAILED
 */
export async function launch(core: SessionCore, options: LaunchOptions, signal?: AbortSignal): Promise<number> {
  const { stage, state } = await stageAtHand(core, signal);
  const { config } = state;
  const command = [
    ...(config.entrypoint ?? []),
    ...(options.command.length > 0 ? options.command : (config.cmd ?? [])),
  ];
  if (command.length === 0) {
    throw new SlipwayError("NOTHING_TO_LAUNCH", "the image has neither ENTRYPOINT nor CMD so far", {
      hint: "give a command: launch COMMAND…, or run on to the CMD with 'continue'",
      exitCode: ExitCode.usage,
    });
  }
  await stopApplication(core);
  const { tip } = stage.replay;
  if (options.passing) stage.replay.begin(command.join(" "));
  else await prepareHandEdit(core, stage, command.join(" "));
  const id = core.ledger.takeHandEditId();
  const changes: FileChange[] = [];
  const stopping = new AbortController();
  const output = orderOutput(core.secrets, (stream, data) =>
    core.emit({ type: "output", of: id, hand: true, stream, data }),
  );
  const running = stage.replay.agent.run(
    {
      argv: command,
      env: [...config.env, ...core.options.runSettings.env],
      cwd: config.workingDir || "/",
      user: config.user,
      terminal: undefined,
      stdin: false,
      scripts: [],
      leftovers: "keep",
    },
    {
      onOutput: output.onOutput,
      signal: AbortSignal.any([stopping.signal, ...(signal && !options.detach ? [signal] : [])]),
    },
  );
  const ended = running.then(async (result) => {
    await output.settled();
    core.application = undefined;
    const edit = {
      id,
      after: stepBefore(core, stage),
      kind: "launch",
      command: command.join(" "),
      workdir: config.workingDir || "/",
      exitCode: result.exitCode,
      changes,
    } as const;
    // What was done by hand beside it is in this container only.
    const isPassing = options.passing && stage.replay.tip === tip;
    if (isPassing) await core.emit({ type: "hand-finished", edit: core.secrets.hide(edit) });
    else await recordHandEdit(core, stage, { ...edit, changes: [...changes, ...(await scan(stage))] });
    if (result.error !== undefined)
      throw new SlipwayError("LAUNCH_FAILED", explainPlatform(core, stage, result.error), {
        hint: "`env` shows the PATH; `shell` lets you look for the program",
        exitCode: result.exitCode,
      });
    return result.exitCode;
  });
  core.application = {
    command,
    words: options.command,
    editId: id,
    ended,
    changes,
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
  await core.emit({
    type: "launched",
    command,
    addresses: (await addressesOf(core, stage)).map(({ address }) => address),
  });
  if (!options.detach) return await ended;
  // A program that is started wrongly ends at once: then that is the answer, not "started".
  const early = await Promise.race([
    ended,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 300)),
  ]);
  // Its end is told by the hand edit that it becomes, not by this command.
  ended.catch(() => {});
  return early ?? 0;
}

export async function addressesOf(
  core: SessionCore,
  stage: SessionStage,
): Promise<readonly { network: string; address: string }[]> {
  const container = stage.replay.container && (await inspectContainer(core.engine, stage.replay.container.id));
  return Object.entries(container?.ipAddresses ?? {}).map(([network, address]) => ({ network, address }));
}

/** Where the application is reached: published ports on this machine's side, and exposed ones on the container's. */
export async function endpointsOf(core: SessionCore, stage: SessionStage): Promise<readonly string[]> {
  const published = core.options.runSettings.ports.flatMap(({ hostIp, host }) =>
    host === undefined ? [] : [`${hostIp && hostIp !== "0.0.0.0" ? hostIp : "localhost"}:${host}`],
  );
  const exposed = (core.stateOf(stage)?.config.exposedPorts ?? []).flatMap((port) => {
    const [number, protocol = "tcp"] = port.split("/");
    return protocol === "tcp" ? [number!] : [];
  });
  const addresses = (await addressesOf(core, stage)).map(({ address }) => address);
  const inside = addresses.flatMap((address) =>
    exposed.length === 0 ? [address] : exposed.map((port) => `${address}:${port}`),
  );
  return [...published, ...inside];
}
