#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "native.h"

/* As the terminal was before the first change. */
static struct termios before;
static int changed;

/* setRawTerminal(fd, on): keys come one by one and unseen, Ctrl-C too; output stays as it is. Off: as it was before. */
JSValue native_set_raw_terminal(ARGUMENTS)
{
  int fd = int_argument(ctx, argv[0]);
  if (!changed && tcgetattr(fd, &before) < 0)
    return answer(ctx, -1);
  changed = 1;
  struct termios mode = before;
  if (int_argument(ctx, argv[1])) {
    mode.c_iflag &= ~(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    mode.c_lflag &= ~(ECHO | ICANON | IEXTEN | ISIG);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
  }
  return answer(ctx, tcsetattr(fd, TCSADRAIN, &mode));
}

/* windowSize(fd): [rows, columns] of a terminal, 0 where it does not know; -ENOTTY of anything else. */
JSValue native_window_size(ARGUMENTS)
{
  struct winsize size;
  if (ioctl(int_argument(ctx, argv[0]), TIOCGWINSZ, &size) < 0)
    return answer(ctx, -1);
  JSValue pair = JS_NewArray(ctx);
  JS_SetPropertyUint32(ctx, pair, 0, JS_NewInt32(ctx, size.ws_row));
  JS_SetPropertyUint32(ctx, pair, 1, JS_NewInt32(ctx, size.ws_col));
  return pair;
}
