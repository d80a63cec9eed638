/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Finding and unpacking kallsyms.
 *
 * A name is a row of bytes, each the number of a token, a piece of text; a
 * table has the 256 tokens, one after the other, and an index says where each
 * begins. The digits stand for themselves, so "0", "1", … "9" follow each other
 * somewhere in the table: that is looked for. The index behind it proves it.
 * Before the table are the markers, where every 256th name begins, before them
 * the names themselves and their number; some have the names' alphabetical
 * order between markers and tokens. The addresses are either before all that
 * (up to 6.3) or behind it (6.4 and later), each as a distance from a base; a
 * negative one counts downwards from base - 1 (as Linux says in
 * kernel/kallsyms.c, "relative base").
 */
#include "engine/monitor/kallsyms.h"

#include <string.h>

#include "engine/monitor/guest.h"

#define TOKENS      256u
#define MAX_SYMBOLS (1u << 20)
#define MAX_MARKERS (MAX_SYMBOLS / 256)
#define MAX_NAME    512u
#define MAX_TOKEN   64u
#define MAX_TABLE   16384u /* bytes of tokens */
/* Names between two markers are at most so long. */
#define MAX_PIECE  (256u * MAX_NAME)
#define CANDIDATES 32u
#define BELOW      (32u << 20)
#define WINDOW     (96u << 20)
#define EFER_LMA   (1u << 10)
#define PAGE       4096u
#define PF_VECTOR  14u

typedef struct {
  const guint8 *data;
  gsize         size;
  guint64       address;

  gsize   tokens;            /* where the table begins */
  guint16 index[TOKENS + 1]; /* into it; one behind the last */
  gsize   index_end;
  gsize   markers;
  guint   n_markers;
  gsize   names;
  guint   n_symbols;
} Tables;

static gsize
align (gsize at)
{
  return (at + 7) & ~(gsize) 7;
}

static guint32
u32_at (const Tables *self, gsize at)
{
  guint32 value;

  memcpy (&value, self->data + at, sizeof value);
  return value;
}

static guint64
u64_at (const Tables *self, gsize at)
{
  guint64 value;

  memcpy (&value, self->data + at, sizeof value);
  return value;
}

/* -- tokens -------------------------------------------------------------- */

static gboolean
check_index (Tables *self)
{
  gsize at = self->tokens;

  for (guint i = 0; i < TOKENS; i++) {
    const guint8 *end;

    self->index[i] = (guint16) (at - self->tokens);
    end = memchr (self->data + at, 0, MIN (self->size - at, MAX_TABLE));
    if (end == NULL)
      return FALSE;
    at = (gsize) (end - self->data) + 1;
    if (at - self->tokens > MAX_TABLE)
      return FALSE;
  }
  self->index[TOKENS] = (guint16) (at - self->tokens);
  at = align (at);
  if (at + TOKENS * 2 > self->size ||
      memcmp (self->data + at, self->index, TOKENS * 2) != 0)
    return FALSE;
  self->index_end = align (at + TOKENS * 2);
  return TRUE;
}

/* Back over 48 strings, the tokens before "0". What lies before the first of
 * them may end with any byte, so each place it can begin at is tried. */
static gboolean
find_tokens (Tables *self, gsize zero)
{
  guint ends = 0;
  gsize at = zero, stop;

  while (at > 0 && ends < '0' && zero - at < MAX_TABLE)
    ends += self->data[--at] == 0;
  if (ends < '0')
    return FALSE;
  stop = at > MAX_TOKEN ? at - MAX_TOKEN : 0;
  for (at &= ~(gsize) 7; at >= stop + 8; at -= 8) {
    self->tokens = at;
    if (check_index (self))
      return TRUE;
    if (self->data[at - 1] == 0)
      break;
  }
  return FALSE;
}

/* -- names --------------------------------------------------------------- */

