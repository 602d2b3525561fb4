import { moveToEnd, replaceInPlace } from "./environment.ts";
import { evaluateArg } from "./evaluate-arg.ts";
import { withShell } from "./evaluate-run.ts";
import { quoteStrings } from "./go-format.ts";
import { describeHealthcheck, evaluateHealthcheck } from "./healthcheck.ts";
import type { ImageConfig } from "./image-config.ts";
import { mistake } from "./mistake.ts";
import type { Evaluated, StageState } from "./plan-types.ts";
import { parseExposedPort } from "./ports.ts";
import { dialectOf, expanderFor } from "./scope.ts";
import { isSignal } from "./signals.ts";
import type {
  CommandInstruction,
  CopyInstruction,
  EnvInstruction,
  FromInstruction,
  Instruction,
  RunInstruction,
  WordsInstruction,
} from "./types.ts";

type ConfigInstruction = Exclude<Instruction, FromInstruction | RunInstruction | CopyInstruction>;

/** The instructions that change nothing but the image's configuration and the scope. */
export function evaluateConfig(state: StageState, instruction: ConfigInstruction): Evaluated {
  switch (instruction.keyword) {
    case "ENV":
      return evaluateEnv(state, instruction);
    case "LABEL":
      return evaluateLabel(state, instruction);
    case "ARG":
      return evaluateArg(state, instruction);
    case "CMD":
    case "ENTRYPOINT":
      return evaluateCommand(state, instruction);
    case "EXPOSE":
      return evaluateExpose(state, instruction);
    case "VOLUME":
      return evaluateVolume(state, instruction);
    case "HEALTHCHECK": {
      const healthcheck = evaluateHealthcheck(instruction);
      return configured(
        state,
        { healthcheck },
        `HEALTHCHECK ${describeHealthcheck(healthcheck, dialectOf(state.plan.options))}`,
      );
    }
    case "SHELL":
      return configured(state, { shell: instruction.args }, `SHELL [${instruction.args.join(" ")}]`);
    case "ONBUILD":
      return configured(state, { onBuild: [...state.config.onBuild, instruction.trigger] }, "");
    case "MAINTAINER":
      return configured(state, { author: instruction.word }, `MAINTAINER ${instruction.word}`);
    case "USER": {
      const user = expanderFor(state, instruction).word(instruction.word);
      return configured(state, { user }, `USER ${user}`);
    }
    case "STOPSIGNAL": {
      const stopSignal = expanderFor(state, instruction).word(instruction.word);
      if (!isSignal(stopSignal)) {
        throw mistake(
          instruction,
          "stopsignal",
          `${JSON.stringify(stopSignal)} is not a signal`,
          "name one: SIGTERM, or 15",
        );
      }
      return configured(state, { stopSignal }, `STOPSIGNAL ${stopSignal}`);
    }
    case "WORKDIR":
      throw mistake(instruction, "internal", "WORKDIR is no configuration-only instruction");
  }
}

function configured(state: StageState, change: Partial<ImageConfig>, createdBy: string): Evaluated {
  return { state: { ...state, config: { ...state.config, ...change } }, operation: { kind: "config" }, createdBy };
}

/** All pairs of one ENV are expanded against the state before it. */
function evaluateEnv(state: StageState, instruction: EnvInstruction): Evaluated {
  const pairs = expandPairs(state, instruction);
  const env = pairs.reduce((list, [key, value]) => moveToEnd(list, key, value), state.env);
  const configEnv = pairs.reduce((list, [key, value]) => replaceInPlace(list, key, value), state.config.env);
  return configured({ ...state, env }, { env: configEnv }, `ENV ${joinPairs(pairs)}`);
}

function evaluateLabel(state: StageState, instruction: EnvInstruction): Evaluated {
  const pairs = expandPairs(state, instruction);
  return configured(
    state,
    { labels: { ...state.config.labels, ...Object.fromEntries(pairs) } },
    `LABEL ${joinPairs(pairs)}`,
  );
}

function expandPairs(state: StageState, instruction: EnvInstruction): readonly (readonly [string, string])[] {
  const expand = expanderFor(state, instruction);
  return instruction.pairs.map(({ key, value }) => [expand.word(key), expand.word(value ?? "")] as const);
}

function joinPairs(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([key, value]) => `${key}=${value}`).join(" ");
}

/** An ENTRYPOINT drops the CMD that came with the base; one that this stage has set stays. */
function evaluateCommand(state: StageState, instruction: CommandInstruction): Evaluated {
  const { command, keyword } = instruction;
  const argv = command.form === "exec" ? command.args : withShell(state, command.line);
  const createdBy = `${keyword} ${quoteStrings(argv)}`;
  if (keyword === "CMD") return configured({ ...state, cmdSet: true }, { cmd: argv, argsEscaped: true }, createdBy);
  return configured(state, { entrypoint: argv, ...(state.cmdSet ? {} : { cmd: undefined }) }, createdBy);
}

function evaluateExpose(state: StageState, instruction: WordsInstruction): Evaluated {
  const expand = expanderFor(state, instruction);
  const ports = [...instruction.words].sort().flatMap((word) =>
    expand.words(word).flatMap((expanded) => {
      const parsed = parseExposedPort(expanded);
      if ("error" in parsed)
        throw mistake(instruction, "expose-port", parsed.error, "write it as 80, 80/udp or 8000-8010");
      return parsed;
    }),
  );
  const shown = dialectOf(state.plan.options).listsPortsInHistory
    ? `[${ports.join(" ")}]`
    : `map[${[...new Set(ports)]
        .sort()
        .map((port) => `${port}:{}`)
        .join(" ")}]`;
  return configured(state, { exposedPorts: union(state.config.exposedPorts, ports) }, `EXPOSE ${shown}`);
}

function evaluateVolume(state: StageState, instruction: WordsInstruction): Evaluated {
  const volumes = instruction.words.map(expanderFor(state, instruction).word);
  if (volumes.includes(""))
    throw mistake(instruction, "volume-empty", "VOLUME needs a path, and one of its words is empty");
  return configured(state, { volumes: union(state.config.volumes, volumes) }, `VOLUME [${volumes.join(" ")}]`);
}

function union(before: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...before, ...added])];
}
