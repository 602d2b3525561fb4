#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "native.h"

/* SHA-256 (FIPS 180-4). */

struct sha256 {
  uint32_t state[8];
  uint64_t length;
  uint8_t block[64];
};

static const uint32_t first_state[8] = {
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, int by)
{
  return word >> by | word << (32 - by);
}

static void add_block(struct sha256 *hash)
{
  uint32_t w[64], v[8];
  int i;
  for (i = 0; i < 16; i++)
    w[i] = (uint32_t)hash->block[4 * i] << 24 | hash->block[4 * i + 1] << 16 | hash->block[4 * i + 2] << 8 | hash->block[4 * i + 3];
  for (; i < 64; i++) {
    uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(v, hash->state, sizeof v);
  for (i = 0; i < 64; i++) {
    uint32_t sum = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t one = v[7] + sum + choice + constants[i] + w[i];
    uint32_t two = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += one;
    v[0] = one + two;
  }
  for (i = 0; i < 8; i++)
    hash->state[i] += v[i];
}

static void add(struct sha256 *hash, const uint8_t *bytes, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    hash->block[hash->length++ % 64] = bytes[i];
    if (hash->length % 64 == 0)
      add_block(hash);
  }
}

static JSValue finish(JSContext *ctx, struct sha256 *hash)
{
  uint64_t bits = hash->length * 8;
  char text[65];
  int i;
  add(hash, (const uint8_t *)"\x80", 1);
  while (hash->length % 64 != 56)
    add(hash, (const uint8_t *)"", 1);
  for (i = 56; i >= 0; i -= 8)
    add(hash, &(uint8_t){ bits >> i }, 1);
  for (i = 0; i < 64; i++)
    text[i] = "0123456789abcdef"[hash->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
  return JS_NewStringLen(ctx, text, 64);
}

/* digestText(text): SHA-256 of its UTF-8, in hexadecimal digits. */
JSValue native_digest_text(ARGUMENTS)
{
  struct sha256 hash = { 0 };
  size_t length;
  char *bytes = bytes_from_string(ctx, argv[0], &length);
  if (!bytes)
    return JS_EXCEPTION;
  memcpy(hash.state, first_state, sizeof first_state);
  add(&hash, (uint8_t *)bytes, length);
  js_free(ctx, bytes);
  return finish(ctx, &hash);
}

/* digestFile(path): the same of a file's content. */
JSValue native_digest_file(ARGUMENTS)
{
  struct sha256 hash = { 0 };
  uint8_t chunk[16384];
  ssize_t count;
  char *path = bytes_from_string(ctx, argv[0], NULL);
  if (!path)
    return JS_EXCEPTION;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  js_free(ctx, path);
  if (fd < 0)
    return answer(ctx, -1);
  memcpy(hash.state, first_state, sizeof first_state);
  while ((count = read(fd, chunk, sizeof chunk)) > 0 || (count < 0 && errno == EINTR))
    if (count > 0)
      add(&hash, chunk, count);
  int error = errno;
  close(fd);
  errno = error;
  return count < 0 ? answer(ctx, -1) : finish(ctx, &hash);
}
