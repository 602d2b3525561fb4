#include <errno.h>
#include <time.h>
#include "libregexp.h"
#include "native.h"

static int64_t milliseconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_over(JSRuntime *runtime, void *deadline)
{
  return milliseconds_now() >= *(int64_t *)deadline;
}

/*
 * matchPattern(pattern, buffer of UTF-16 units, their count, milliseconds): 1 or 0; -EINVAL of no regular expression, -ETIMEDOUT.
 * QuickJS's own RegExp has no end to its backtracking, and ending it from outside ends the program.
 */
JSValue native_match_pattern(ARGUMENTS)
{
  size_t length, size;
  char message[64];
  int code_length, result = -1;
  uint8_t *text = JS_GetArrayBuffer(ctx, &size, argv[1]);
  int64_t units = int64_argument(ctx, argv[2]), deadline = milliseconds_now() + int64_argument(ctx, argv[3]);
  if (!text)
    return JS_EXCEPTION;
  if (units < 0 || units > (int64_t)size / 2)
    return JS_ThrowRangeError(ctx, "outside of the buffer");
  /* Surrogates apart, as the text has them. */
  const char *pattern = JS_ToCStringLen2(ctx, &length, argv[0], 1);
  if (!pattern)
    return JS_EXCEPTION;
  uint8_t *code = lre_compile(&code_length, message, sizeof message, pattern, length, 0, ctx);
  JS_FreeCString(ctx, pattern);
  errno = EINVAL;
  if (code) {
    uint8_t **capture = js_malloc(ctx, lre_get_capture_count(code) * 2 * sizeof *capture);
    if (capture) {
      JS_SetInterruptHandler(JS_GetRuntime(ctx), is_over, &deadline);
      result = lre_exec(capture, code, text, 0, units, 1, ctx);
      JS_SetInterruptHandler(JS_GetRuntime(ctx), NULL, NULL);
      errno = result == LRE_RET_TIMEOUT ? ETIMEDOUT : ENOMEM;
    }
    js_free(ctx, capture);
    js_free(ctx, code);
  }
  return answer(ctx, result);
}
