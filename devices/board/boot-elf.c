/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * ELF kernels: segments and notes (System V ABI, "Object Files").
 *
 * 32 and 64 bit, little endian, for the PC's processors. Segments go to their
 * physical addresses. An entry that is a virtual address of some segment is
 * taken to the physical one, since all callers start without paging.
 */
#include <elf.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/board/boot.h"

#define MAX_SEGMENTS 256
#define LOWEST_GPA   0x1000u /* below lie this loader's tables */
#define PVH_NOTE     18      /* XEN_ELFNOTE_PHYS32_ENTRY */
#define NOTE_HEADER  12
#define NOTES_MAX    1024

typedef struct {
  guint32 type;
  guint64 offset;
  guint64 vaddr;
  guint64 paddr;
  guint64 file_bytes;
  guint64 memory_bytes;
} Segment;

static gboolean
is_64 (const MosBootFile *file)
{
  return file->data[EI_CLASS] == ELFCLASS64;
}

gboolean
mos_boot_is_elf (const MosBootFile *file)
{
  guint16 machine;

  if (file->size < sizeof (Elf32_Ehdr) ||
      memcmp (file->data, ELFMAG, SELFMAG) != 0 ||
      file->data[EI_DATA] != ELFDATA2LSB)
    return FALSE;
  machine = mos_boot_u16 (file, offsetof (Elf32_Ehdr, e_machine));
  if (file->data[EI_CLASS] == ELFCLASS32)
    return machine == EM_386 || machine == EM_X86_64;
  return is_64 (file) && machine == EM_X86_64 &&
         file->size >= sizeof (Elf64_Ehdr);
}

static guint
n_segments (const MosBootFile *file)
{
  guint n = mos_boot_u16 (file, is_64 (file) ? offsetof (Elf64_Ehdr, e_phnum)
                                             : offsetof (Elf32_Ehdr, e_phnum));

  return MIN (n, MAX_SEGMENTS);
}

static void
read_segment32 (const MosBootFile *file, guint64 at, Segment *segment)
{
  segment->type = mos_boot_u32 (file, at + offsetof (Elf32_Phdr, p_type));
  segment->offset = mos_boot_u32 (file, at + offsetof (Elf32_Phdr, p_offset));
  segment->vaddr = mos_boot_u32 (file, at + offsetof (Elf32_Phdr, p_vaddr));
  segment->paddr = mos_boot_u32 (file, at + offsetof (Elf32_Phdr, p_paddr));
  segment->file_bytes =
      mos_boot_u32 (file, at + offsetof (Elf32_Phdr, p_filesz));
  segment->memory_bytes =
      mos_boot_u32 (file, at + offsetof (Elf32_Phdr, p_memsz));
}

static void
read_segment64 (const MosBootFile *file, guint64 at, Segment *segment)
{
  segment->type = mos_boot_u32 (file, at + offsetof (Elf64_Phdr, p_type));
  segment->offset = mos_boot_u64 (file, at + offsetof (Elf64_Phdr, p_offset));
  segment->vaddr = mos_boot_u64 (file, at + offsetof (Elf64_Phdr, p_vaddr));
  segment->paddr = mos_boot_u64 (file, at + offsetof (Elf64_Phdr, p_paddr));
  segment->file_bytes =
      mos_boot_u64 (file, at + offsetof (Elf64_Phdr, p_filesz));
  segment->memory_bytes =
      mos_boot_u64 (file, at + offsetof (Elf64_Phdr, p_memsz));
}

/* FALSE if the header or the segment's bytes are not in the file. */
static gboolean
read_segment (const MosBootFile *file, guint i, Segment *segment)
{
  gboolean wide = is_64 (file);
  guint64  at;
  guint    row_bytes;

  at = wide ? mos_boot_u64 (file, offsetof (Elf64_Ehdr, e_phoff))
            : mos_boot_u32 (file, offsetof (Elf32_Ehdr, e_phoff));
  row_bytes = mos_boot_u16 (file, wide ? offsetof (Elf64_Ehdr, e_phentsize)
                                       : offsetof (Elf32_Ehdr, e_phentsize));
  if (at > file->size)
    return FALSE;
  at += (guint64) i * row_bytes;
  if (at > file->size ||
      file->size - at < (wide ? sizeof (Elf64_Phdr) : sizeof (Elf32_Phdr)))
    return FALSE;
  if (wide)
    read_segment64 (file, at, segment);
  else
    read_segment32 (file, at, segment);
  return segment->offset <= file->size &&
         segment->file_bytes <= file->size - segment->offset;
}

