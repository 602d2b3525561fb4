/* The module `native`: what QuickJS's own `os` lacks, one function per system call. Its types are in ../types/native.d.ts. */

#include <errno.h>
#include <string.h>
#include "native.h"

JSValue string_from_bytes(JSContext *ctx, const char *bytes, size_t length)
{
  const unsigned char *in = (const unsigned char *)bytes;
  size_t i;
  for (i = 0; i < length && in[i] < 0x80; i++);
  if (i == length)
    return JS_NewStringLen(ctx, bytes, length);

  /* QuickJS reads three-byte sequences of surrogates as such: write each stray byte as one. */
  unsigned char *out = js_malloc(ctx, length * 3), *o = out;
  if (!out)
    return JS_EXCEPTION;
  for (i = 0; i < length;) {
    unsigned char c = in[i];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    size_t k;
    for (k = 1; k < n && i + k < length && (in[i + k] & 0xc0) == 0x80; k++);
    int valid = n && k == n;
    if (valid && n == 3)
      valid = !(c == 0xe0 && in[i + 1] < 0xa0) && !(c == 0xed && in[i + 1] >= 0xa0);
    if (valid && n == 4)
      valid = !(c == 0xf0 && in[i + 1] < 0x90) && !(c == 0xf4 && in[i + 1] >= 0x90);
    if (valid) {
      memcpy(o, in + i, n);
      o += n;
      i += n;
    } else {
      *o++ = 0xed;
      *o++ = 0xb0 | (c >> 6);
      *o++ = 0x80 | (c & 0x3f);
      i++;
    }
  }
  JSValue value = JS_NewStringLen(ctx, (char *)out, o - out);
  js_free(ctx, out);
  return value;
}

char *bytes_from_string(JSContext *ctx, JSValueConst value, size_t *length)
{
  size_t n, i;
  const char *text = JS_ToCStringLen(ctx, &n, value);
  if (!text)
    return NULL;
  char *bytes = js_malloc(ctx, n + 1), *o = bytes;
  if (bytes) {
    for (i = 0; i < n; i++) {
      const unsigned char *in = (const unsigned char *)text + i;
      if (in[0] == 0xed && i + 2 < n && (in[1] & 0xfe) == 0xb2) {
        *o++ = (in[1] & 3) << 6 | (in[2] & 0x3f);
        i += 2;
      } else {
        *o++ = text[i];
      }
    }
    *o = 0;
    if (length)
      *length = o - bytes;
  }
  JS_FreeCString(ctx, text);
  return bytes;
}

int32_t int_argument(JSContext *ctx, JSValueConst value)
{
  int32_t number = -1;
  JS_ToInt32(ctx, &number, value);
  return number;
}

int64_t int64_argument(JSContext *ctx, JSValueConst value)
{
  int64_t number = -1;
  JS_ToInt64(ctx, &number, value);
  return number;
}

JSValue answer(JSContext *ctx, int64_t result)
{
  return JS_NewInt64(ctx, result < 0 ? -errno : result);
}

