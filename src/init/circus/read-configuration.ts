import { checkFollow, readCircusOptions } from "./circus-options.ts";
import type { ConfigurationReading, ConfigurationSource, FlappingOptions } from "./configuration.ts";
import { applyDevelopment, PERMISSION_WATCHER, permissionWatcher } from "./development.ts";
import { type Environments, environmentOf, readEnvironments } from "./environment.ts";
import { addError, addWarning, type Findings, hasErrors } from "./findings.ts";
import { readFiles } from "./included-files.ts";
import { DEFAULT_SECTION, type Ini, type IniSection } from "./ini.ts";
import { readPlugin } from "./plugin-options.ts";
import { tellTwins, tellUnknownSections } from "./section-names.ts";
import { openSection, takeBoolean } from "./section-options.ts";
import { readSocket } from "./socket-options.ts";
import { environmentForms, substitute } from "./substitution.ts";
import { applyVirtualenv } from "./virtualenv.ts";
import { readWatcher } from "./watcher-options.ts";
import { checkOrder, type ReadWatcher } from "./watcher-order.ts";

/**
 * Reads circus's ini file and what it includes, by the rules of circus's own get_config. Never throws for what a file says:
 * all mistakes are findings, in the order of the files and lines. Sections that set nothing are skipped, as circus does.
 */
export function readConfiguration(path: string, source: ConfigurationSource): ConfigurationReading {
  const findings: Findings = [];
  const ini = readFiles(path, source, findings);
  const sections = [...ini.values()].filter(({ name }) => name !== DEFAULT_SECTION);
  spreadDefaults(ini, sections);
  tellUnknownSections(sections, findings);
  const environments = readEnvironments(ini, source, findings);
  const forms = environmentForms(environments.daemon, environments.common);
  const open = (section: IniSection) => openSection(section, (text) => substitute(text, forms), findings);
  const named = (prefix: string) => sections.filter(({ name, options }) => name.startsWith(prefix) && options.size > 0);

  const circusSection = open(ini.get("circus") ?? emptySection(path));
  const circus = applyDevelopment(readCircusOptions(circusSection), source.environment, path, findings);
  const sockets = named("socket:").map((section) => readSocket(open(section)));
  tellTwins("socket", findings, sockets);
  let flapping: FlappingOptions | undefined;
  for (const section of named("plugin:")) flapping = readPlugin(open(section)) ?? flapping;

  const surroundings: Surroundings = {
    environments,
    sockets: sockets.map((socket) => socket.name),
    flapping,
    source,
    findings,
    asked: new Set(),
  };
  const watcherSections = named("watcher:");
  if (circus.development && !ini.has(PERMISSION_WATCHER)) watcherSections.push(permissionWatcher(path));
  const read = watcherSections.map((section) => readOneWatcher(section, surroundings));
  tellTwins(
    "watcher",
    findings,
    read.map(({ watcher }) => watcher),
  );
  // circus goes through watchers by their names; priorities are the supervisor's matter.
  const watchers = read.map(({ watcher }) => watcher).sort((a, b) => (a.name < b.name ? -1 : 1));
  checkOrder(read);
  const names = watchers.map(({ name }) => name);
  checkFollow(circusSection, circus.follow, names);
  if (read.length === 0 && !hasErrors(findings))
    addWarning(findings, { file: path, line: 1 }, "there is no [watcher:…]: nothing will run");

  sortFindings(findings, [path, ...sections.map(({ origin }) => origin.file)]);
  return { configuration: hasErrors(findings) ? undefined : { circus, watchers, sockets, flapping }, findings };
}

function emptySection(file: string): IniSection {
  return { name: "circus", origin: { file, line: 1 }, options: new Map() };
}

function spreadDefaults(ini: Ini, sections: readonly IniSection[]): void {
  for (const option of ini.get(DEFAULT_SECTION)?.options.values() ?? [])
    for (const { options } of sections)
      if (!options.has(option.name)) options.set(option.name, { ...option, inherited: true });
}

/** What all watchers have in common. */
interface Surroundings {
  readonly environments: Environments;
  readonly sockets: readonly string[];
  readonly flapping: FlappingOptions | undefined;
  readonly source: ConfigurationSource;
  readonly findings: Findings;
  readonly asked: Set<string>;
}

function readOneWatcher(section: IniSection, surroundings: Surroundings): ReadWatcher {
  const { environments, sockets, flapping, source, findings, asked } = surroundings;
  const { daemon, common } = environments;
  const name = section.name.slice("watcher:".length);
  if (name === "") addError(findings, section.origin, "the watcher has no name");
  // Needed before the rest is read, which tells what is wrong with it.
  const early = openSection(section, (text) => substitute(text, environmentForms(daemon, common)), []);
  const environment = environmentOf(name, takeBoolean(early, "copy_env", false), environments);
  const forms = environmentForms(daemon, common, environment);
  const options = openSection(section, (text) => substitute(text, forms), findings, asked);
  applyVirtualenv(options, environment, source);
  return { watcher: readWatcher(options, name, { environment, sockets, flapping }), options };
}

function sortFindings(findings: Findings, files: readonly string[]): void {
  const order = new Map([...new Set(files)].map((file, index) => [file, index]));
  findings.sort(
    (a, b) =>
      (order.get(a.origin.file) ?? order.size) - (order.get(b.origin.file) ?? order.size) ||
      a.origin.line - b.origin.line,
  );
}
