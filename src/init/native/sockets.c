#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "native.h"

struct address {
  union {
    struct sockaddr any;
    struct sockaddr_un local;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
  };
  socklen_t length;
};

/* Descriptors of this module are non-blocking and closed by exec. */
#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

/* socket(family, type): "unix", "inet" or "inet6"; "stream" or "datagram". */
JSValue native_socket(ARGUMENTS)
{
  const char *family = JS_ToCString(ctx, argv[0]), *type = JS_ToCString(ctx, argv[1]);
  int result = -1;
  if (family && type) {
    int domain = strcmp(family, "unix") == 0 ? AF_UNIX : strcmp(family, "inet6") == 0 ? AF_INET6 : AF_INET;
    result = socket(domain, (strcmp(type, "datagram") == 0 ? SOCK_DGRAM : SOCK_STREAM) | TYPE_FLAGS, 0);
  }
  JSValue value = answer(ctx, result);
  JS_FreeCString(ctx, family);
  JS_FreeCString(ctx, type);
  return value;
}

/* 0, or -1 with errno: a unix socket's path has room for 107 bytes. */
static int local_address(JSContext *ctx, JSValueConst path, struct address *address)
{
  size_t length;
  char *bytes = bytes_from_string(ctx, path, &length);
  if (!bytes)
    return -1;
  memset(address, 0, sizeof *address);
  address->local.sun_family = AF_UNIX;
  int fits = length < sizeof address->local.sun_path;
  if (fits)
    memcpy(address->local.sun_path, bytes, length);
  else
    errno = ENAMETOOLONG;
  /* An abstract name begins with 0 and has no other end than its length. */
  address->length = offsetof(struct sockaddr_un, sun_path) + length + (length == 0 || bytes[0] != 0);
  js_free(ctx, bytes);
  return fits ? 0 : -1;
}

/* Of a numeric host, with `%interface` behind it where IPv6 needs one. */
static int internet_address(JSContext *ctx, JSValueConst host, JSValueConst port, struct address *address)
{
  const char *text = JS_ToCString(ctx, host);
  struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *found = NULL;
  int error = text ? getaddrinfo(text, NULL, &hints, &found) : EAI_NONAME;
  JS_FreeCString(ctx, text);
  if (error) {
    errno = EINVAL;
    return -1;
  }
  memset(address, 0, sizeof *address);
  memcpy(&address->any, found->ai_addr, found->ai_addrlen);
  address->length = found->ai_addrlen;
  /* The port is at the same place in both families. */
  address->ip4.sin_port = htons(int_argument(ctx, port));
  freeaddrinfo(found);
  return 0;
}

/* bindUnix(fd, path, mode): the socket's file has its mode from the first moment, whatever the umask is. */
JSValue native_bind_unix(ARGUMENTS)
{
  struct address address;
  if (local_address(ctx, argv[1], &address) < 0)
    return answer(ctx, -1);
  mode_t before = umask(~int_argument(ctx, argv[2]) & 0777);
  int result = bind(int_argument(ctx, argv[0]), &address.any, address.length), error = errno;
  umask(before);
  errno = error;
  return answer(ctx, result);
}

JSValue native_bind_internet(ARGUMENTS)
{
  struct address address;
  int failed = internet_address(ctx, argv[1], argv[2], &address);
  return answer(ctx, failed ? failed : bind(int_argument(ctx, argv[0]), &address.any, address.length));
}

/* -EINPROGRESS: writable when it is done; socketError tells how it went. */
JSValue native_connect_unix(ARGUMENTS)
{
  struct address address;
  int failed = local_address(ctx, argv[1], &address);
  return answer(ctx, failed ? failed : connect(int_argument(ctx, argv[0]), &address.any, address.length));
}

JSValue native_connect_internet(ARGUMENTS)
{
  struct address address;
  int failed = internet_address(ctx, argv[1], argv[2], &address);
  return answer(ctx, failed ? failed : connect(int_argument(ctx, argv[0]), &address.any, address.length));
}

JSValue native_listen(ARGUMENTS)
{
  return answer(ctx, listen(int_argument(ctx, argv[0]), int_argument(ctx, argv[1])));
}

JSValue native_accept(ARGUMENTS)
{
  return answer(ctx, accept4(int_argument(ctx, argv[0]), NULL, NULL, TYPE_FLAGS));
}