/* The bytes of the name at @at, and where they begin; 0: none. */
static guint
name_bytes (const Tables *self, gsize *at)
{
  guint length;

  if (*at + 2 > self->size)
    return 0;
  length = self->data[(*at)++];
  if ((length & 0x80) != 0)
    length = (length & 0x7f) | (guint) self->data[(*at)++] << 7;
  return length < self->size - *at ? length : 0;
}

/* Names from @names lead from one marker to the next. */
static gboolean
names_fit (const Tables *self, gsize names)
{
  gsize at = names;

  for (guint m = 1; m < self->n_markers; m++) {
    for (guint i = 0; i < 256; i++) {
      guint length = name_bytes (self, &at);

      if (length == 0)
        return FALSE;
      at += length;
    }
    if (at - names != u32_at (self, self->markers + 4 * m))
      return FALSE;
  }
  return TRUE;
}

/* Markers that end at @end: backwards they fall to 0. */
static gboolean
markers_at (Tables *self, gsize end)
{
  gsize   at = end;
  guint32 last = G_MAXUINT32;

  if (at >= 4 && u32_at (self, at - 4) == 0)
    at -= 4;
  for (self->n_markers = 0; at >= 4 && self->n_markers < MAX_MARKERS;) {
    guint32 marker = u32_at (self, at - 4);

    if (marker >= last || (last != G_MAXUINT32 && last - marker > MAX_PIECE))
      return FALSE;
    at -= 4;
    last = marker;
    self->n_markers++;
    if (marker == 0)
      break;
  }
  self->markers = at;
  return last == 0 && self->n_markers > 1 && (at & 7) == 0;
}

/* Right before the tokens; or before the order of names, three bytes for each
 * of them. */
static gboolean
find_markers (Tables *self)
{
  if (markers_at (self, self->tokens))
    return TRUE;
  for (gsize end = self->tokens; end >= 16; end -= 8) {
    gsize bytes = self->tokens - end;

    if (bytes > 3 * (gsize) MAX_SYMBOLS)
      break;
    if (markers_at (self, end) && (bytes / 3 + 255) / 256 >= self->n_markers &&
        ((bytes - MIN (bytes, 7)) / 3 + 255) / 256 <= self->n_markers)
      return TRUE;
  }
  return FALSE;
}

static gboolean
find_names (Tables *self)
{
  guint32 last = u32_at (self, self->markers + 4 * (self->n_markers - 1));
  gsize   first, at;

  if (self->markers < last)
    return FALSE;
  at = (self->markers - last) & ~(gsize) 7;
  first = at > MAX_PIECE ? at - MAX_PIECE : 0;
  for (; at >= first + 8 && at >= 8; at -= 8) {
    guint n = u32_at (self, at - 8);

    if (n > MAX_SYMBOLS || (n + 255) / 256 != self->n_markers ||
        !names_fit (self, at))
      continue;
    self->names = at;
    self->n_symbols = n;
    return TRUE;
  }
  return FALSE;
}

/* -- addresses ----------------------------------------------------------- */

static guint64
address_of (const Tables *self, gsize offsets, guint64 base, guint i)
{
  gint32 offset = (gint32) u32_at (self, offsets + 4 * (gsize) i);

  return offset < 0 ? base - 1 - (guint64) (gint64) offset
                    : base + (guint64) offset;
}

/* Most addresses of functions are around the tables that name them. */
static gboolean
addresses_fit (const Tables *self, gsize offsets, guint64 base)
{
  guint near = 0;

  if (base >> 47 != G_MAXUINT64 >> 47)
    return FALSE;
  for (guint i = 0; i < self->n_symbols; i++) {
    guint64 address = address_of (self, offsets, base, i);

    near += address - (self->address - BELOW) < 2 * (guint64) WINDOW;
  }
  return near > self->n_symbols / 2;
}

static gboolean
find_addresses (const Tables *self, gsize *offsets, guint64 *base)
{
  gsize bytes = align (4 * (gsize) self->n_symbols);

  if (self->names >= 16 + bytes) {
    *base = u64_at (self, self->names - 16);
    *offsets = self->names - 16 - bytes;
    if (addresses_fit (self, *offsets, *base))
      return TRUE;
  }
  if (self->index_end + bytes + 8 > self->size)
    return FALSE;
  *offsets = self->index_end;
  *base = u64_at (self, self->index_end + bytes);
  return addresses_fit (self, *offsets, *base);
}

