/*
 * findLink(): whether a file that has several names was made, or given one of them, since this program started. Layers
 * below a container's own are older. Only folders that changed since then can hold such a name.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "native.h"

static struct timespec started;

/* As file systems take their times. */
__attribute__((constructor)) static void note_start(void)
{
  clock_gettime(CLOCK_REALTIME_COARSE, &started);
}

static int is_new(const struct stat *st)
{
  return st->st_ctim.tv_sec > started.tv_sec ||
         (st->st_ctim.tv_sec == started.tv_sec && st->st_ctim.tv_nsec >= started.tv_nsec);
}

/* Takes the descriptor. What is mounted below is no part of the image. */
static int has_link(int fd, dev_t device)
{
  struct stat folder;
  DIR *dir = fstat(fd, &folder) || folder.st_dev != device ? NULL : fdopendir(fd);
  int found = 0;
  if (!dir) {
    close(fd);
    return 0;
  }
  int changed = is_new(&folder);
  for (struct dirent *item; !found && (item = readdir(dir));) {
    struct stat st;
    const char *name = item->d_name;
    int type = item->d_type;
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
      continue;
    if (changed || type == DT_UNKNOWN) {
      if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
        continue;
      if (S_ISDIR(st.st_mode))
        type = DT_DIR;
      else if (changed && st.st_nlink > 1 && is_new(&st))
        found = 1;
    }
    if (type == DT_DIR && !found) {
      int below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (below >= 0)
        found = has_link(below, device);
    }
  }
  closedir(dir);
  return found;
}

JSValue native_find_link(ARGUMENTS)
{
  struct stat root;
  int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &root))
    return answer(ctx, -1);
  return JS_NewBool(ctx, has_link(fd, root.st_dev));
}
