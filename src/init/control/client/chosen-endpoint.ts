import { environment } from "native";
import { endpointPath, findEndpoint } from "../endpoint.ts";

/** What was given, else what CIRCUSCTL_ENDPOINT says, else the daemon of this user. Throws InitError where there is none. */
export function chooseEndpoint(given: string | undefined): string {
  const variable = environment().find((entry) => entry.startsWith("CIRCUSCTL_ENDPOINT="));
  const chosen = given ?? variable?.slice("CIRCUSCTL_ENDPOINT=".length);
  return chosen ? endpointPath(chosen) : findEndpoint();
}
