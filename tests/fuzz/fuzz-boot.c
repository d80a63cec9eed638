/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a kernel for direct boot. The first byte chooses which kind's
 * marks are set, so that mutations get past them.
 */
#include <string.h>

#include "devices/board/boot.h"
#include "tests/fuzz/fuzz.h"

#define RAM_BYTES (4u << 20)

static void
put_u32 (guint8 *file, gsize size, gsize offset, guint32 value)
{
  value = GUINT32_TO_LE (value);
  if (offset + sizeof (value) <= size)
    memcpy (file + offset, &value, sizeof (value));
}

static void
set_marks (guint8 *file, gsize size, guint kind)
{
  switch (kind & 3) {
  case 1:
    if (size > 0x200)
      file[0x1f1] &= 3;
    put_u32 (file, size, 0x1fe, 0x6aebaa55);
    put_u32 (file, size, 0x202, 0x53726448);
    break;
  case 2:
    put_u32 (file, size, 0x100, 0x1badb002);
    put_u32 (file, size, 0x104, 0x10000);
    put_u32 (file, size, 0x108, -(0x1badb002u + 0x10000u));
    break;
  case 3:
    put_u32 (file, size, 0, 0x464c457f);
    if (size > 64) {
      file[4] = kind & 4 ? 2 : 1;
      file[5] = 1;
      file[18] = 62;
      file[19] = 0;
    }
    put_u32 (file, size, 0x800, 0x1badb002);
    put_u32 (file, size, 0x804, 0);
    put_u32 (file, size, 0x808, -0x1badb002u);
    break;
  default:
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *file = NULL;
  MosMemoryMap      *memory;
  MosRam            *ram;
  MosMemoryRegion    region = { .name = "ram",
                                .size = RAM_BYTES,
                                .enabled = TRUE };
  MosCpuState        cpu;
  MosBoot            boot = { .low_bytes = RAM_BYTES, .command_line = "x" };

  if (size < 2 || (ram = mos_ram_new ("ram", RAM_BYTES, NULL)) == NULL)
    return 0;
  /* An exact copy, so that the sanitizer sees every byte read beyond it. */
  file = g_memdup2 (data + 1, size - 1);
  set_marks (file, size - 1, data[0]);
  memory = mos_memory_map_new ();
  region.ram = ram;
  mos_memory_map_add (memory, &region);
  boot.memory = memory;
  boot.kernel = (MosBootFile){ "input", file, size - 1 };
  boot.modules[0] = (MosBootModule){ { "input", file, size - 1 }, "m" };
  boot.n_modules = data[0] >> 7;
  mos_cpu_state_reset (&cpu, 0, TRUE);
  (void) mos_boot_load (&boot, &cpu, NULL);
  mos_cpu_state_clear (&cpu);
  mos_memory_map_free (memory);
  mos_ram_free (ram);
  return 0;
}
