import { parse, tokenize } from "@huggingface/jinja";
import { MistakesError } from "./mistakes.ts";
import { StrictInterpreter, TemplateError } from "./strict-interpreter.ts";
import { findTags, type Tag } from "./template-lines.ts";
import type { ValueMap } from "./value.ts";

export interface TemplateText {
  /** Its path, for messages. */
  readonly file: string;
  readonly text: string;
}

/** What a template may ask for. */
export interface TemplateNames {
  readonly values: ValueMap;
  /** `env.NAME`; undefined: there is none. */
  environment(name: string): string | undefined;
}

type Tokens = ReturnType<typeof tokenize>;

/** Throws MistakesError with the line. */
export function renderTemplate(template: TemplateText, names: TemplateNames): string {
  const tags = findTags(template.text).filter(({ kind }) => kind !== "{#");
  const program = parseTokens(markLines(tokenizeTemplate(template, tags), tags), template);
  const interpreter = new StrictInterpreter(names);
  try {
    const rendered = interpreter.render(program);
    // Jinja takes the last newline away; files end with one.
    return template.text.endsWith("\n") ? `${rendered}\n` : rendered;
  } catch (error) {
    const hint = error instanceof TemplateError ? error.hint : undefined;
    throw mistake(template, interpreter.line, (error as Error).message, hint);
  }
}

const options = { trim_blocks: true, lstrip_blocks: true };

function tokenizeTemplate(template: TemplateText, tags: readonly Tag[]): Tokens {
  try {
    return tokenize(template.text, options);
  } catch (error) {
    // The lexer doesn't say where it was; each tag can be read by itself.
    const wrong = tags.find((tag) => !canTokenize(tag.text));
    throw mistake(template, wrong?.line, (error as Error).message);
  }
}

function canTokenize(text: string): boolean {
  try {
    tokenize(text, options);
    return true;
  } catch {
    return false;
  }
}

/**
 * The library's tokens and nodes don't know lines. A comment before each tag tells the interpreter where it is, as `#line` does in
 * C; one behind each statement does so within the blocks that it opens.
 */
function markLines(tokens: Tokens, tags: readonly Tag[]): Tokens {
  const marked: Tokens = [];
  let next = 0;
  for (const token of tokens) {
    const isOpening = token.type === "OpenExpression" || token.type === "OpenStatement";
    if (isOpening) marked.push({ type: "Comment", value: `${token.value} ${tags[next++]?.line}` });
    marked.push(token);
    if (token.type === "CloseStatement") marked.push({ type: "Comment", value: `%} ${tags[next - 1]?.line}` });
  }
  return marked;
}

/** The parser doesn't say where it was either: what it asks each token for tells. */
function parseTokens(tokens: Tokens, template: TemplateText): ReturnType<typeof parse> {
  let line = 1;
  const watched = tokens.map((token) => {
    if (token.type !== "Comment") return token;
    const own = Number(token.value.split(" ").at(-1));
    return {
      value: token.value,
      get type() {
        line = Math.max(line, own || 1);
        return token.type;
      },
    };
  });
  try {
    return parse(watched);
  } catch (error) {
    // It reads on behind the last token.
    const message = error instanceof TypeError ? "a block is not closed" : (error as Error).message;
    throw mistake(template, line, message.replace(/^Parser Error: /, ""));
  }
}

function mistake(template: TemplateText, line: number | undefined, message: string, hint?: string): MistakesError {
  return new MistakesError([{ file: template.file, line, message, hint }]);
}
