/*
 * One binary, several programs: each is a bundle of src/init/programs, compiled to bytecode. Only the one that is asked for is
 * read into memory. Which one it is depends on the name that the binary is called by, as with busybox, or on its first word.
 */

#include <stdio.h>
#include <string.h>
#include "native.h"
#include "programs.h"
#include "quickjs-libc.h"

int argument_count;
char **arguments;

static const struct program *find_program(const char *name)
{
  for (const struct program *program = programs; program->name; program++)
    if (strcmp(program->name, name) == 0)
      return program;
  return NULL;
}

/* After `slipway-init WORD` the word stands where the program's name does, so that every program finds its own words at 1. */
static const struct program *choose_program(void)
{
  const char *path = argument_count > 0 ? arguments[0] : "", *slash = strrchr(path, '/');
  const struct program *program = find_program(slash ? slash + 1 : path);
  if (program)
    return program;
  program = argument_count > 1 ? find_program(arguments[1]) : NULL;
  if (!program)
    return find_program("circusd");
  argument_count--;
  arguments++;
  return program;
}

static JSContext *new_context(JSRuntime *runtime)
{
  JSContext *ctx = JS_NewContextRaw(runtime);
  if (!ctx)
    return NULL;
  JS_AddIntrinsicBaseObjects(ctx);
  JS_AddIntrinsicDate(ctx);
  JS_AddIntrinsicRegExp(ctx);
  JS_AddIntrinsicJSON(ctx);
  JS_AddIntrinsicMapSet(ctx);
  JS_AddIntrinsicTypedArrays(ctx);
  JS_AddIntrinsicPromise(ctx);
  return ctx;
}

int main(int argc, char **argv)
{
  argument_count = argc;
  arguments = argv;
  const struct program *program = choose_program();
  if (!program) {
    fputs("slipway-init: which program?\n", stderr);
    return 64;
  }
  JSRuntime *runtime = JS_NewRuntime();
  JSContext *ctx = runtime ? new_context(runtime) : NULL;
  if (!ctx)
    return 70;
  js_std_init_handlers(runtime);
  js_std_add_helpers(ctx, -1, NULL);
  js_init_module_native(ctx, "native");
  js_std_eval_binary(ctx, program->code, *program->size, 0);
  return 0;
}