/* -- together ------------------------------------------------------------ */

static guint
unpack (const Tables *self, gsize at, guint length, char *name)
{
  guint n = 0;

  for (guint i = 0; i < length; i++) {
    guint       token = self->data[at + i];
    guint       bytes = self->index[token + 1] - self->index[token] - 1u;
    const char *text =
        (const char *) self->data + self->tokens + self->index[token];

    if (n + bytes > MAX_NAME)
      return 0;
    memcpy (name + n, text, bytes);
    n += bytes;
  }
  return n;
}

/* The first letter is the type, as nm(1) has it. */
static MosSymbols *
read_all (const Tables *self, gsize offsets, guint64 base)
{
  g_autoptr (MosSymbols) symbols = mos_symbols_new ();
  gsize at = self->names;
  char  name[MAX_NAME + 1];

  for (guint i = 0; i < self->n_symbols; i++) {
    guint length = name_bytes (self, &at);
    guint n;

    if (length == 0)
      break;
    n = unpack (self, at, length, name);
    at += length;
    if (n < 2 || strchr ("tTwW", name[0]) == NULL || name[0] == '\0')
      continue;
    mos_symbols_add (symbols, address_of (self, offsets, base, i), 0, name + 1,
                     n - 1);
  }
  mos_symbols_end (symbols);
  return mos_symbols_count (symbols) > 0 ? g_steal_pointer (&symbols) : NULL;
}

MosSymbols *
mos_kallsyms_parse (const guint8 *data, gsize size, guint64 address)
{
  static const guint8 digits[20] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0"
                                   "9";
  Tables              self = { data, size, address, 0 };
  const guint8       *at = data;
  guint               tried = 0;

  while (tried < CANDIDATES && (at = memmem (at, size - (gsize) (at - data),
                                             digits, sizeof digits)) != NULL) {
    gsize   offsets;
    guint64 base;

    tried++;
    if (find_tokens (&self, (gsize) (at - data)) && find_markers (&self) &&
        find_names (&self) && find_addresses (&self, &offsets, &base))
      return read_all (&self, offsets, base);
    at++;
  }
  return NULL;
}

/* The handler of page faults, which every kernel has ("Interrupt Descriptor
 * Table", Intel SDM volume 3). */
static guint64
find_kernel (const MosCpuState *state, MosMemoryMap *memory)
{
  guint64 gate[2];

  if ((state->efer & EFER_LMA) == 0 ||
      !mos_guest_read (state, memory, state->idt.base + PF_VECTOR * 16, gate,
                       sizeof gate))
    return 0;
  return (gate[0] & 0xffff) | (gate[0] >> 32 & 0xffff0000u) | gate[1] << 32;
}

MosSymbols *
mos_kallsyms_find (const MosCpuState *state, MosMemoryMap *memory)
{
  guint64            kernel = find_kernel (state, memory);
  guint64            begin = (kernel & ~(guint64) (PAGE - 1)) - BELOW;
  g_autofree guint8 *data = NULL;
  MosSymbols        *symbols = NULL;
  gsize              first = 0;

  if (kernel >> 47 != G_MAXUINT64 >> 47 || begin > G_MAXUINT64 - WINDOW)
    return NULL;
  data = g_try_malloc (WINDOW);
  if (data == NULL)
    return NULL;
  /* Each run of mapped pages by itself. */
  for (gsize at = 0; at <= WINDOW && symbols == NULL; at += PAGE) {
    if (at < WINDOW &&
        mos_guest_read (state, memory, begin + at, data + at, PAGE))
      continue;
    if (at > first)
      symbols = mos_kallsyms_parse (data + first, at - first, begin + first);
    first = at + PAGE;
  }
  return symbols;
}
