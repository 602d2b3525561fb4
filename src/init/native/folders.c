/* Folders that are held open: what is done in them starts at the folder itself, whatever its path leads to meanwhile. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "native.h"

/* openIn(folder, name, flags, mode): never through a symbolic link. */
JSValue native_open_in(ARGUMENTS)
{
  char *name = bytes_from_string(ctx, argv[1], NULL);
  if (!name)
    return JS_EXCEPTION;
  int flags = int_argument(ctx, argv[2]) | O_CLOEXEC | O_NOFOLLOW;
  JSValue result = answer(ctx, openat(int_argument(ctx, argv[0]), name, flags, int_argument(ctx, argv[3])));
  js_free(ctx, name);
  return result;
}

/* listIn(folder): its names, without . and .. */
JSValue native_list_in(ARGUMENTS)
{
  /* Of its own, so that reading it again begins at the first name. */
  int fd = openat(int_argument(ctx, argv[0]), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir(fd);
  return take_names(ctx, dir);
}

/* statIn(folder, name): what lstat(2) tells; of the folder itself where the name is empty. */
JSValue native_stat_in(ARGUMENTS)
{
  struct stat st;
  char *name = bytes_from_string(ctx, argv[1], NULL);
  if (!name)
    return JS_EXCEPTION;
  int failed = fstatat(int_argument(ctx, argv[0]), name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  JSValue result = answer(ctx, failed);
  js_free(ctx, name);
  if (failed)
    return result;
  result = JS_NewObject(ctx);
  JS_SetPropertyStr(ctx, result, "mode", JS_NewInt32(ctx, st.st_mode));
  JS_SetPropertyStr(ctx, result, "uid", JS_NewInt64(ctx, st.st_uid));
  JS_SetPropertyStr(ctx, result, "gid", JS_NewInt64(ctx, st.st_gid));
  JS_SetPropertyStr(ctx, result, "names", JS_NewInt64(ctx, st.st_nlink));
  JS_SetPropertyStr(ctx, result, "dev", JS_NewInt64(ctx, st.st_dev));
  JS_SetPropertyStr(ctx, result, "ino", JS_NewInt64(ctx, st.st_ino));
  return result;
}

static int change(int fd, int64_t dev, int64_t ino, int64_t gid, mode_t mode)
{
  struct stat st;
  char path[64];
  if (fstat(fd, &st) < 0)
    return -1;
  if (st.st_dev != (dev_t)dev || st.st_ino != (ino_t)ino) {
    errno = ESTALE;
    return -1;
  }
  /* The group first: more rights are for the new one only. */
  if (st.st_gid != (gid_t)gid && fchownat(fd, "", -1, gid, AT_EMPTY_PATH) < 0)
    return -1;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (chmod(path, mode) < 0 || fstat(fd, &st) < 0)
    return -1;
  if ((st.st_mode & 07777) != mode) {
    /* The kernel drops set-group-id, without an error, for somebody who is not in the group. */
    errno = EPERM;
    return -1;
  }
  return 0;
}

/* changeIn(folder, name, dev, ino, gid, mode): -ESTALE when the name is another file's by now. */
JSValue native_change_in(ARGUMENTS)
{
  char *name = bytes_from_string(ctx, argv[1], NULL);
  if (!name)
    return JS_EXCEPTION;
  int fd = openat(int_argument(ctx, argv[0]), *name ? name : ".", O_PATH | O_NOFOLLOW | O_CLOEXEC);
  js_free(ctx, name);
  if (fd < 0)
    return answer(ctx, -1);
  JSValue result = answer(ctx, change(fd, int64_argument(ctx, argv[2]), int64_argument(ctx, argv[3]),
                                      int64_argument(ctx, argv[4]), int_argument(ctx, argv[5])));
  close(fd);
  return result;
}
