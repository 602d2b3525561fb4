/** A `{{ }}`, `{% %}` or `{# #}` of a template. */
export interface Tag {
  readonly kind: "{{" | "{%" | "{#";
  /** Of its beginning, from 1. */
  readonly line: number;
  readonly text: string;
}

const closings = { "{{": "}}", "{%": "%}", "{#": "#}" } as const;

/** Every tag in order, as Jinja's lexer finds them: what is in quotes ends none. */
export function findTags(template: string): Tag[] {
  const tags: Tag[] = [];
  let line = 1;
  let counted = 0;
  for (let at = 0; at < template.length; ) {
    const kind = template.slice(at, at + 2);
    if (kind !== "{{" && kind !== "{%" && kind !== "{#") {
      at++;
      continue;
    }
    for (; counted < at; counted++) if (template[counted] === "\n") line++;
    const end = findEnd(template, at + 2, kind);
    tags.push({ kind, line, text: template.slice(at, end) });
    at = end;
  }
  return tags;
}

function findEnd(template: string, from: number, kind: Tag["kind"]): number {
  const closing = closings[kind];
  let braces = 0;
  for (let at = from; at < template.length; at++) {
    const character = template[at]!;
    if (template.startsWith(closing, at) && braces === 0) return at + 2;
    if (kind === "{#") continue;
    if (character === "'" || character === '"') {
      for (at++; at < template.length && template[at] !== character; at++) if (template[at] === "\\") at++;
    } else if (character === "{") braces++;
    else if (character === "}") braces = Math.max(0, braces - 1);
  }
  return template.length;
}
