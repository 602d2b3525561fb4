import {
  complain,
  type Fields,
  fields,
  flag,
  list,
  mode,
  optional,
  type Reader,
  record,
  text,
  valueMap,
  word,
} from "./fields.ts";
import { readYaml } from "./located.ts";
import { type Mistake, MistakesError } from "./mistakes.ts";
import { within } from "./paths.ts";
import { mapOf, type ValueMap } from "./value.ts";

/** What the launch file says (docs/launch.md), with its defaults in place and all paths absolute. */
export interface LaunchFile {
  readonly name: string;
  readonly project: string;
  readonly data: string;
  readonly configuration: ConfigurationRules;
  readonly fill: readonly Fill[];
  readonly templates: readonly Template[];
  readonly ssh: SshKeys | undefined;
  readonly development: boolean;
  readonly policy: string | undefined;
  readonly prepare: readonly PrepareStep[];
  readonly supervisor: string | undefined;
  readonly deployment: string;
  readonly ssh_config: boolean;
  readonly re_configure: boolean;
}

export interface ConfigurationRules {
  readonly defaults: ValueMap;
  /** Shell patterns. */
  readonly files: readonly string[];
  /** Names of variables, and the keys that they set. */
  readonly environment: ReadonlyMap<string, string>;
  readonly secrets: readonly string[];
}

export interface Fill {
  readonly from: string;
  readonly to: string;
}

/** Where a file belongs; owner and group undefined: the process's own. */
export interface FilePlace {
  readonly target: string;
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly mode: number;
}

export interface Template extends FilePlace {
  readonly source: string;
}

export interface SshKeys {
  readonly keys: string;
  readonly users: readonly string[];
}

export interface PrepareStep {
  readonly name: string | undefined;
  /** A text is for `/bin/sh -c`. */
  readonly command: string | readonly string[];
  readonly user: string | undefined;
  readonly directory: string | undefined;
  readonly environment: ReadonlyMap<string, string>;
}

const projectName: Reader<string> = (located, what, reading) => {
  const name = text(located, what, reading);
  if (name === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name;
  return complain(reading, located.line, `${what} may have letters, digits, ".", "_" and "-" only`);
};

/** Names that templates know beside the keys of the configuration. */
const ownNames = ["launch", "env"];

const defaults: Reader<ValueMap> = (located, what, reading) => {
  if (located.kind === "map")
    for (const name of ownNames) {
      const taken = located.entries.get(name);
      if (taken) complain(reading, taken.line, `${what}.${name}: templates know something else by this name`);
    }
  return valueMap(located, what, reading);
};

const command: Reader<string | readonly string[]> = (located, what, reading) => {
  if (located.kind === "map") return complain(reading, located.line, `${what} must be a text or a list of words`);
  const words = located.kind === "list" ? list(word)(located, what, reading) : text(located, what, reading);
  return words?.length === 0 ? complain(reading, located.line, `${what} is empty`) : words;
};

export const placeFields: Fields<FilePlace> = {
  target: { read: text },
  owner: optional(word),
  group: optional(word),
  mode: { read: mode, fallback: 0o644 },
};

const template = fields<Template>({ source: { read: text }, ...placeFields });

const prepareStep = fields<PrepareStep>({
  name: optional(text),
  command: { read: command },
  user: optional(word),
  directory: optional(text),
  environment: { read: record(word), fallback: new Map() },
});

const noRules: ConfigurationRules = {
  defaults: mapOf([]),
  files: ["configuration.yaml"],
  environment: new Map(),
  secrets: [],
};

const rules = fields<ConfigurationRules>({
  defaults: { read: defaults, fallback: noRules.defaults },
  files: { read: list(text), fallback: noRules.files },
  environment: { read: record(text), fallback: noRules.environment },
  secrets: { read: list(text), fallback: noRules.secrets },
});

const launchFile = fields<
  Omit<LaunchFile, "project" | "data"> & { project: string | undefined; data: string | undefined }
>({
  name: { read: projectName },
  project: optional(text),
  data: optional(text),
  configuration: { read: rules, fallback: noRules },
  fill: { read: list(fields<Fill>({ from: { read: text }, to: { read: text } })), fallback: [] },
  templates: { read: list(template), fallback: [] },
  ssh: optional(fields<SshKeys>({ keys: { read: text, fallback: "ssh" }, users: { read: list(word) } })),
  development: { read: flag, fallback: false },
  policy: optional(text),
  prepare: { read: list(prepareStep), fallback: [] },
  supervisor: optional(text),
  deployment: { read: text, fallback: "deployment" },
  ssh_config: { read: flag, fallback: true },
  re_configure: { read: flag, fallback: true },
});

/** Throws MistakesError with all that is wrong. */
export function readLaunchFile(yaml: string, file: string): LaunchFile {
  const { value, mistakes } = readYaml(yaml, file);
  if (value === undefined) throw new MistakesError(mistakes);
  const reading = { file, mistakes: [] as Mistake[] };
  const read = launchFile(value, "", reading);
  if (read === undefined)
    throw new MistakesError(reading.mistakes.sort((left, right) => (left.line ?? 0) - (right.line ?? 0)));

  const home = `/srv/projects/${read.name}`;
  const project = within("/", read.project ?? `${home}/project`);
  const data = within("/", read.data ?? `${home}/data`);
  const { configuration } = read;
  return {
    ...read,
    project,
    data,
    configuration: { ...configuration, files: configuration.files.map((path) => within(data, path)) },
    fill: read.fill.map(({ from, to }) => ({ from: within(project, from), to: within(data, to) })),
    templates: read.templates.map((one) => ({
      ...one,
      source: within(project, one.source),
      target: within(project, one.target),
    })),
    ssh: read.ssh && { ...read.ssh, keys: within(data, read.ssh.keys) },
    policy: read.policy === undefined ? undefined : within(project, read.policy),
    prepare: read.prepare.map((step) => ({ ...step, directory: within(project, step.directory ?? ".") })),
    supervisor: read.supervisor === undefined ? undefined : within(project, read.supervisor),
    deployment: within(project, read.deployment),
  };
}
