#ifndef SLIPWAY_NATIVE_H
#define SLIPWAY_NATIVE_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include "quickjs.h"

/* Every function answers a number >= 0 or an object; a failed system call is the negative errno. */

#define ARGUMENTS JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv

/* Strings of paths carry bytes that are no UTF-8 as U+DC80..U+DCFF, so that every file name survives a round trip. */
JSValue string_from_bytes(JSContext *ctx, const char *bytes, size_t length);
/* NULL when an exception is pending; free with js_free. Takes an embedded NUL as the end. */
char *bytes_from_string(JSContext *ctx, JSValueConst value, size_t *length);

int32_t int_argument(JSContext *ctx, JSValueConst value);
int64_t int64_argument(JSContext *ctx, JSValueConst value);
JSValue answer(JSContext *ctx, int64_t result);
/* The names in a folder without . and .., as an array; closes it. For NULL, what errno says. */
JSValue take_names(JSContext *ctx, DIR *dir);

JSModuleDef *js_init_module_native(JSContext *ctx, const char *name);

/* The words of the command line, from the program's own name on. */
extern int argument_count;
extern char **arguments;

JSValue native_args(ARGUMENTS);
JSValue native_environment(ARGUMENTS);
JSValue native_exec(ARGUMENTS);
JSValue native_run_jobs(ARGUMENTS);

JSValue native_spawn(ARGUMENTS);
JSValue native_wait(ARGUMENTS);
JSValue native_kill(ARGUMENTS);
JSValue native_signal_fd(ARGUMENTS);
JSValue native_end_when_told(ARGUMENTS);
JSValue native_become_reaper(ARGUMENTS);
JSValue native_pid(ARGUMENTS);
JSValue native_uid(ARGUMENTS);
JSValue native_umask(ARGUMENTS);
JSValue native_gid(ARGUMENTS);
JSValue native_exit(ARGUMENTS);
JSValue native_open_pty(ARGUMENTS);
JSValue native_set_window_size(ARGUMENTS);
JSValue native_terminal_state(ARGUMENTS);

JSValue native_poll(ARGUMENTS);
JSValue native_now(ARGUMENTS);
JSValue native_pipe(ARGUMENTS);
JSValue native_set_nonblocking(ARGUMENTS);
JSValue native_set_blocking(ARGUMENTS);
JSValue native_set_pipe_size(ARGUMENTS);
JSValue native_read(ARGUMENTS);
JSValue native_write(ARGUMENTS);
JSValue native_write_briefly(ARGUMENTS);
JSValue native_duplicate(ARGUMENTS);
JSValue native_open(ARGUMENTS);
JSValue native_close(ARGUMENTS);
JSValue native_decorate_lines(ARGUMENTS);
JSValue native_encode(ARGUMENTS);
JSValue native_decode(ARGUMENTS);

JSValue native_lstat(ARGUMENTS);
JSValue native_stat(ARGUMENTS);
JSValue native_readlink(ARGUMENTS);
JSValue native_readdir(ARGUMENTS);
JSValue native_mkdir(ARGUMENTS);
JSValue native_unlink(ARGUMENTS);
JSValue native_rename(ARGUMENTS);
JSValue native_rmdir(ARGUMENTS);
JSValue native_symlink(ARGUMENTS);
JSValue native_link(ARGUMENTS);
JSValue native_mknod(ARGUMENTS);
JSValue native_lchown(ARGUMENTS);
JSValue native_chmod(ARGUMENTS);
JSValue native_utimens(ARGUMENTS);
JSValue native_setxattr(ARGUMENTS);
JSValue native_fchown(ARGUMENTS);
JSValue native_fchmod(ARGUMENTS);
JSValue native_futimens(ARGUMENTS);

JSValue native_socket(ARGUMENTS);
JSValue native_bind_unix(ARGUMENTS);
JSValue native_bind_internet(ARGUMENTS);
JSValue native_connect_unix(ARGUMENTS);
JSValue native_connect_internet(ARGUMENTS);
JSValue native_listen(ARGUMENTS);
JSValue native_accept(ARGUMENTS);
JSValue native_socket_error(ARGUMENTS);
JSValue native_reuse_address(ARGUMENTS);
JSValue native_reuse_port(ARGUMENTS);
JSValue native_bind_to_device(ARGUMENTS);
JSValue native_peer_credentials(ARGUMENTS);
JSValue native_local_address(ARGUMENTS);
JSValue native_resolve(ARGUMENTS);

JSValue native_match_pattern(ARGUMENTS);
JSValue native_open_in(ARGUMENTS);
JSValue native_list_in(ARGUMENTS);
JSValue native_stat_in(ARGUMENTS);
JSValue native_change_in(ARGUMENTS);

JSValue native_inotify_init(ARGUMENTS);
JSValue native_inotify_add(ARGUMENTS);
JSValue native_inotify_remove(ARGUMENTS);
JSValue native_inotify_read(ARGUMENTS);

JSValue native_set_raw_terminal(ARGUMENTS);
JSValue native_window_size(ARGUMENTS);
JSValue native_digest_text(ARGUMENTS);
JSValue native_digest_file(ARGUMENTS);

JSValue native_scan(ARGUMENTS);
JSValue native_find_link(ARGUMENTS);

#endif
