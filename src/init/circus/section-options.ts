import { InitError } from "../system/errors.ts";
import type { Origin } from "./configuration.ts";
import { addError, addWarning, type Findings, suggestName } from "./findings.ts";
import type { IniOption, IniSection } from "./ini.ts";
import { parseBoolean, parseInteger, parseNumber } from "./python-values.ts";

/** A section while it is read: what was asked for is known to somebody, the rest is told at the end. */
export interface SectionOptions {
  readonly section: IniSection;
  readonly findings: Findings;
  /** Puts in what is known before any process is. */
  readonly expand: (text: string) => string;
  readonly asked: Set<string>;
}

/** `asked` may be shared by sections of one kind. */
export function openSection(
  section: IniSection,
  expand: (text: string) => string,
  findings: Findings,
  asked = new Set<string>(),
): SectionOptions {
  return { section, expand, findings, asked };
}

function takeOption(options: SectionOptions, name: string): IniOption | undefined {
  options.asked.add(name);
  return options.section.options.get(name);
}

/** What the option says, with its forms replaced. */
export function takeText(options: SectionOptions, name: string): string | undefined {
  const option = takeOption(options, name);
  return option && options.expand(option.value);
}

/** Like takeText, but nothing and the empty text are the same. */
export function takeWord(options: SectionOptions, name: string): string | undefined {
  return takeText(options, name)?.trim() || undefined;
}

/** The value that `parse` makes of the option; undefined where it is missing or wrong, which is told. */
export function takeParsed<T>(options: SectionOptions, name: string, parse: (text: string) => T): T | undefined {
  const text = takeText(options, name);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    addError(options.findings, originOf(options, name), `${name}: ${error.message}`);
    return undefined;
  }
}

export function takeBoolean(options: SectionOptions, name: string, usual: boolean): boolean {
  return takeParsed(options, name, parseBoolean) ?? usual;
}

/** `least`: the smallest that makes sense. */
export function takeInteger(options: SectionOptions, name: string, usual: number, least?: number): number {
  return takeParsed(options, name, (text) => checkLeast(parseInteger(text), least)) ?? usual;
}

export function takeNumber(options: SectionOptions, name: string, usual: number, least?: number): number {
  return takeParsed(options, name, (text) => checkLeast(parseNumber(text), least)) ?? usual;
}

function checkLeast(value: number, least: number | undefined): number {
  if (least !== undefined && value < least) throw new InitError("bad-value", `${value} is less than ${least}`);
  return value;
}

/** Names that begin so, without that: `nofile` of `rlimit_nofile`. */
export function namesBehind(options: SectionOptions, prefix: string): readonly string[] {
  return [...options.section.options.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

/** Where an option stands, or its section. */
export function originOf(options: SectionOptions, name: string): Origin {
  return options.section.options.get(name)?.origin ?? options.section.origin;
}

export function tellError(options: SectionOptions, name: string, message: string, hint?: string): void {
  addError(options.findings, originOf(options, name), message, hint);
}

export function tellWarning(options: SectionOptions, name: string, message: string, hint?: string): void {
  addWarning(options.findings, originOf(options, name), message, hint);
}

/** Options that have no effect here, each with the reason; told where the section has them. */
export function tellUnavailable(options: SectionOptions, reasons: Readonly<Record<string, string>>): void {
  for (const [name, reason] of Object.entries(reasons)) {
    if (takeOption(options, name)) tellWarning(options, name, `${name} has no effect: ${reason}`);
  }
}

/**
 * The options that nobody asked for, told with the known name that is nearest, or what `foreign` says that they are called
 * here; their values.
 */
export function takeUnknown(
  options: SectionOptions,
  known: readonly string[] = [],
  foreign: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const names = [...options.section.options.values()]
    .filter(({ name, inherited }) => !inherited && !options.asked.has(name))
    .map(({ name }) => name);
  for (const name of names) {
    const hint = Object.hasOwn(foreign, name)
      ? `did you mean ${foreign[name]}?`
      : suggestName(name, new Set([...options.asked, ...known]));
    tellWarning(options, name, `unknown option ${JSON.stringify(name)} of [${options.section.name}]`, hint);
  }
  return Object.fromEntries(names.map((name) => [name, takeText(options, name)!]));
}
