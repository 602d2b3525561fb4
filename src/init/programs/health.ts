import "../system/text-coding.ts";
import { exit } from "native";
import { runHealth } from "../control/client/health.ts";

exit(runHealth());
