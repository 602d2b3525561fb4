#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "native.h"

#define MAX_FDS 16
#define MAX_KEPT 64

struct plan {
  char *file;
  char **argv;
  char **env;
  char *cwd;
  int uid;
  int gid;
  gid_t *groups;
  int group_count;
  int fds[MAX_FDS];
  int fd_count;
  int kept[MAX_KEPT];
  int kept_count;
  int64_t limits[2 * RLIM_NLIMITS];
  int limit_count;
  int umask;
  int group_only;
  int terminal;
};

struct failure {
  const char *call;
  int error;
};

static char **string_list(JSContext *ctx, JSValueConst list)
{
  JSValue length = JS_GetPropertyStr(ctx, list, "length");
  int n = int_argument(ctx, length), i;
  JS_FreeValue(ctx, length);
  char **strings = js_mallocz(ctx, (n + 1) * sizeof *strings);
  for (i = 0; strings && i < n; i++) {
    JSValue item = JS_GetPropertyUint32(ctx, list, i);
    strings[i] = bytes_from_string(ctx, item, NULL);
    JS_FreeValue(ctx, item);
  }
  return strings;
}

static void free_strings(JSContext *ctx, char **strings)
{
  for (char **s = strings; s && *s; s++)
    js_free(ctx, *s);
  js_free(ctx, strings);
}

static int int_list(JSContext *ctx, JSValueConst list, int *numbers, int room)
{
  JSValue length = JS_GetPropertyStr(ctx, list, "length");
  int n = int_argument(ctx, length), i;
  JS_FreeValue(ctx, length);
  for (i = 0; i < n && i < room; i++) {
    JSValue item = JS_GetPropertyUint32(ctx, list, i);
    numbers[i] = int_argument(ctx, item);
    JS_FreeValue(ctx, item);
  }
  return i;
}

static int int_property(JSContext *ctx, JSValueConst object, const char *name)
{
  JSValue value = JS_GetPropertyStr(ctx, object, name);
  int number = int_argument(ctx, value);
  JS_FreeValue(ctx, value);
  return number;
}

/* A property that may be left out. */
static int optional_property(JSContext *ctx, JSValueConst object, const char *name, int otherwise)
{
  JSValue value = JS_GetPropertyStr(ctx, object, name);
  int number = JS_IsUndefined(value) ? otherwise : int_argument(ctx, value);
  JS_FreeValue(ctx, value);
  return number;
}

static int int64_list_property(JSContext *ctx, JSValueConst object, const char *name, int64_t *numbers, int room)
{
  JSValue list = JS_GetPropertyStr(ctx, object, name);
  int n = JS_IsUndefined(list) ? 0 : int_property(ctx, list, "length"), i;
  for (i = 0; i < n && i < room; i++) {
    JSValue item = JS_GetPropertyUint32(ctx, list, i);
    numbers[i] = int64_argument(ctx, item);
    JS_FreeValue(ctx, item);
  }
  JS_FreeValue(ctx, list);
  return i;
}

static JSValue array_of_strings(JSContext *ctx, char **strings, int count)
{
  JSValue array = JS_NewArray(ctx);
  for (int i = 0; i < count; i++)
    JS_SetPropertyUint32(ctx, array, i, string_from_bytes(ctx, strings[i], strlen(strings[i])));
  return array;
}

/* args(): the words of the command line, the name of the program first. */
JSValue native_args(ARGUMENTS)
{
  return array_of_strings(ctx, arguments, argument_count);
}

/* environment(): ["NAME=value", ...]. */
JSValue native_environment(ARGUMENTS)
{
  int count = 0;
  while (environ[count])
    count++;
  return array_of_strings(ctx, environ, count);
}

/*
 * exec(file, argv, env, keeps): this process becomes another program, no signal ignored, and none blocked unless `keeps` is 1;
 * answers only when that failed.
 */
