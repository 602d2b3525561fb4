import { ExitCode, SlipwayError } from "../errors.ts";

/** An image reference with what it leaves out filled in: `debian` is `docker.io/library/debian`. */
export interface Reference {
  /** `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** Within the registry: `library/debian`. */
  readonly path: string;
  /** Registry and path. */
  readonly name: string;
  readonly tag: string | undefined;
  /** `sha256:…` */
  readonly digest: string | undefined;
}

// Grammar of github.com/distribution/reference, reference.go.
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const host =
  "(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
const grammar = new RegExp(
  `^((?:${host}/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

/** Longest name, registry and path, that registries take. */
const nameLimit = 255;

/** Errors: REFERENCE_INVALID, with what is wrong. */
export function parseReference(text: string): Reference {
  const match = grammar.exec(text);
  if (match === null) throw invalid(text, explain(text));
  const [, written = "", tag, digest] = match;
  if (/^[0-9a-f]{64}$/.test(written)) throw invalid(text, "64 hexadecimal digits are an image id, not a name");
  if (written.length > nameLimit) throw invalid(text, `the name is longer than ${nameLimit} characters`);
  const { registry, path } = splitName(written);
  if (path.toLowerCase() !== path) throw invalid(text, "the name must be in lower case");
  return { registry, path, name: `${registry}/${path}`, tag, digest };
}

/** The first part is a registry when it has a dot or a port, is `localhost`, or has upper case (as in Docker). */
function splitName(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isRegistry = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first);
  const registry = !isRegistry || first === "index.docker.io" ? "docker.io" : first;
  const path = isRegistry ? name.slice(slash + 1) : name;
  return { registry, path: registry === "docker.io" && !path.includes("/") ? `library/${path}` : path };
}

function explain(text: string): string {
  if (text === "") return "it is empty";
  if (/\s/.test(text)) return "it contains white space";
  const withoutDigest = text.replace(/@.*/, "");
  const name = withoutDigest.replace(/:[^/]*$/, "");
  if (/[A-Z]/.test(name.slice(name.indexOf("/") + 1))) return "the name must be in lower case";
  if (text.includes("@") && !/@[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}$/.test(text))
    return "the digest must be like sha256:…";
  if (withoutDigest !== name && !/:[\w][\w.-]{0,127}$/.test(withoutDigest))
    return "the tag may have letters, digits, `_`, `.` and `-`, at most 128, and begins with none of the last two";
  return "expected [REGISTRY/]NAME[:TAG][@DIGEST]; a name has lower-case letters and digits, parted by single `.`, `_`, `-` or `/`";
}

function invalid(text: string, why: string): SlipwayError {
  return new SlipwayError("REFERENCE_INVALID", `invalid image reference ${JSON.stringify(text)}: ${why}`, {
    exitCode: ExitCode.usage,
    hint: "write it like debian:bookworm or registry.example.org:5000/team/app:1.2",
  });
}

/** For tagging: a reference with a digest cannot be given to an image. */
export function splitTag(text: string): { repository: string; tag: string } {
  const { name, tag, digest } = parseReference(text);
  if (digest !== undefined) throw invalid(text, "an image cannot be tagged with a digest");
  return { repository: name, tag: tag ?? "latest" };
}
