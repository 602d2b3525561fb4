import { createHmac, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { BuildSecret } from "../../build/build-options.ts";
import { readSecret } from "../../build/buildkit/secrets.ts";
import type { StageState } from "../../dockerfile/plan-types.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { SessionOptions } from "../types.ts";
import { formsOf } from "./forms.ts";
import { createRedactor, type Pattern, type RedactedStream, type Redactor } from "./redactor.ts";
import { type NamedValues, secretArgsOf, secretVariablesOf } from "./secret-args.ts";

/** The options that hold or name secret values. */
export type SecretOptions = Pick<SessionOptions, "buildArgs" | "secrets" | "environment" | "runSettings">;

/** The values that a session keeps to itself, and the means to do so. */
export class SessionSecrets {
  readonly #options: SecretOptions;
  readonly #args: NamedValues;
  readonly #sealKey: Buffer | undefined;
  /** Every value that a secret has had: what was printed before a file changed is still one. */
  readonly #patterns = new Map<string, Pattern>();
  #redactor: Redactor = createRedactor([]);

  private constructor(options: SecretOptions, args: NamedValues, sealKey: Buffer | undefined) {
    this.#options = options;
    this.#args = args;
    this.#sealKey = sealKey;
  }

  /** Reads the values. A secret that can't be read is no error before a step asks for it. */
  static async read(options: SecretOptions, sessionId: string): Promise<SessionSecrets> {
    const args = secretArgsOf(options);
    const hasArgs = Object.keys(args).length > 0;
    // Slow on purpose: who reads the state must not be able to try passwords on it.
    const sealKey = hasArgs ? ((await promisify(scrypt)(JSON.stringify(args), sessionId, 32)) as Buffer) : undefined;
    const secrets = new SessionSecrets(options, args, sealKey);
    for (const [name, value] of [args, secretVariablesOf(options)].flatMap((values) => Object.entries(values))) {
      secrets.#add(name, formsOf(Buffer.from(value)));
      // In lists of variables also what is too short to be found elsewhere.
      const bytes = Buffer.from(`${name}=${value}`);
      secrets.#patterns.set(bytes.toString("latin1"), { bytes, mask: Buffer.from(`${name}=${maskOf(name)}`) });
    }
    await secrets.refresh();
    return secrets;
  }

  /** Reads again what comes from files and variables: they may have changed. */
  async refresh(): Promise<void> {
    for (const secret of this.#options.secrets) {
      const value = await readValue(secret, this.#options.environment);
      if (value) this.#add(secret.id, formsOf(value));
    }
    this.#redactor = createRedactor([...this.#patterns.values()]);
  }

  #add(name: string, forms: readonly Buffer[]): void {
    const mask = Buffer.from(maskOf(name));
    for (const bytes of forms) {
      const key = bytes.toString("latin1");
      if (!this.#patterns.has(key)) this.#patterns.set(key, { bytes, mask });
    }
  }

  get isEmpty(): boolean {
    return this.#redactor.isEmpty;
  }

  /** The value with every text in it masked, at any depth; bytes and what has a class of its own stay as they are. */
  hide<T>(value: T): T {
    return this.isEmpty ? value : (mapTexts(value, this.#redactor.text) as T);
  }

  holds(text: string): boolean {
    return this.#redactor.text(text) !== text;
  }

  /** Whether a text is one in which something was masked. */
  isVeiled(text: string): boolean {
    return [...this.#patterns.values()].some(({ mask }) => text.includes(mask.toString()));
  }

  /** @throws SlipwayError SECRET_IN_DOCKERFILE when a text that goes into the Dockerfile holds a secret. */
  refuse(text: string): void {
    const line = text.split("\n").find((line) => this.holds(line)) ?? (this.holds(text) ? text : undefined);
    if (line === undefined) return;
    throw new SlipwayError(
      "SECRET_IN_DOCKERFILE",
      `the Dockerfile would hold the value of a secret: ${this.hide(line.trim())}`,
      {
        hint: "name the build argument as a variable, $NAME, or mount the secret: RUN --mount=type=secret,id=…",
        exitCode: ExitCode.usage,
      },
    );
  }

  stream(): RedactedStream | undefined {
    return this.isEmpty ? undefined : this.#redactor.stream();
  }

  /** The same error, its texts and those of its causes masked. */
  hideInError(error: unknown): unknown {
    if (this.isEmpty) return error;
    for (let each = error; each instanceof Error; each = each.cause) {
      const { message, stack } = each;
      // Errors have texts of their own beside these: a hint, a path.
      const texts = Object.entries(each).filter(([, value]) => typeof value === "string");
      Object.assign(each, this.hide({ message, stack, ...Object.fromEntries(texts) }));
    }
    return error;
  }

  /**
   * A step's key as it may be kept on disk: where a secret build argument is in scope, its fingerprint. With other values
   * the fingerprint is another, so that the step is due again.
   */
  seal(key: string, before: StageState): string {
    const inScope = before.args.some((arg) => arg.value !== undefined && Object.hasOwn(this.#args, arg.key));
    if (this.#sealKey === undefined || !(inScope || this.holds(key))) return key;
    return `sealed:${createHmac("sha256", this.#sealKey).update(key).digest("hex")}`;
  }
}

function maskOf(name: string): string {
  return `[secret ${name}]`;
}

async function readValue(secret: BuildSecret, environment: SessionOptions["environment"]): Promise<Buffer | undefined> {
  try {
    return await readSecret(secret, environment);
  } catch (error) {
    if (error instanceof SlipwayError) return undefined;
    throw error;
  }
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, map));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  // What can be let go of is no data.
  if (Object.getOwnPropertySymbols(value).length > 0) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapTexts(each, map)]));
}