JSValue native_exec(ARGUMENTS)
{
  char *file = bytes_from_string(ctx, argv[0], NULL), **words = string_list(ctx, argv[1]), **env = string_list(ctx, argv[2]);
  sigset_t none, before;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, int_argument(ctx, argv[3]) == 1 ? NULL : &none, &before);
  void (*ignored)(int) = signal(SIGPIPE, SIG_DFL);
  if (file && words && env)
    execve(file, words, env);
  int error = errno;
  signal(SIGPIPE, ignored);
  sigprocmask(SIG_SETMASK, &before, NULL);
  js_free(ctx, file);
  free_strings(ctx, words);
  free_strings(ctx, env);
  return JS_NewInt32(ctx, -error);
}

/* runJobs(): carries out what promises wait for. An exception of a job is thrown. */
JSValue native_run_jobs(ARGUMENTS)
{
  JSContext *job;
  int result;
  while ((result = JS_ExecutePendingJob(JS_GetRuntime(ctx), &job)) > 0);
  return result < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

/* The group becomes the terminal's foreground, where there is one; a background group that asks would be stopped. */
static void take_foreground(void)
{
  sigset_t ttou;
  sigemptyset(&ttou);
  sigaddset(&ttou, SIGTTOU);
  sigprocmask(SIG_BLOCK, &ttou, NULL);
  tcsetpgrp(0, getpid());
}

/* No limit at all is more than the kernel allows for descriptors: its own maximum is meant then, as circus does it. */
static int set_limit(int resource, int64_t value)
{
  struct rlimit before, limit = { value < 0 ? RLIM_INFINITY : (rlim_t)value, value < 0 ? RLIM_INFINITY : (rlim_t)value };
  if (resource == RLIMIT_NOFILE && value < 0) {
    if (syscall(SYS_prlimit64, 0, resource, NULL, &before) < 0)
      return -1;
    limit.rlim_cur = limit.rlim_max = before.rlim_max;
  }
  return syscall(SYS_prlimit64, 0, resource, &limit, NULL);
}

/* Runs between vfork and exec in the parent's memory: raw system calls, since the C library's setuid waits for threads. */
static void become(const struct plan *plan, volatile struct failure *failure)
{
  sigset_t none;
  int i, fds[MAX_FDS];

#define TRY(expression, name) \
  do { \
    if ((expression) < 0) { \
      failure->call = name; \
      failure->error = errno; \
      return; \
    } \
  } while (0)

  if (plan->group_only) {
    TRY(setpgid(0, 0), "setpgid");
    take_foreground();
  } else {
    TRY(syscall(SYS_setsid), "setsid");
    /* A shell that starts us in the background lets us ignore SIGINT; a stop signal has to reach our children. */
    for (i = 1; i < NSIG; i++)
      signal(i, SIG_DFL);
  }
  /* First above the range of targets, so that no dup2 hits a source that is still needed. */
  for (i = 0; i < plan->fd_count; i++)
    if (plan->fds[i] >= 0)
      TRY(fds[i] = fcntl(plan->fds[i], F_DUPFD_CLOEXEC, MAX_FDS), "dup");
  for (i = 0; i < plan->fd_count; i++)
    if (plan->fds[i] >= 0)
      TRY(dup2(fds[i], i), "dup2");
  for (i = 0; i < plan->kept_count; i++)
    TRY(fcntl(plan->kept[i], F_SETFD, 0), "keep descriptor");
  if (plan->terminal)
    TRY(ioctl(0, TIOCSCTTY, 0), "controlling terminal");
  if (*plan->cwd)
    TRY(chdir(plan->cwd), "chdir");
  if (plan->umask >= 0)
    syscall(SYS_umask, plan->umask);
  for (i = 0; i < plan->limit_count; i++)
    TRY(set_limit(plan->limits[2 * i], plan->limits[2 * i + 1]), "setrlimit");
  if (plan->uid >= 0)
    TRY(syscall(SYS_setgroups, plan->group_count, plan->groups), "setgroups");
  if (plan->gid >= 0)
    TRY(syscall(SYS_setgid, plan->gid), "setgid");
  if (plan->uid >= 0)
    TRY(syscall(SYS_setuid, plan->uid), "setuid");
  signal(SIGPIPE, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(plan->file, plan->argv, plan->env);
  failure->call = "exec";
  failure->error = errno;
}

/* spawn(plan; its fields are in ../types/native.d.ts): pid, or the call that failed as {call, error}. */
JSValue native_spawn(ARGUMENTS)
{
  struct plan plan = { 0 };
  volatile struct failure failure = { 0 };
  gid_t groups[1024];
  JSValueConst options = argv[0];
  JSValue file = JS_GetPropertyStr(ctx, options, "file"), args = JS_GetPropertyStr(ctx, options, "argv"),
          env = JS_GetPropertyStr(ctx, options, "env"), cwd = JS_GetPropertyStr(ctx, options, "cwd"),
          group_list = JS_GetPropertyStr(ctx, options, "groups"), fd_list = JS_GetPropertyStr(ctx, options, "fds");
  plan.file = bytes_from_string(ctx, file, NULL);
  plan.cwd = bytes_from_string(ctx, cwd, NULL);
  plan.argv = string_list(ctx, args);
  plan.env = string_list(ctx, env);
  plan.uid = int_property(ctx, options, "uid");
  plan.gid = int_property(ctx, options, "gid");
  plan.groups = groups;
  plan.group_count = int_list(ctx, group_list, (int *)groups, 1024);
  plan.fd_count = int_list(ctx, fd_list, plan.fds, MAX_FDS);
  plan.terminal = int_property(ctx, options, "terminal") > 0;
  plan.umask = optional_property(ctx, options, "umask", 022);
  plan.group_only = optional_property(ctx, options, "groupOnly", 0);
  plan.limit_count = int64_list_property(ctx, options, "limits", plan.limits, 2 * RLIM_NLIMITS) / 2;
  int64_t kept[MAX_KEPT];
  plan.kept_count = int64_list_property(ctx, options, "keep", kept, MAX_KEPT);
  for (int i = 0; i < plan.kept_count; i++)
    plan.kept[i] = kept[i];

  pid_t pid = -1;
  if (plan.file && plan.cwd && plan.argv && plan.env) {
    pid = vfork();
    if (pid == 0) {
      become(&plan, &failure);
      _exit(127);
    }
    if (pid < 0) {
      failure.call = "fork";
      failure.error = errno;
    } else if (failure.call) {
      waitpid(pid, NULL, 0);
    }
  }

  js_free(ctx, plan.file);
  js_free(ctx, plan.cwd);
  free_strings(ctx, plan.argv);
  free_strings(ctx, plan.env);
  JS_FreeValue(ctx, file);
  JS_FreeValue(ctx, args);
  JS_FreeValue(ctx, env);
  JS_FreeValue(ctx, cwd);
  JS_FreeValue(ctx, group_list);
  JS_FreeValue(ctx, fd_list);
  if (!failure.call)
    return JS_NewInt32(ctx, pid);
  JSValue result = JS_NewObject(ctx);
  JS_SetPropertyStr(ctx, result, "call", JS_NewString(ctx, failure.call));
  JS_SetPropertyStr(ctx, result, "error", JS_NewInt32(ctx, failure.error));
  return result;
}

/* wait(): {pid, exitCode, signal} of a child that ended, 0 when none did yet, -ECHILD without children. */
JSValue native_wait(ARGUMENTS)
{
  int status;
  pid_t pid = waitpid(-1, &status, WNOHANG);
  if (pid <= 0)
    return answer(ctx, pid);
  JSValue result = JS_NewObject(ctx);
  JS_SetPropertyStr(ctx, result, "pid", JS_NewInt32(ctx, pid));
  JS_SetPropertyStr(ctx, result, "exitCode", JS_NewInt32(ctx, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
  JS_SetPropertyStr(ctx, result, "signal", JS_NewInt32(ctx, WIFSIGNALED(status) ? WTERMSIG(status) : 0));
  return result;
}

JSValue native_kill(ARGUMENTS)
{
  return answer(ctx, kill(int_argument(ctx, argv[0]), int_argument(ctx, argv[1])));
}

/* signalFd([number...]): blocks these signals and makes them readable; SIGPIPE is ignored from now on. */
JSValue native_signal_fd(ARGUMENTS)
{
  int numbers[64], n = int_list(ctx, argv[0], numbers, 64);
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < n; i++)
    sigaddset(&set, numbers[i]);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return answer(ctx, signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

/* QuickJS asks it now and then while it computes. */
static int end_when_told(JSRuntime *runtime, void *opaque)
{
  static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
  sigset_t pending;
  sigpending(&pending);
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    if (sigismember(&pending, ending[i]))
      _exit(128 + ending[i]);
  return 0;
}

/* endWhenTold(on): whether a blocked signal that asks a program to end does so in the midst of a computation. */
JSValue native_end_when_told(ARGUMENTS)
{
  JS_SetInterruptHandler(JS_GetRuntime(ctx), int_argument(ctx, argv[0]) == 1 ? end_when_told : NULL, NULL);
  return JS_UNDEFINED;
}

JSValue native_become_reaper(ARGUMENTS)
{
  return answer(ctx, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

JSValue native_pid(ARGUMENTS)
{
  return JS_NewInt32(ctx, getpid());
}

JSValue native_uid(ARGUMENTS)
{
  return JS_NewInt64(ctx, geteuid());
}

JSValue native_gid(ARGUMENTS)
{
  return JS_NewInt64(ctx, getegid());
}

/* umask(mode): the one before. */
JSValue native_umask(ARGUMENTS)
{
  return JS_NewInt32(ctx, umask(int_argument(ctx, argv[0])));
}

JSValue native_exit(ARGUMENTS)
{
  _exit(int_argument(ctx, argv[0]));
}

/* openPty(rows, columns): [master, slave]. */
JSValue native_open_pty(ARGUMENTS)
{
  struct winsize size = { .ws_row = int_argument(ctx, argv[0]), .ws_col = int_argument(ctx, argv[1]) };
  struct termios mode;
  int unlock = 0, slave = -1, master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0)
    return answer(ctx, -1);
  if (ioctl(master, TIOCSPTLCK, &unlock) < 0 ||
      (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 || ioctl(slave, TIOCSWINSZ, &size) < 0 ||
      tcgetattr(slave, &mode) < 0) {
    int error = errno;
    close(master);
    if (slave >= 0)
      close(slave);
    return JS_NewInt32(ctx, -error);
  }
  /* As every terminal emulator has it: one backspace takes a whole character away. */
  mode.c_iflag |= IUTF8;
  tcsetattr(slave, TCSANOW, &mode);
  JSValue pair = JS_NewArray(ctx);
  JS_SetPropertyUint32(ctx, pair, 0, JS_NewInt32(ctx, master));
  JS_SetPropertyUint32(ctx, pair, 1, JS_NewInt32(ctx, slave));
  return pair;
}

JSValue native_set_window_size(ARGUMENTS)
{
  struct winsize size = { .ws_row = int_argument(ctx, argv[1]), .ws_col = int_argument(ctx, argv[2]) };
  return answer(ctx, ioctl(int_argument(ctx, argv[0]), TIOCSWINSZ, &size));
}

/* terminalState(master): [whether the terminal edits lines itself, its foreground process group]. */
JSValue native_terminal_state(ARGUMENTS)
{
  struct termios mode;
  int group = 0, fd = int_argument(ctx, argv[0]);
  if (tcgetattr(fd, &mode) < 0 || ioctl(fd, TIOCGPGRP, &group) < 0)
    return answer(ctx, -1);
  JSValue state = JS_NewArray(ctx);
  JS_SetPropertyUint32(ctx, state, 0, JS_NewBool(ctx, (mode.c_lflag & ICANON) != 0));
  JS_SetPropertyUint32(ctx, state, 1, JS_NewInt32(ctx, group));
  return state;
}
