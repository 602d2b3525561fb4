import "../system/text-coding.ts";
import { runAgent } from "../agent/agent.ts";

runAgent();