static gboolean
load_segment (const MosBoot *boot, const Segment *segment, GError **error)
{
  const MosBootFile *file = &boot->kernel;

  if (segment->file_bytes > segment->memory_bytes) {
    mos_boot_error (file, error,
                    _ ("a segment is larger in the file than in memory"));
    return FALSE;
  }
  if (segment->paddr < LOWEST_GPA ||
      !mos_boot_put (boot, segment->paddr, NULL, segment->memory_bytes) ||
      !mos_boot_put (boot, segment->paddr, file->data + segment->offset,
                     segment->file_bytes)) {
    mos_boot_error (file, error,
                    _ ("a segment does not fit into the machine's memory; "
                       "give the machine more"));
    return FALSE;
  }
  return TRUE;
}

gboolean
mos_boot_load_elf (const MosBoot *boot,
                   guint64       *end,
                   guint64       *entry,
                   GError       **error)
{
  const MosBootFile *file = &boot->kernel;
  guint64            start = is_64 (file)
                                 ? mos_boot_u64 (file, offsetof (Elf64_Ehdr, e_entry))
                                 : mos_boot_u32 (file, offsetof (Elf32_Ehdr, e_entry));
  gboolean           loaded = FALSE;

  *end = 0;
  *entry = start;
  for (guint i = 0; i < n_segments (file); i++) {
    Segment segment;

    if (!read_segment (file, i, &segment)) {
      mos_boot_error (file, error, _ ("it is cut short or damaged"));
      return FALSE;
    }
    if (segment.type != PT_LOAD || segment.memory_bytes == 0)
      continue;
    if (!load_segment (boot, &segment, error))
      return FALSE;
    *end = MAX (*end, segment.paddr + segment.memory_bytes);
    if (start >= segment.vaddr && start - segment.vaddr < segment.memory_bytes)
      *entry = start - segment.vaddr + segment.paddr;
    loaded = TRUE;
  }
  if (!loaded)
    mos_boot_error (file, error, _ ("it has no segment to load"));
  return loaded;
}

static guint64
padded (guint32 size)
{
  return ((guint64) size + 3) & ~G_GUINT64_CONSTANT (3);
}

static gboolean
find_in_notes (const MosBootFile *file, const Segment *notes, guint32 *entry)
{
  guint64 at = notes->offset;
  guint64 end = notes->offset + notes->file_bytes;

  for (guint i = 0; i < NOTES_MAX && end - at >= NOTE_HEADER; i++) {
    guint64 name_bytes = padded (mos_boot_u32 (file, at));
    guint64 data_bytes = padded (mos_boot_u32 (file, at + 4));
    guint32 type = mos_boot_u32 (file, at + 8);
    guint64 data = at + NOTE_HEADER + name_bytes;

    if (data_bytes > end - at - NOTE_HEADER ||
        name_bytes > end - at - NOTE_HEADER - data_bytes)
      return FALSE;
    if (type == PVH_NOTE && name_bytes == 4 && data_bytes >= 4 &&
        memcmp (file->data + at + NOTE_HEADER, "Xen", 4) == 0) {
      *entry = mos_boot_u32 (file, data);
      return TRUE;
    }
    at = data + data_bytes;
  }
  return FALSE;
}

gboolean
mos_boot_find_pvh_entry (const MosBootFile *file, guint32 *entry)
{
  if (!mos_boot_is_elf (file))
    return FALSE;
  for (guint i = 0; i < n_segments (file); i++) {
    Segment segment;

    if (read_segment (file, i, &segment) && segment.type == PT_NOTE &&
        find_in_notes (file, &segment, entry))
      return TRUE;
  }
  return FALSE;
}
