import * as native from "native";
import { Accounts } from "../launch/accounts.ts";
import { planFile } from "../launch/plan-file.ts";
import { InitError } from "../system/errors.ts";
import { readText, statFile } from "../system/files.ts";

/** What is known of a step's last run. */
export interface StepRecord {
  /** See fingerprint.ts. */
  readonly fingerprint: string;
  readonly exitCode: number;
}

/** The records of a deployment's steps, on disk after every change. */
export class DeploymentState {
  readonly #path: string;
  readonly #records: Map<string, StepRecord>;

  constructor(data: string) {
    this.#path = `${data}/.slipway/deployment.json`;
    this.#records = new Map(Object.entries(read(this.#path)));
  }

  get(step: string): StepRecord | undefined {
    return this.#records.get(step);
  }

  /** Before a step runs: one that is killed halfway has not run. */
  forget(step: string): void {
    if (this.#records.delete(step)) this.#write();
  }

  set(step: string, record: StepRecord): void {
    this.#records.set(step, record);
    this.#write();
  }

  #write(): void {
    const text = `${JSON.stringify({ version: 1, steps: Object.fromEntries(this.#records) }, undefined, 2)}\n`;
    const own = { uid: native.uid(), gid: native.gid(), mode: 0o600 };
    planFile({ path: this.#path, text, ...own, masked: () => text, secrets: [] }, new Accounts())?.apply();
  }
}

function read(path: string): Record<string, StepRecord> {
  if (statFile(path, true) === undefined) return {};
  try {
    const { version, steps } = JSON.parse(readText(path));
    if (version === 1 && typeof steps === "object" && steps !== null) return steps;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InitError("bad-state", `${path} is no record of a deployment; without it every step runs again`);
}