static const JSCFunctionListEntry functions[] = {
  JS_CFUNC_DEF("args", 0, native_args),
  JS_CFUNC_DEF("environment", 0, native_environment),
  JS_CFUNC_DEF("exec", 4, native_exec),
  JS_CFUNC_DEF("runJobs", 0, native_run_jobs),
  JS_CFUNC_DEF("spawn", 1, native_spawn),
  JS_CFUNC_DEF("wait", 0, native_wait),
  JS_CFUNC_DEF("kill", 2, native_kill),
  JS_CFUNC_DEF("signalFd", 1, native_signal_fd),
  JS_CFUNC_DEF("endWhenTold", 1, native_end_when_told),
  JS_CFUNC_DEF("becomeReaper", 0, native_become_reaper),
  JS_CFUNC_DEF("pid", 0, native_pid),
  JS_CFUNC_DEF("uid", 0, native_uid),
  JS_CFUNC_DEF("umask", 1, native_umask),
  JS_CFUNC_DEF("gid", 0, native_gid),
  JS_CFUNC_DEF("exit", 1, native_exit),
  JS_CFUNC_DEF("openPty", 2, native_open_pty),
  JS_CFUNC_DEF("setWindowSize", 3, native_set_window_size),
  JS_CFUNC_DEF("terminalState", 1, native_terminal_state),
  JS_CFUNC_DEF("poll", 3, native_poll),
  JS_CFUNC_DEF("now", 0, native_now),
  JS_CFUNC_DEF("pipe", 0, native_pipe),
  JS_CFUNC_DEF("setNonblocking", 1, native_set_nonblocking),
  JS_CFUNC_DEF("setBlocking", 1, native_set_blocking),
  JS_CFUNC_DEF("setPipeSize", 2, native_set_pipe_size),
  JS_CFUNC_DEF("read", 4, native_read),
  JS_CFUNC_DEF("write", 4, native_write),
  JS_CFUNC_DEF("writeBriefly", 4, native_write_briefly),
  JS_CFUNC_DEF("duplicate", 2, native_duplicate),
  JS_CFUNC_DEF("open", 3, native_open),
  JS_CFUNC_DEF("close", 1, native_close),
  JS_CFUNC_DEF("decorateLines", 7, native_decorate_lines),
  JS_CFUNC_DEF("encode", 1, native_encode),
  JS_CFUNC_DEF("decode", 3, native_decode),
  JS_CFUNC_DEF("lstat", 1, native_lstat),
  JS_CFUNC_DEF("stat", 1, native_stat),
  JS_CFUNC_DEF("readlink", 1, native_readlink),
  JS_CFUNC_DEF("readdir", 1, native_readdir),
  JS_CFUNC_DEF("mkdir", 2, native_mkdir),
  JS_CFUNC_DEF("unlink", 1, native_unlink),
  JS_CFUNC_DEF("rename", 2, native_rename),
  JS_CFUNC_DEF("rmdir", 1, native_rmdir),
  JS_CFUNC_DEF("symlink", 2, native_symlink),
  JS_CFUNC_DEF("link", 2, native_link),
  JS_CFUNC_DEF("mknod", 4, native_mknod),
  JS_CFUNC_DEF("lchown", 3, native_lchown),
  JS_CFUNC_DEF("chmod", 2, native_chmod),
  JS_CFUNC_DEF("utimens", 3, native_utimens),
  JS_CFUNC_DEF("setxattr", 3, native_setxattr),
  JS_CFUNC_DEF("fchown", 3, native_fchown),
  JS_CFUNC_DEF("fchmod", 2, native_fchmod),
  JS_CFUNC_DEF("futimens", 3, native_futimens),
  JS_CFUNC_DEF("socket", 2, native_socket),
  JS_CFUNC_DEF("bindUnix", 3, native_bind_unix),
  JS_CFUNC_DEF("bindInternet", 3, native_bind_internet),
  JS_CFUNC_DEF("connectUnix", 2, native_connect_unix),
  JS_CFUNC_DEF("connectInternet", 3, native_connect_internet),
  JS_CFUNC_DEF("listen", 2, native_listen),
  JS_CFUNC_DEF("accept", 1, native_accept),
  JS_CFUNC_DEF("socketError", 1, native_socket_error),
  JS_CFUNC_DEF("reuseAddress", 1, native_reuse_address),
  JS_CFUNC_DEF("reusePort", 1, native_reuse_port),
  JS_CFUNC_DEF("bindToDevice", 2, native_bind_to_device),
  JS_CFUNC_DEF("peerCredentials", 1, native_peer_credentials),
  JS_CFUNC_DEF("localAddress", 1, native_local_address),
  JS_CFUNC_DEF("resolve", 2, native_resolve),
  JS_CFUNC_DEF("matchPattern", 4, native_match_pattern),
  JS_CFUNC_DEF("openIn", 4, native_open_in),
  JS_CFUNC_DEF("listIn", 1, native_list_in),
  JS_CFUNC_DEF("statIn", 2, native_stat_in),
  JS_CFUNC_DEF("changeIn", 6, native_change_in),
  JS_CFUNC_DEF("inotifyInit", 0, native_inotify_init),
  JS_CFUNC_DEF("inotifyAdd", 3, native_inotify_add),
  JS_CFUNC_DEF("inotifyRemove", 2, native_inotify_remove),
  JS_CFUNC_DEF("inotifyRead", 1, native_inotify_read),
  JS_CFUNC_DEF("setRawTerminal", 2, native_set_raw_terminal),
  JS_CFUNC_DEF("windowSize", 1, native_window_size),
  JS_CFUNC_DEF("digestText", 1, native_digest_text),
  JS_CFUNC_DEF("digestFile", 1, native_digest_file),
  JS_CFUNC_DEF("scan", 1, native_scan),
  JS_CFUNC_DEF("findLink", 0, native_find_link),
};

static int initialise(JSContext *ctx, JSModuleDef *module)
{
  return JS_SetModuleExportList(ctx, module, functions, sizeof functions / sizeof *functions);
}

JSModuleDef *js_init_module_native(JSContext *ctx, const char *name)
{
  JSModuleDef *module = JS_NewCModule(ctx, name, initialise);
  if (module)
    JS_AddModuleExportList(ctx, module, functions, sizeof functions / sizeof *functions);
  return module;
}
