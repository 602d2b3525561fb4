import * as native from "native";
import { Accounts } from "../launch/accounts.ts";
import type { Change } from "../launch/change.ts";
import { findUnknownKey } from "../launch/environment-layers.ts";
import { type Mistake, MistakesError } from "../launch/mistakes.ts";
import { within } from "../launch/paths.ts";
import { planTemplate } from "../launch/plan-template.ts";
import { runCommand } from "../launch/run-command.ts";
import { StepFailed } from "../launch/run-prepare-step.ts";
import type { Settings } from "../launch/settings.ts";
import { computing, type Signals } from "../launch/signals.ts";
import { withStepEnvironment } from "../launch/step-environment.ts";
import { overlayVariables } from "../launch/variables.ts";
import { check } from "../system/errors.ts";
import { readText, statFile } from "../system/files.ts";
import { type Declarations, readComments, readPlace, readSidecar } from "./declarations.ts";
import { DeploymentState } from "./deployment-state.ts";
import { takeFingerprint } from "./fingerprint.ts";
import { type DeployOptions, hasSalt, saltCommand } from "./salt.ts";
import { findSteps, type Step, selectSteps } from "./steps.ts";

export interface Deployment {
  readonly settings: Settings;
  readonly options: DeployOptions;
  /** The container's own, `NAME=value` each. */
  readonly environment: readonly string[];
  readonly signals: Signals;
  tell(message: string): void;
  print(text: string): void;
}

/** A step that is known well enough to run. */
interface ReadyStep {
  readonly state: "new" | "changed" | "failed" | "unchanged";
  run(): void;
}

/** Throws StepFailed where a step fails; those before it are not run again. */
export function deploy(deployment: Deployment): void {
  const { settings, options, environment } = deployment;
  if (hasSalt(settings.launch, environment)) {
    runProgram(saltCommand(settings.launch, options), deployment);
    return;
  }
  const steps = selectSteps(listSteps(settings.launch.deployment), options.only);
  const state = new DeploymentState(settings.launch.data);
  const width = Math.max(...steps.map(({ name }) => name.length));
  for (const step of steps) {
    deployment.signals.check();
    const ready = step.kind === "template" ? readyTemplate(step, deployment) : readyExecutable(step, deployment, state);
    if (options.list) deployment.print(`${step.name.padEnd(width)}  ${ready.state}\n`);
    else if (ready.state === "unchanged" && !options.force) deployment.tell(`${step.name}: unchanged`);
    else {
      deployment.tell(step.name);
      ready.run();
    }
  }
}

function listSteps(folder: string): readonly Step[] {
  const names = check<string[]>(native.readdir(folder), () => `read ${folder}`);
  const files = names.flatMap((name) => {
    const found = statFile(`${folder}/${name}`, true);
    return found?.type === "file" ? [{ name, isExecutable: (found.mode & 0o111) !== 0 }] : [];
  });
  const { steps, mistakes } = findSteps(files, folder);
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  return steps;
}

function readyTemplate({ name }: Step, { settings }: Deployment): ReadyStep {
  const file = `${settings.launch.deployment}/${name}`;
  const text = readText(file);
  const place = readPlace(text, file);
  const target = within(settings.launch.project, place.target);
  const isNew = statFile(target, true) === undefined;
  const change: Change | undefined = computing(() =>
    planTemplate({ file, text }, { ...place, target }, settings, new Accounts()),
  );
  return { state: change === undefined ? "unchanged" : isNew ? "new" : "changed", run: () => change?.apply() };
}

function readyExecutable(step: Step, deployment: Deployment, state: DeploymentState): ReadyStep {
  const { launch } = deployment.settings;
  const file = `${launch.deployment}/${step.name}`;
  const sidecar = step.sidecar === undefined ? undefined : `${launch.deployment}/${step.sidecar}`;
  const declared = readDeclarations(file, sidecar, deployment.settings);
  const files = sidecar === undefined ? [file] : [file, sidecar];
  const { digest, missing } = takeFingerprint(files, declared, deployment.settings);
  for (const pattern of missing) deployment.tell(`${step.name}: nothing matches its input ${pattern}`);
  const last = state.get(step.name);
  return {
    state:
      last === undefined
        ? "new"
        : last.exitCode !== 0
          ? "failed"
          : last.fingerprint === digest
            ? "unchanged"
            : "changed",
    run: () => {
      state.forget(step.name);
      try {
        runProgram([file], deployment);
        state.set(step.name, { fingerprint: digest, exitCode: 0 });
      } catch (error) {
        if (error instanceof StepFailed) state.set(step.name, { fingerprint: digest, exitCode: error.exitCode });
        throw error;
      }
    },
  };
}

function readDeclarations(file: string, sidecar: string | undefined, settings: Settings): Declarations {
  const declared = sidecar === undefined ? readComments(readText(file)) : readSidecar(readText(sidecar), sidecar);
  const mistakes: Mistake[] = [];
  for (const key of declared.configuration ?? []) {
    const hint = findUnknownKey(settings.launch.configuration.defaults, key.split("."));
    if (hint !== undefined)
      mistakes.push({ file: sidecar ?? file, line: undefined, message: `the configuration has no ${key}`, hint });
  }
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  return declared;
}

function runProgram(argv: readonly string[], { settings, environment, signals }: Deployment): void {
  const directory = settings.launch.project;
  const outcome = withStepEnvironment(settings, undefined, (variables) =>
    runCommand({ argv, directory, user: undefined, environment: overlayVariables(environment, variables) }, signals),
  );
  const name = argv[0]!.slice(argv[0]!.lastIndexOf("/") + 1);
  if (outcome.exitCode !== 0) throw new StepFailed(name, outcome.exitCode, outcome.error);
}
