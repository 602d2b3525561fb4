/* inotify(7): changes in folders. */

#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "native.h"

JSValue native_inotify_init(ARGUMENTS)
{
  return answer(ctx, inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

/* inotifyAdd(inotify, folder, mask): the watch; that of before where this folder has one. */
JSValue native_inotify_add(ARGUMENTS)
{
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", int_argument(ctx, argv[1]));
  return answer(ctx, inotify_add_watch(int_argument(ctx, argv[0]), path, int_argument(ctx, argv[2]) | IN_ONLYDIR));
}

JSValue native_inotify_remove(ARGUMENTS)
{
  return answer(ctx, inotify_rm_watch(int_argument(ctx, argv[0]), int_argument(ctx, argv[1])));
}

/* inotifyRead(inotify): some of what happened, each as watch, mask and name in a row. */
JSValue native_inotify_read(ARGUMENTS)
{
  char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
  ssize_t length = read(int_argument(ctx, argv[0]), buffer, sizeof buffer);
  if (length < 0)
    return answer(ctx, length);
  JSValue events = JS_NewArray(ctx);
  uint32_t count = 0;
  for (char *at = buffer; at < buffer + length;) {
    const struct inotify_event *event = (const struct inotify_event *)at;
    size_t name = 0;
    while (name < event->len && event->name[name])
      name++;
    JS_SetPropertyUint32(ctx, events, count++, JS_NewInt32(ctx, event->wd));
    JS_SetPropertyUint32(ctx, events, count++, JS_NewInt64(ctx, event->mask));
    JS_SetPropertyUint32(ctx, events, count++, string_from_bytes(ctx, event->name, name));
    at += sizeof *event + event->len;
  }
  return events;
}
