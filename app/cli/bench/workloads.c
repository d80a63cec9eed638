/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The loops that user mode may run: see workloads.h.
 *
 * SHA-256 follows FIPS 180-4, "SHA-256 Hash Computation".
 */

#include "app/cli/bench/workloads.h"

/* A call is wanted, so no copy of the function may stand in its place. */
#ifdef __clang__
#define ALONE __attribute__ ((noinline))
#else
#define ALONE __attribute__ ((noinline, noclone))
#endif

/* A chain: each operation needs the one before. */
static uint64_t
run_alu (uint8_t *arena, uint64_t n)
{
  uint64_t a = 0x9e3779b97f4a7c15u;
  uint64_t b = 1;

  for (uint64_t i = 0; i < n * WORK_ALU_ROUNDS; i++) {
    a += b;
    a ^= a >> 7;
    b = (b << 3) - a;
    a = (a << 13) | (a >> 51);
    b ^= a + i;
  }
  return a ^ b;
}

/* Load, add, store; the sum depends on all that was stored before. */
static uint64_t
run_memory (uint8_t *arena, uint64_t n)
{
  volatile uint64_t *words = (uint64_t *) (void *) arena;
  uint64_t           sum = 0;

  for (uint32_t i = 0; i < WORK_MEMORY_BYTES / 8; i++)
    words[i] = i;
  for (uint64_t pass = 0; pass < n; pass++)
    for (uint32_t i = 0; i < WORK_MEMORY_BYTES / 8; i++)
      words[i] = words[i] + pass;
  for (uint32_t i = 0; i < WORK_MEMORY_BYTES / 8; i++)
    sum += words[i];
  return sum;
}

ALONE static uint64_t
step_add (uint64_t x)
{
  return x * 5 + 1;
}

ALONE static uint64_t
step_mix (uint64_t x)
{
  return x ^ (x >> 9);
}

ALONE static uint64_t
step_turn (uint64_t x)
{
  return (x << 17) | (x >> 47);
}

ALONE static uint64_t
step_less (uint64_t x)
{
  return x - 77;
}

static uint64_t (*const steps[4]) (uint64_t) = { step_add, step_mix, step_turn,
                                                 step_less };

/* A direct call and an indirect one, to a target that the data chooses. */
static uint64_t
run_branches (uint8_t *arena, uint64_t n)
{
  uint64_t x = 12345;

  for (uint64_t i = 0; i < n * (WORK_CALLS / 2); i++) {
    x = step_add (x);
    x = steps[x >> 62](x);
  }
  return x;
}

/* One byte a number; counts the primes. */
static uint64_t
run_sieve (uint8_t *arena, uint64_t n)
{
  uint64_t count = 0;

  for (uint64_t pass = 0; pass < n; pass++) {
    count = 0;
    for (uint32_t i = 0; i < WORK_SIEVE_NUMBERS; i++)
      arena[i] = 1;
    for (uint32_t i = 2; i < WORK_SIEVE_NUMBERS; i++) {
      if (!arena[i])
        continue;
      count++;
      for (uint32_t k = 2 * i; k < WORK_SIEVE_NUMBERS; k += i)
        arena[k] = 0;
    }
  }
  return count;
}

static const uint32_t round_constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
  0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
  0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
  0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotate (uint32_t x, uint32_t by)
{
  return (x >> by) | (x << (32 - by));
}

static uint32_t
load_big (const uint8_t *bytes)
{
  return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 |
         (uint32_t) bytes[2] << 8 | bytes[3];
}

static void
hash_block (uint32_t hash[8], const uint8_t *block)
{
  uint32_t w[64];
  uint32_t v[8];

  for (int i = 0; i < 16; i++)
    w[i] = load_big (block + 4 * i);
  for (int i = 16; i < 64; i++) {
    uint32_t low = w[i - 15];
    uint32_t high = w[i - 2];

    w[i] = w[i - 16] + w[i - 7] +
           (rotate (low, 7) ^ rotate (low, 18) ^ (low >> 3)) +
           (rotate (high, 17) ^ rotate (high, 19) ^ (high >> 10));
  }
  for (int i = 0; i < 8; i++)
    v[i] = hash[i];
  for (int i = 0; i < 64; i++) {
    uint32_t e = v[4];
    uint32_t a = v[0];
    uint32_t one = v[7] + round_constants[i] + w[i] +
                   (rotate (e, 6) ^ rotate (e, 11) ^ rotate (e, 25)) +
                   ((e & v[5]) ^ (~e & v[6]));
    uint32_t two = (rotate (a, 2) ^ rotate (a, 13) ^ rotate (a, 22)) +
                   ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

    for (int k = 7; k > 0; k--)
      v[k] = v[k - 1];
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < 8; i++)
    hash[i] += v[i];
}

