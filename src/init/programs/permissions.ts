import "../system/text-coding.ts";
import { runPermissions } from "../permissions/command.ts";

runPermissions();
