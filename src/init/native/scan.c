/*
 * scan(skip): what changed on the root file system since the scan before. In C because it looks at every file each time:
 * a tree of 8,000 takes this some milliseconds.
 */

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "native.h"

/* Entries stand in depth-first order, those of a folder sorted by name; `end` is the index behind the last descendant. */
struct entry {
  uint32_t name;
  uint32_t end;
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
  uint32_t mtime_nsec;
  uint32_t ctime_nsec;
  int64_t size;
  int64_t mtime;
  int64_t ctime;
};

struct tree {
  struct entry *entries;
  size_t count, room;
  char *names;
  size_t names_used, names_room;
};

struct walk {
  struct tree *tree;
  char **skip;
  char path[PATH_MAX];
  int out_of_memory;
};

static struct tree last;
static const char *sorting_names;

static void *grow(void *array, size_t *room, size_t wanted, size_t size)
{
  size_t more = *room ? *room : 1024;
  if (wanted <= *room)
    return array;
  while (more < wanted)
    more *= 2;
  array = realloc(array, more * size);
  if (array)
    *room = more;
  return array;
}

static int add_name(struct tree *tree, const char *name, uint32_t *at)
{
  size_t length = strlen(name) + 1;
  char *names = grow(tree->names, &tree->names_room, tree->names_used + length, 1);
  if (!names)
    return 0;
  tree->names = names;
  memcpy(names + tree->names_used, name, length);
  *at = tree->names_used;
  tree->names_used += length;
  return 1;
}

static int by_name(const void *a, const void *b)
{
  return strcmp(sorting_names + ((const struct entry *)a)->name, sorting_names + ((const struct entry *)b)->name);
}

static int has_skipped_child(char **skip, const char *path, size_t length)
{
  for (; *skip; skip++)
    if (!strncmp(*skip, path, length) && !strchr(*skip + length, '/'))
      return 1;
  return 0;
}

static int is_skipped(char **skip, const char *folder, size_t length, const char *name)
{
  for (; *skip; skip++)
    if (!strncmp(*skip, folder, length) && !strcmp(*skip + length, name))
      return 1;
  return 0;
}

static void walk_folder(struct walk *walk, size_t length)
{
  struct tree *tree = walk->tree;
  struct entry *found = NULL;
  size_t count = 0, room = 0;
  DIR *dir = opendir(walk->path);
  if (!dir)
    return;
  /* From here on the path ends in a slash. */
  if (walk->path[length - 1] != '/')
    walk->path[length++] = '/';
  walk->path[length] = 0;
  int careful = has_skipped_child(walk->skip, walk->path, length);

  for (struct dirent *item; (item = readdir(dir));) {
    struct stat st;
    const char *name = item->d_name;
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
      continue;
    if (careful && is_skipped(walk->skip, walk->path, length, name))
      continue;
    if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
      continue;
    struct entry *grown = grow(found, &room, count + 1, sizeof *found);
    if (!grown || !(found = grown, add_name(tree, name, &found[count].name))) {
      walk->out_of_memory = 1;
      break;
    }
    struct entry *entry = &found[count++];
    entry->mode = st.st_mode;
    entry->uid = st.st_uid;
    entry->gid = st.st_gid;
    entry->size = st.st_size;
    entry->mtime = st.st_mtim.tv_sec;
    entry->mtime_nsec = st.st_mtim.tv_nsec;
    entry->ctime = st.st_ctim.tv_sec;
    entry->ctime_nsec = st.st_ctim.tv_nsec;
  }
  closedir(dir);
  sorting_names = tree->names;
  qsort(found, count, sizeof *found, by_name);

  for (size_t i = 0; i < count && !walk->out_of_memory; i++) {
    struct entry *entries = grow(tree->entries, &tree->room, tree->count + 1, sizeof *entries);
    if (!entries) {
      walk->out_of_memory = 1;
      break;
    }
    tree->entries = entries;
    size_t at = tree->count++;
    entries[at] = found[i];
    const char *name = tree->names + found[i].name;
    size_t name_length = strlen(name);
    if (S_ISDIR(found[i].mode) && length + name_length + 2 < sizeof walk->path) {
      memcpy(walk->path + length, name, name_length + 1);
      walk_folder(walk, length + name_length);
    }
    tree->entries[at].end = tree->count;
  }
  free(found);
}

struct report {
  JSContext *ctx;
  JSValue changes;
  uint32_t count;
  const struct tree *before, *after;
  char path[PATH_MAX];
};

static const char *type_name(uint32_t mode)
{
  switch (mode & S_IFMT) {
  case S_IFREG: return "file";
  case S_IFDIR: return "directory";
  case S_IFLNK: return "symlink";
  case S_IFBLK: return "block";
  case S_IFCHR: return "character";
  case S_IFIFO: return "fifo";
  default: return "socket";
  }
}

/* Puts the entry's name behind the folder's path; the length of the whole. */
static size_t set_name(struct report *report, size_t length, const char *name)
{
  size_t n = strlen(name);
  if (length + n + 2 >= sizeof report->path)
    n = 0;
  report->path[length] = '/';
  memcpy(report->path + length + 1, name, n);
  report->path[length + 1 + n] = 0;
  return length + 1 + n;
}

