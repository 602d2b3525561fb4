#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "native.h"

#define WITH_PATH(expression) \
  char *path = bytes_from_string(ctx, argv[0], NULL); \
  if (!path) \
    return JS_EXCEPTION; \
  JSValue result = answer(ctx, expression); \
  js_free(ctx, path); \
  return result

#define WITH_TWO_PATHS(expression) \
  char *first = bytes_from_string(ctx, argv[0], NULL), *second = bytes_from_string(ctx, argv[1], NULL); \
  JSValue result = first && second ? answer(ctx, expression) : JS_EXCEPTION; \
  js_free(ctx, first); \
  js_free(ctx, second); \
  return result

#define INT(at) int_argument(ctx, argv[at])

static JSValue stat_path(JSContext *ctx, JSValueConst path_value, int flags)
{
  struct stat st;
  char *path = bytes_from_string(ctx, path_value, NULL);
  if (!path)
    return JS_EXCEPTION;
  int failed = fstatat(AT_FDCWD, path, &st, flags);
  JSValue result = answer(ctx, failed);
  js_free(ctx, path);
  if (failed)
    return result;
  result = JS_NewObject(ctx);
  JS_SetPropertyStr(ctx, result, "mode", JS_NewInt32(ctx, st.st_mode));
  JS_SetPropertyStr(ctx, result, "uid", JS_NewInt64(ctx, st.st_uid));
  JS_SetPropertyStr(ctx, result, "gid", JS_NewInt64(ctx, st.st_gid));
  JS_SetPropertyStr(ctx, result, "size", JS_NewInt64(ctx, st.st_size));
  JS_SetPropertyStr(ctx, result, "mtime", JS_NewInt64(ctx, st.st_mtim.tv_sec));
  JS_SetPropertyStr(ctx, result, "nanoseconds", JS_NewInt64(ctx, st.st_mtim.tv_nsec));
  JS_SetPropertyStr(ctx, result, "dev", JS_NewInt64(ctx, st.st_dev));
  JS_SetPropertyStr(ctx, result, "ino", JS_NewInt64(ctx, st.st_ino));
  return result;
}

JSValue native_lstat(ARGUMENTS)
{
  return stat_path(ctx, argv[0], AT_SYMLINK_NOFOLLOW);
}

JSValue native_stat(ARGUMENTS)
{
  return stat_path(ctx, argv[0], 0);
}

JSValue native_readlink(ARGUMENTS)
{
  char target[4096], *path = bytes_from_string(ctx, argv[0], NULL);
  if (!path)
    return JS_EXCEPTION;
  ssize_t n = readlink(path, target, sizeof target);
  JSValue result = n < 0 ? answer(ctx, n) : string_from_bytes(ctx, target, n);
  js_free(ctx, path);
  return result;
}

JSValue take_names(JSContext *ctx, DIR *dir)
{
  if (!dir)
    return answer(ctx, -1);
  JSValue names = JS_NewArray(ctx);
  uint32_t count = 0;
  for (struct dirent *entry; (entry = readdir(dir));)
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
      JS_SetPropertyUint32(ctx, names, count++, string_from_bytes(ctx, entry->d_name, strlen(entry->d_name)));
  closedir(dir);
  return names;
}

/* readdir(path): the names without . and .., in the file system's order. */
JSValue native_readdir(ARGUMENTS)
{
  char *path = bytes_from_string(ctx, argv[0], NULL);
  if (!path)
    return JS_EXCEPTION;
  DIR *dir = opendir(path);
  js_free(ctx, path);
  return take_names(ctx, dir);
}

JSValue native_mkdir(ARGUMENTS)
{
  WITH_PATH(mkdir(path, INT(1)));
}

JSValue native_unlink(ARGUMENTS)
{
  WITH_PATH(unlink(path));
}

JSValue native_rename(ARGUMENTS)
{
  WITH_TWO_PATHS(rename(first, second));
}

JSValue native_rmdir(ARGUMENTS)
{
  WITH_PATH(rmdir(path));
}

/* symlink(target, path) */
JSValue native_symlink(ARGUMENTS)
{
  WITH_TWO_PATHS(symlink(first, second));
}

/* link(existing, path): of a symbolic link itself, not of what it points at. */
JSValue native_link(ARGUMENTS)
{
  WITH_TWO_PATHS(linkat(AT_FDCWD, first, AT_FDCWD, second, 0));
}

/* mknod(path, type and mode, major, minor) */
JSValue native_mknod(ARGUMENTS)
{
  WITH_PATH(mknod(path, INT(1), makedev(INT(2), INT(3))));
}

JSValue native_lchown(ARGUMENTS)
{
  WITH_PATH(lchown(path, int64_argument(ctx, argv[1]), int64_argument(ctx, argv[2])));
}

JSValue native_chmod(ARGUMENTS)
{
  WITH_PATH(chmod(path, INT(1)));
}

static const struct timespec *times(JSContext *ctx, JSValueConst *argv, struct timespec both[2])
{
  both[0].tv_sec = int64_argument(ctx, argv[1]);
  both[0].tv_nsec = int64_argument(ctx, argv[2]);
  both[1] = both[0];
  return both;
}

/* utimens(path, seconds, nanoseconds): access and modification time, of a symbolic link itself. */
JSValue native_utimens(ARGUMENTS)
{
  struct timespec both[2];
  WITH_PATH(utimensat(AT_FDCWD, path, times(ctx, argv, both), AT_SYMLINK_NOFOLLOW));
}

/* setxattr(path, name, buffer): of a symbolic link itself. */
JSValue native_setxattr(ARGUMENTS)
{
  size_t length;
  uint8_t *value = JS_GetArrayBuffer(ctx, &length, argv[2]);
  if (!value)
    return JS_EXCEPTION;
  WITH_TWO_PATHS(lsetxattr(first, second, value, length, 0));
}

JSValue native_fchown(ARGUMENTS)
{
  return answer(ctx, fchown(INT(0), int64_argument(ctx, argv[1]), int64_argument(ctx, argv[2])));
}

JSValue native_fchmod(ARGUMENTS)
{
  return answer(ctx, fchmod(INT(0), INT(1)));
}

JSValue native_futimens(ARGUMENTS)
{
  struct timespec both[2];
  return answer(ctx, futimens(INT(0), times(ctx, argv, both)));
}
