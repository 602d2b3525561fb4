import { expect, test } from "vitest";
import { editorCommand } from "./editor.ts";

test.each([
  [{}, ["vi", "+7", "/f"]],
  [{ EDITOR: "nano" }, ["nano", "+7", "/f"]],
  [{ EDITOR: "nano", VISUAL: "/usr/bin/nvim -u 'my rc'" }, ["/usr/bin/nvim", "-u", "my rc", "+7", "/f"]],
  [{ VISUAL: "code" }, ["code", "--wait", "-g", "/f:7"]],
  [{ VISUAL: "code -w" }, ["code", "-w", "-g", "/f:7"]],
  [{ EDITOR: "hx" }, ["hx", "/f:7"]],
  [{ EDITOR: "my-editor" }, ["my-editor", "/f"]],
])("%j", (env, command) => expect(editorCommand(env, "/f", 7)).toEqual(command));
