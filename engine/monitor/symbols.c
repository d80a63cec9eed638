/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Symbol tables: a sorted array of addresses and names.
 *
 * ELF after the System V ABI, "Symbol Table"; a System.map has a line "address
 * type name" for each symbol, sorted or not.
 */
#include "engine/monitor/symbols.h"

#include <elf.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"

/* Farther from a symbol of unknown size is no longer in it. */
#define MAX_BYTES 0x100000u

typedef struct {
  guint64 address;
  guint64 size; /* 0: up to the next */
  guint32 name; /* into names */
} Symbol;

struct MosSymbols {
  GArray  *symbols;
  GString *names;
};

MosSymbols *
mos_symbols_new (void)
{
  MosSymbols *self = g_new0 (MosSymbols, 1);

  self->symbols = g_array_new (FALSE, FALSE, sizeof (Symbol));
  self->names = g_string_new (NULL);
  return self;
}

void
mos_symbols_free (MosSymbols *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->symbols);
  g_string_free (self->names, TRUE);
  g_free (self);
}

guint
mos_symbols_count (MosSymbols *self)
{
  return self->symbols->len;
}

void
mos_symbols_add (MosSymbols *self,
                 guint64     address,
                 guint64     size,
                 const char *name,
                 gsize       name_bytes)
{
  Symbol symbol = { address, size, (guint32) self->names->len };

  if (name_bytes == 0 || name_bytes > 512 || self->names->len > G_MAXINT32)
    return;
  g_string_append_len (self->names, name, (gssize) name_bytes);
  g_string_append_c (self->names, '\0');
  g_array_append_val (self->symbols, symbol);
}

/* -- text ---------------------------------------------------------------- */

/* "ffffffff81000000 T _text" */
static void
parse_line (MosSymbols *self, const char *line, gsize size)
{
  guint64 address = 0;
  gsize   at = 0, name;

  while (at < size && g_ascii_isxdigit (line[at]) && at < 16)
    address = address << 4 | (guint64) g_ascii_xdigit_value (line[at++]);
  if (at == 0 || address == 0 || at + 3 >= size || line[at] != ' ' ||
      line[at + 2] != ' ' || strchr ("tTwW", line[at + 1]) == NULL)
    return;
  name = at += 3;
  while (at < size && (guchar) line[at] > ' ')
    at++;
  mos_symbols_add (self, address, 0, line + name, at - name);
}

static void
parse_text (MosSymbols *self, const char *text, gsize size)
{
  while (size > 0) {
    const char *end = memchr (text, '\n', size);
    gsize       length = end != NULL ? (gsize) (end - text) : size;

    parse_line (self, text, length);
    length = MIN (length + 1, size);
    text += length;
    size -= length;
  }
}

/* -- ELF ----------------------------------------------------------------- */

/* What 32- and 64-bit files have in common, once read. */
typedef struct {
  const guint8 *data;
  gsize         size;
  gboolean      wide;
} Elf;

typedef struct {
  guint32 type, link;
  guint64 offset, size;
} Section;

static gboolean
inside (const Elf *elf, guint64 offset, guint64 size)
{
  return offset <= elf->size && size <= elf->size - offset;
}

static gboolean
read_section (const Elf *elf, guint64 table, guint index, Section *section)
{
  if (elf->wide) {
    Elf64_Shdr header;
    guint64    at = table + (guint64) index * sizeof header;

    if (!inside (elf, at, sizeof header))
      return FALSE;
    memcpy (&header, elf->data + at, sizeof header);
    *section = (Section){ header.sh_type, header.sh_link, header.sh_offset,
                          header.sh_size };
  } else {
    Elf32_Shdr header;
    guint64    at = table + (guint64) index * sizeof header;

    if (!inside (elf, at, sizeof header))
      return FALSE;
    memcpy (&header, elf->data + at, sizeof header);
    *section = (Section){ header.sh_type, header.sh_link, header.sh_offset,
                          header.sh_size };
  }
  return inside (elf, section->offset, section->size) ||
         section->type == SHT_NOBITS;
}

