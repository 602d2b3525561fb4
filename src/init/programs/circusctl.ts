import "../system/text-coding.ts";
import { exit } from "native";
import { runCircusctl } from "../control/client/circusctl.ts";

exit(runCircusctl());
