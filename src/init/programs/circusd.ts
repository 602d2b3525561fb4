import "../system/text-coding.ts";
import { runCircusd } from "../supervisor/circusd.ts";

runCircusd();
