#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "native.h"

/* Bounds-checked part of an ArrayBuffer: (buffer, offset, length) at argv[at]. */
static uint8_t *buffer_argument(JSContext *ctx, JSValueConst *argv, int at, size_t *length)
{
  size_t size;
  uint8_t *bytes = JS_GetArrayBuffer(ctx, &size, argv[at]);
  int64_t offset = int64_argument(ctx, argv[at + 1]), count = int64_argument(ctx, argv[at + 2]);
  if (!bytes)
    return NULL;
  if (offset < 0 || count < 0 || offset > (int64_t)size || count > (int64_t)size - offset) {
    JS_ThrowRangeError(ctx, "outside of the buffer");
    return NULL;
  }
  *length = count;
  return bytes + offset;
}

/* poll(buffer of struct pollfd, count, milliseconds; -1 waits for ever): how many are ready; 0 also after a signal. */
JSValue native_poll(ARGUMENTS)
{
  size_t size;
  uint8_t *bytes = JS_GetArrayBuffer(ctx, &size, argv[0]);
  int count = int_argument(ctx, argv[1]);
  if (!bytes)
    return JS_EXCEPTION;
  if (count < 0 || count * sizeof(struct pollfd) > size)
    return JS_ThrowRangeError(ctx, "outside of the buffer");
  int ready = poll((struct pollfd *)bytes, count, int_argument(ctx, argv[2]));
  return ready < 0 && errno == EINTR ? JS_NewInt32(ctx, 0) : answer(ctx, ready);
}

/* Milliseconds of a clock that nobody sets. */
JSValue native_now(ARGUMENTS)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return JS_NewFloat64(ctx, now.tv_sec * 1e3 + now.tv_nsec / 1e6);
}

JSValue native_pipe(ARGUMENTS)
{
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0)
    return answer(ctx, -1);
  JSValue pair = JS_NewArray(ctx);
  JS_SetPropertyUint32(ctx, pair, 0, JS_NewInt32(ctx, fds[0]));
  JS_SetPropertyUint32(ctx, pair, 1, JS_NewInt32(ctx, fds[1]));
  return pair;
}

