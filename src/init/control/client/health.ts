import { args } from "native";
import { InitError } from "../../system/errors.ts";
import { chooseEndpoint } from "./chosen-endpoint.ts";
import { CallError, ClientConnection } from "./connection.ts";
import { print, printErrorLine, printLine } from "./output.ts";

const usage = `Usage: slipway-init health [--endpoint PATH] [--timeout SECONDS] [WATCHER]

Tells whether all watchers of the supervisor, or one, are well: running, ready, and of the same opinion as their
own \`health\` programs. Fits HEALTHCHECK: HEALTHCHECK CMD ["slipway-init", "health"]

Exit status: 0 well; 1 not well, with the reasons, or no supervisor answers in time; 64 wrong command line.
`;
const DEFAULT_TIMEOUT_S = 25;
const UNWELL = 1;
const WRONG_COMMAND_LINE = 64;

/** The exit status. */
export function runHealth(): number {
  const words = args().slice(1);
  let endpoint: string | undefined;
  let seconds = DEFAULT_TIMEOUT_S;
  let name: string | undefined;
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === "--help") {
      print(usage);
      return 0;
    }
    if (word === "--endpoint" && words.length > 0) endpoint = words.shift();
    else if (word === "--timeout" && Number(words[0]) > 0) seconds = Number(words.shift());
    else if (!word.startsWith("-") && name === undefined) name = word;
    else {
      printErrorLine(`slipway-init health: what is ${word}?\n${usage}`.trimEnd());
      return WRONG_COMMAND_LINE;
    }
  }
  try {
    return ask(chooseEndpoint(endpoint), seconds * 1000, name);
  } catch (error) {
    if (!(error instanceof CallError || error instanceof InitError)) throw error;
    printErrorLine(`slipway-init health: ${error.message}`);
    return UNWELL;
  }
}

function ask(endpoint: string, milliseconds: number, name: string | undefined): number {
  const connection = new ClientConnection(endpoint, milliseconds);
  const answer = connection.call("health", name === undefined ? {} : { name }, milliseconds);
  if (answer.status !== "ok") {
    printErrorLine(`slipway-init health: ${answer.reason}`);
    return UNWELL;
  }
  for (const [watcher, problem] of Object.entries(answer.problems as Record<string, string>))
    printLine(`${watcher}: ${problem}`);
  if (answer.healthy) printLine("ok");
  return answer.healthy ? 0 : UNWELL;
}
