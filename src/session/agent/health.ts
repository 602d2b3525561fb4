import type { Platform } from "../../dockerfile/image-config.ts";
import type { HealthCheck } from "../../engine/health.ts";
import { messageOf, SlipwayError } from "../../errors.ts";
import { readAgentFiles } from "./volume.ts";

/** Whether this installation has the agent that sessions on the engine's own platform need. */
export async function checkAgent(platform: Pick<Platform, "os" | "architecture">): Promise<HealthCheck> {
  const name = "agent";
  const title = `${platform.os}/${platform.architecture}`;
  try {
    const [agent] = await readAgentFiles(platform);
    const size = (agent!.content.length / 1e6).toFixed(1);
    return { name, status: "ok", detail: `for ${title}, ${size} MB`, mend: undefined };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const mend = "install slipway again; from a source tree: `npm run build`";
    return { name, status: "fail", detail: `${messageOf(error)} Sessions cannot run.`, mend };
  }
}