/* The first 64 bits of the digest of WORK_HASH_BYTES bytes, a whole number of
 * blocks, so that the padding is a block of its own. */
static uint64_t
hash_buffer (const uint8_t *bytes)
{
  uint32_t hash[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
  uint8_t  padding[64] = { 0x80 };

  padding[61] = (uint8_t) (WORK_HASH_BYTES * 8 >> 16);
  padding[62] = (uint8_t) (WORK_HASH_BYTES * 8 >> 8);
  padding[63] = (uint8_t) (WORK_HASH_BYTES * 8);
  for (uint32_t at = 0; at < WORK_HASH_BYTES; at += 64)
    hash_block (hash, bytes + at);
  hash_block (hash, padding);
  return (uint64_t) hash[0] << 32 | hash[1];
}

/* Bytes 0, 7, 14, …; each digest becomes the first bytes of the next text. */
static uint64_t
run_sha256 (uint8_t *arena, uint64_t n)
{
  uint64_t digest = 0;

  for (uint32_t i = 0; i < WORK_HASH_BYTES; i++)
    arena[i] = (uint8_t) (i * 7);
  for (uint64_t pass = 0; pass < n; pass++) {
    digest = hash_buffer (arena);
    for (int i = 0; i < 8; i++)
      arena[i] = (uint8_t) (digest >> (56 - 8 * i));
  }
  return digest;
}

/* Two points at once, in one SSE register. */
typedef double Pair __attribute__ ((vector_size (16)));

static uint64_t
count_pair (Pair cx, Pair cy)
{
  Pair     x = { 0, 0 };
  Pair     y = { 0, 0 };
  uint64_t left = 0;
  uint64_t right = 0;

  for (uint32_t i = 0; i < WORK_FRAME_DEPTH; i++) {
    Pair xx = x * x;
    Pair yy = y * y;
    Pair size = xx + yy;

    left += size[0] < 4;
    right += size[1] < 4;
    if (!(size[0] < 4) && !(size[1] < 4))
      break;
    y = x * y;
    y = y + y + cy;
    x = xx - yy + cx;
  }
  return left + right;
}

/* The Mandelbrot set from -2 to 0.5 and -1.25 to 1.25. Points that escaped go
 * on until their neighbour does; infinities and NaNs do not count. */
static uint64_t
run_mandelbrot (uint8_t *arena, uint64_t n)
{
  uint64_t sum = 0;

  for (uint64_t frame = 0; frame < n; frame++) {
    double step = 2.5 / WORK_FRAME_SIDE;

    for (uint32_t row = 0; row < WORK_FRAME_SIDE; row++)
      for (uint32_t column = 0; column < WORK_FRAME_SIDE; column += 2) {
        Pair cx = { -2 + step * column, -2 + step * (column + 1) };
        Pair cy = { -1.25 + step * row, -1.25 + step * row };

        sum += count_pair (cx, cy);
      }
  }
  return sum;
}

static uint64_t *
node (uint8_t *arena, uint32_t index)
{
  /* Not all at the same place of their pages, which would tease caches. */
  return (uint64_t *) (void *) (arena + (uint64_t) index * WORK_PAGE_BYTES +
                                index * 64 % WORK_PAGE_BYTES);
}

/* One node a page, linked in one random circle (Sattolo's shuffle). */
static void
prepare_walk (uint8_t *arena)
{
  uint64_t random = 88172645463325252u;

  for (uint32_t i = 0; i < WORK_NODES_IN_ARENA; i++)
    *node (arena, i) = i;
  for (uint32_t i = WORK_NODES_IN_ARENA - 1; i > 0; i--) {
    uint64_t *a = node (arena, i);
    uint64_t *b;
    uint64_t  kept = *a;

    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    b = node (arena, (uint32_t) (random % i));
    *a = *b;
    *b = kept;
  }
}

static uint64_t
run_walk (uint8_t *arena, uint64_t n)
{
  uint32_t at = 0;
  uint64_t sum = 0;

  for (uint64_t i = 0; i < n * WORK_NODES; i++) {
    at = (uint32_t) *node (arena, at);
    sum += at ^ i;
  }
  return sum;
}

const Workload work_loops[] = {
  { "integer", 0, run_alu },
  { "memory", 0, run_memory },
  { "branches", 0, run_branches },
  { "sieve", 0, run_sieve },
  { "sha256", 0, run_sha256 },
  { "mandelbrot", 0, run_mandelbrot },
  { "page-walk", prepare_walk, run_walk },
  { 0, 0, 0 },
};
