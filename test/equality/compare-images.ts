import { type FileRecord, type ImageContent, readImage } from "./image-content.ts";

/**
 * Compares two images of an engine: every path's type, mode, owner, content, link target, device numbers, extended
 * attributes and other names, and the configuration. Gives a line per difference, none when they are equal.
 */
export async function compareImages(host: string, expected: string, actual: string): Promise<readonly string[]> {
  const [left, right] = await Promise.all([readImage(host, expected), readImage(host, actual)]);
  return compareContents(left, right);
}

/** The same for what was read of them before. */
export function compareContents(expected: ImageContent, actual: ImageContent): readonly string[] {
  return [...compareFiles(expected, actual), ...compareConfigs(expected, actual)];
}

function compareFiles(expected: ImageContent, actual: ImageContent): readonly string[] {
  const paths = [...new Set([...expected.files.keys(), ...actual.files.keys()])].sort();
  return paths.flatMap((path) => {
    const [left, right] = [expected.files.get(path), actual.files.get(path)];
    if (!right) return [`${path}: missing (expected ${describe(left!)})`];
    if (!left) return [`${path}: not expected (${describe(right)})`];
    return (Object.keys(left) as (keyof FileRecord)[])
      .filter((field) => left[field] !== right[field])
      .map((field) => `${path}: ${field} is ${right[field] ?? "none"}, expected ${left[field] ?? "none"}`);
  });
}

function compareConfigs(expected: ImageContent, actual: ImageContent): readonly string[] {
  const keys = [...new Set([...Object.keys(expected.config), ...Object.keys(actual.config)])].sort();
  return keys
    .map((key) => [key, stringify(expected.config[key]), stringify(actual.config[key])] as const)
    .filter(([, left, right]) => left !== right)
    .map(([key, left, right]) => `configuration ${key}: is ${right}, expected ${left}`);
}

function describe({ type, mode, owner, content, target }: FileRecord): string {
  return [type, mode, owner, content ?? target].filter((part) => part !== undefined).join(" ");
}

/** With the keys of objects in order, which they have not in JSON. */
function stringify(value: unknown): string {
  if (value === undefined) return "none";
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