JSValue native_set_nonblocking(ARGUMENTS)
{
  int fd = int_argument(ctx, argv[0]), flags = fcntl(fd, F_GETFL);
  return answer(ctx, flags < 0 ? flags : fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

JSValue native_set_blocking(ARGUMENTS)
{
  int fd = int_argument(ctx, argv[0]), flags = fcntl(fd, F_GETFL);
  return answer(ctx, flags < 0 ? flags : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

JSValue native_set_pipe_size(ARGUMENTS)
{
  return answer(ctx, fcntl(int_argument(ctx, argv[0]), F_SETPIPE_SZ, int_argument(ctx, argv[1])));
}

JSValue native_read(ARGUMENTS)
{
  size_t length;
  uint8_t *bytes = buffer_argument(ctx, argv, 1, &length);
  if (!bytes)
    return JS_EXCEPTION;
  ssize_t n;
  while ((n = read(int_argument(ctx, argv[0]), bytes, length)) < 0 && errno == EINTR);
  return answer(ctx, n);
}

JSValue native_write(ARGUMENTS)
{
  size_t length;
  uint8_t *bytes = buffer_argument(ctx, argv, 1, &length);
  if (!bytes)
    return JS_EXCEPTION;
  ssize_t n;
  while ((n = write(int_argument(ctx, argv[0]), bytes, length)) < 0 && errno == EINTR);
  return answer(ctx, n);
}

static void ignore_alarm(int signal)
{
  (void)signal;
}

/*
 * writeBriefly(fd, buffer, offset, length): as write, for a descriptor that others share, so that O_NONBLOCK must stay off. -EAGAIN
 * where it would wait: poll told so, or a timer interrupted the call since another writer was faster.
 */
JSValue native_write_briefly(ARGUMENTS)
{
  size_t length;
  uint8_t *bytes = buffer_argument(ctx, argv, 1, &length);
  if (!bytes)
    return JS_EXCEPTION;
  int fd = int_argument(ctx, argv[0]);
  struct pollfd ready = { .fd = fd, .events = POLLOUT };
  if (poll(&ready, 1, 0) < 1)
    return JS_NewInt32(ctx, -EAGAIN);
  static int is_prepared;
  struct sigaction action = { .sa_handler = ignore_alarm };
  struct itimerval soon = { .it_value.tv_usec = 20000, .it_interval.tv_usec = 20000 }, never = { 0 };
  if (!is_prepared)
    is_prepared = sigaction(SIGALRM, &action, NULL) == 0;
  setitimer(ITIMER_REAL, &soon, NULL);
  ssize_t n = write(fd, bytes, length);
  int error = errno == EINTR ? EAGAIN : errno;
  setitimer(ITIMER_REAL, &never, NULL);
  errno = error;
  return answer(ctx, n);
}

/* duplicate(fd, lowest): another descriptor of the same, not below `lowest`. */
JSValue native_duplicate(ARGUMENTS)
{
  return answer(ctx, fcntl(int_argument(ctx, argv[0]), F_DUPFD_CLOEXEC, int_argument(ctx, argv[1])));
}

JSValue native_open(ARGUMENTS)
{
  char *path = bytes_from_string(ctx, argv[0], NULL);
  if (!path)
    return JS_EXCEPTION;
  JSValue result = answer(ctx, open(path, int_argument(ctx, argv[1]) | O_CLOEXEC, int_argument(ctx, argv[2])));
  js_free(ctx, path);
  return result;
}

JSValue native_close(ARGUMENTS)
{
  return answer(ctx, close(int_argument(ctx, argv[0])));
}

/*
 * decorateLines(input, offset, length, prefix, end, skipsEmpty, output): puts `prefix` before and `end` in place of the newline after
 * as many lines as the output has room for: [bytes taken, bytes written].
 */
JSValue native_decorate_lines(ARGUMENTS)
{
  size_t length, prefix_length, end_length, room, at = 0, written = 0;
  uint8_t *in = buffer_argument(ctx, argv, 0, &length);
  uint8_t *prefix = in ? JS_GetArrayBuffer(ctx, &prefix_length, argv[3]) : NULL;
  uint8_t *end = prefix ? JS_GetArrayBuffer(ctx, &end_length, argv[4]) : NULL;
  uint8_t *out = end ? JS_GetArrayBuffer(ctx, &room, argv[6]) : NULL;
  int skips = JS_ToBool(ctx, argv[5]);
  if (!out)
    return JS_EXCEPTION;
  while (at < length) {
    uint8_t *newline = memchr(in + at, '\n', length - at);
    size_t line = newline ? (size_t)(newline - (in + at)) : length - at;
    if (line > 0 || !skips) {
      if (prefix_length + line + end_length > room - written)
        break;
      memcpy(out + written, prefix, prefix_length);
      memcpy(out + written + prefix_length, in + at, line);
      memcpy(out + written + prefix_length + line, end, end_length);
      written += prefix_length + line + end_length;
    }
    at += line + (newline != NULL);
  }
  JSValue pair = JS_NewArray(ctx);
  JS_SetPropertyUint32(ctx, pair, 0, JS_NewInt64(ctx, at));
  JS_SetPropertyUint32(ctx, pair, 1, JS_NewInt64(ctx, written));
  return pair;
}

/* encode(string): an ArrayBuffer of its UTF-8. */
JSValue native_encode(ARGUMENTS)
{
  size_t length;
  char *bytes = bytes_from_string(ctx, argv[0], &length);
  if (!bytes)
    return JS_EXCEPTION;
  JSValue buffer = JS_NewArrayBufferCopy(ctx, (uint8_t *)bytes, length);
  js_free(ctx, bytes);
  return buffer;
}

/* decode(buffer, offset, length): the string. */
JSValue native_decode(ARGUMENTS)
{
  size_t length;
  uint8_t *bytes = buffer_argument(ctx, argv, 0, &length);
  return bytes ? string_from_bytes(ctx, (char *)bytes, length) : JS_EXCEPTION;
}