/* socketError(fd): the errno that waits, negative as of all calls; 0 without one. */
JSValue native_socket_error(ARGUMENTS)
{
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(int_argument(ctx, argv[0]), SOL_SOCKET, SO_ERROR, &error, &length) < 0)
    return answer(ctx, -1);
  return JS_NewInt32(ctx, -error);
}

static JSValue switch_on(JSContext *ctx, JSValueConst fd, int option)
{
  int one = 1;
  return answer(ctx, setsockopt(int_argument(ctx, fd), SOL_SOCKET, option, &one, sizeof one));
}

JSValue native_reuse_address(ARGUMENTS)
{
  return switch_on(ctx, argv[0], SO_REUSEADDR);
}

JSValue native_reuse_port(ARGUMENTS)
{
  return switch_on(ctx, argv[0], SO_REUSEPORT);
}

/* bindToDevice(fd, interface). */
JSValue native_bind_to_device(ARGUMENTS)
{
  size_t length;
  char *name = bytes_from_string(ctx, argv[1], &length);
  if (!name)
    return JS_EXCEPTION;
  JSValue result = answer(ctx, setsockopt(int_argument(ctx, argv[0]), SOL_SOCKET, SO_BINDTODEVICE, name, length + 1));
  js_free(ctx, name);
  return result;
}

/* peerCredentials(fd): {pid, uid, gid} of who connected, or listens, at the other end of a unix stream. */
JSValue native_peer_credentials(ARGUMENTS)
{
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(int_argument(ctx, argv[0]), SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
    return answer(ctx, -1);
  JSValue result = JS_NewObject(ctx);
  JS_SetPropertyStr(ctx, result, "pid", JS_NewInt32(ctx, peer.pid));
  JS_SetPropertyStr(ctx, result, "uid", JS_NewInt64(ctx, peer.uid));
  JS_SetPropertyStr(ctx, result, "gid", JS_NewInt64(ctx, peer.gid));
  return result;
}

/* localAddress(fd): {host, port} that an internet socket is bound to. */
JSValue native_local_address(ARGUMENTS)
{
  struct address address = { .length = sizeof address };
  char host[INET6_ADDRSTRLEN];
  if (getsockname(int_argument(ctx, argv[0]), &address.any, &address.length) < 0)
    return answer(ctx, -1);
  int is_ip6 = address.any.sa_family == AF_INET6;
  if (!is_ip6 && address.any.sa_family != AF_INET) {
    errno = EAFNOSUPPORT;
    return answer(ctx, -1);
  }
  const void *bytes = is_ip6 ? (void *)&address.ip6.sin6_addr : (void *)&address.ip4.sin_addr;
  inet_ntop(address.any.sa_family, bytes, host, sizeof host);
  JSValue result = JS_NewObject(ctx);
  JS_SetPropertyStr(ctx, result, "host", JS_NewString(ctx, host));
  JS_SetPropertyStr(ctx, result, "port", JS_NewInt32(ctx, ntohs(address.ip4.sin_port)));
  return result;
}

/* resolve(host, family): numeric addresses, best first; asks /etc/hosts, then the network: it waits. */
JSValue native_resolve(ARGUMENTS)
{
  const char *host = JS_ToCString(ctx, argv[0]), *family = JS_ToCString(ctx, argv[1]);
  struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
  int error = EAI_NONAME;
  if (host && family) {
    hints.ai_family = strcmp(family, "inet6") == 0 ? AF_INET6 : AF_INET;
    error = getaddrinfo(host, NULL, &hints, &found);
  }
  JS_FreeCString(ctx, host);
  JS_FreeCString(ctx, family);
  if (error)
    return JS_NewInt32(ctx, error == EAI_SYSTEM ? -errno : error == EAI_AGAIN ? -EAGAIN : -ENOENT);
  JSValue list = JS_NewArray(ctx);
  uint32_t count = 0;
  for (struct addrinfo *at = found; at; at = at->ai_next) {
    char text[INET6_ADDRSTRLEN];
    const void *bytes = at->ai_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)at->ai_addr)->sin6_addr
                                                  : (void *)&((struct sockaddr_in *)at->ai_addr)->sin_addr;
    if (inet_ntop(at->ai_family, bytes, text, sizeof text))
      JS_SetPropertyUint32(ctx, list, count++, JS_NewString(ctx, text));
  }
  freeaddrinfo(found);
  return list;
}