static void add_change(struct report *report, const char *kind, const struct entry *entry, int times_only)
{
  JSContext *ctx = report->ctx;
  JSValue change = JS_NewObject(ctx);
  JS_SetPropertyStr(ctx, change, "kind", JS_NewString(ctx, kind));
  JS_SetPropertyStr(ctx, change, "path", string_from_bytes(ctx, report->path, strlen(report->path)));
  JS_SetPropertyStr(ctx, change, "type", JS_NewString(ctx, type_name(entry->mode)));
  JS_SetPropertyStr(ctx, change, "mode", JS_NewInt32(ctx, entry->mode & 07777));
  JS_SetPropertyStr(ctx, change, "uid", JS_NewInt64(ctx, entry->uid));
  JS_SetPropertyStr(ctx, change, "gid", JS_NewInt64(ctx, entry->gid));
  JS_SetPropertyStr(ctx, change, "size", JS_NewInt64(ctx, entry->size));
  JS_SetPropertyStr(ctx, change, "mtime", JS_NewInt64(ctx, entry->mtime));
  if (S_ISLNK(entry->mode) && *kind != 'r') {
    char target[PATH_MAX];
    ssize_t n = readlink(report->path, target, sizeof target);
    if (n >= 0)
      JS_SetPropertyStr(ctx, change, "target", string_from_bytes(ctx, target, n));
  }
  if (times_only)
    JS_SetPropertyStr(ctx, change, "timesOnly", JS_TRUE);
  JS_SetPropertyUint32(ctx, report->changes, report->count++, change);
}

static void add_all(struct report *report, size_t from, size_t to, size_t length)
{
  const struct tree *tree = report->after;
  for (size_t i = from; i < to; i = tree->entries[i].end) {
    const struct entry *entry = &tree->entries[i];
    size_t n = set_name(report, length, tree->names + entry->name);
    add_change(report, "added", entry, 0);
    add_all(report, i + 1, entry->end, n);
  }
}

static void compare(struct report *report, size_t a, size_t a_end, size_t b, size_t b_end, size_t length)
{
  const struct tree *before = report->before, *after = report->after;
  while (a < a_end || b < b_end) {
    const struct entry *old = a < a_end ? &before->entries[a] : NULL, *new = b < b_end ? &after->entries[b] : NULL;
    int order = !old ? 1 : !new ? -1 : strcmp(before->names + old->name, after->names + new->name);
    if (order < 0) {
      set_name(report, length, before->names + old->name);
      add_change(report, "removed", old, 0);
      a = old->end;
      continue;
    }
    size_t n = set_name(report, length, after->names + new->name);
    if (order > 0) {
      add_change(report, "added", new, 0);
      add_all(report, b + 1, new->end, n);
      b = new->end;
      continue;
    }
    int kept = old->mode == new->mode && old->uid == new->uid && old->gid == new->gid;
    int times = old->mtime != new->mtime || old->mtime_nsec != new->mtime_nsec;
    if (S_ISDIR(new->mode)) {
      if (!kept || times)
        add_change(report, "changed", new, kept);
    } else if (!kept || times || old->size != new->size || old->ctime != new->ctime || old->ctime_nsec != new->ctime_nsec) {
      add_change(report, "changed", new, 0);
    }
    if (S_ISDIR(old->mode) && S_ISDIR(new->mode))
      compare(report, a + 1, old->end, b + 1, new->end, n);
    else
      add_all(report, b + 1, new->end, n);
    a = old->end;
    b = new->end;
  }
}

static void free_tree(struct tree *tree)
{
  free(tree->entries);
  free(tree->names);
  memset(tree, 0, sizeof *tree);
}

/* scan([path…]): these and what is below them is left out. Undefined the first time. */
JSValue native_scan(ARGUMENTS)
{
  static struct walk walk;
  struct tree now = { 0 };
  JSValue length = JS_GetPropertyStr(ctx, argv[0], "length");
  int skips = int_argument(ctx, length), i;
  JS_FreeValue(ctx, length);
  walk.skip = js_mallocz(ctx, (skips + 1) * sizeof *walk.skip);
  for (i = 0; walk.skip && i < skips; i++) {
    JSValue item = JS_GetPropertyUint32(ctx, argv[0], i);
    walk.skip[i] = bytes_from_string(ctx, item, NULL);
    JS_FreeValue(ctx, item);
  }
  walk.tree = &now;
  walk.out_of_memory = !walk.skip;
  strcpy(walk.path, "/");
  if (walk.skip)
    walk_folder(&walk, 1);
  for (i = 0; walk.skip && i < skips; i++)
    js_free(ctx, walk.skip[i]);
  js_free(ctx, walk.skip);
  if (walk.out_of_memory) {
    free_tree(&now);
    return JS_ThrowOutOfMemory(ctx);
  }

  JSValue result = JS_UNDEFINED;
  if (last.entries) {
    static struct report report;
    report.ctx = ctx;
    report.changes = JS_NewArray(ctx);
    report.count = 0;
    report.before = &last;
    report.after = &now;
    compare(&report, 0, last.count, 0, now.count, 0);
    result = report.changes;
  }
  free_tree(&last);
  last = now;
  return result;
}
