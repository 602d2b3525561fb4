import "../system/text-coding.ts";
import { args, exit } from "native";
import { runProgram } from "../launch/run-program.ts";

exit(runProgram(args()));