static void
add_elf (MosSymbols    *self,
         const Elf     *elf,
         const Section *strings,
         guint32        name,
         guint8         info,
         guint64        value,
         guint64        size)
{
  const char *text;
  guint8      type = info & 15;

  if ((type != STT_FUNC && type != STT_NOTYPE) || value == 0 ||
      name >= strings->size)
    return;
  text = (const char *) elf->data + strings->offset + name;
  mos_symbols_add (self, value, size, text,
                   strnlen (text, strings->size - name));
}

static void
parse_table (MosSymbols    *self,
             const Elf     *elf,
             const Section *symbols,
             const Section *strings)
{
  gsize stride = elf->wide ? sizeof (Elf64_Sym) : sizeof (Elf32_Sym);

  for (guint64 at = 0; at + stride <= symbols->size; at += stride) {
    const guint8 *from = elf->data + symbols->offset + at;

    if (elf->wide) {
      Elf64_Sym symbol;

      memcpy (&symbol, from, sizeof symbol);
      if (symbol.st_shndx != SHN_UNDEF)
        add_elf (self, elf, strings, symbol.st_name, symbol.st_info,
                 symbol.st_value, symbol.st_size);
    } else {
      Elf32_Sym symbol;

      memcpy (&symbol, from, sizeof symbol);
      if (symbol.st_shndx != SHN_UNDEF)
        add_elf (self, elf, strings, symbol.st_name, symbol.st_info,
                 symbol.st_value, symbol.st_size);
    }
  }
}

static void
parse_elf (MosSymbols *self, const guint8 *data, gsize size)
{
  Elf     elf = { data, size, data[EI_CLASS] == ELFCLASS64 };
  guint64 table;
  guint   n;

  if (elf.wide) {
    Elf64_Ehdr header;

    if (size < sizeof header)
      return;
    memcpy (&header, data, sizeof header);
    table = header.e_shoff;
    n = header.e_shnum;
  } else {
    Elf32_Ehdr header;

    if (size < sizeof header)
      return;
    memcpy (&header, data, sizeof header);
    table = header.e_shoff;
    n = header.e_shnum;
  }
  for (guint i = 0; i < n && table != 0 && table <= size; i++) {
    Section symbols, strings;

    if (read_section (&elf, table, i, &symbols) && symbols.type == SHT_SYMTAB &&
        symbols.link < n &&
        read_section (&elf, table, symbols.link, &strings) &&
        strings.type == SHT_STRTAB)
      parse_table (self, &elf, &symbols, &strings);
  }
}

/* -- the door ------------------------------------------------------------ */

static int
compare (gconstpointer a, gconstpointer b)
{
  guint64 left = ((const Symbol *) a)->address;
  guint64 right = ((const Symbol *) b)->address;

  return (left > right) - (left < right);
}

void
mos_symbols_end (MosSymbols *self)
{
  g_array_sort (self->symbols, compare);
}

MosSymbols *
mos_symbols_parse (const void *data, gsize size, GError **error)
{
  g_autoptr (MosSymbols) self = mos_symbols_new ();

  if (size > EI_NIDENT && memcmp (data, ELFMAG, SELFMAG) == 0)
    parse_elf (self, data, size);
  else
    parse_text (self, data, size);
  if (self->symbols->len == 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("There are no functions in it; give a System.map, a copy "
                    "of /proc/kallsyms, or an ELF file with a symbol table"));
    return NULL;
  }
  mos_symbols_end (self);
  return g_steal_pointer (&self);
}

MosSymbols *
mos_symbols_load (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, &local);
  MosSymbols *self;

  if (file == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("The symbols in %s cannot be read: %s"), path,
                 local->message);
    return NULL;
  }
  self = mos_symbols_parse (g_mapped_file_get_contents (file),
                            g_mapped_file_get_length (file), error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", path);
  return self;
}

const char *
mos_symbols_find (MosSymbols *self, guint64 address, guint64 *offset)
{
  guint         low = 0, high;
  const Symbol *symbol;
  guint64       distance;

  if (self == NULL)
    return NULL;
  high = self->symbols->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (self->symbols, Symbol, middle).address <= address)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0)
    return NULL;
  symbol = &g_array_index (self->symbols, Symbol, low - 1);
  distance = address - symbol->address;
  if (distance >= (symbol->size != 0 ? symbol->size : MAX_BYTES))
    return NULL;
  if (offset != NULL)
    *offset = distance;
  return self->names->str + symbol->name;
}
