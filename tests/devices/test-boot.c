/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Direct boot: what each kind of kernel finds in memory and registers, and
 * which files are refused.
 */
#include <string.h>

#include "devices/board/boot.h"
#include "engine/base/error.h"

#define RAM_BYTES (32u << 20)
#define MIB       0x100000u

typedef struct {
  MosMemoryMap   *memory;
  MosRam         *ram;
  MosMemoryRegion region;
  MosCpuState     cpu;
  guint8          file[65536];
  MosBoot         boot;
} Rig;

static void
set_up (Rig *rig, gconstpointer data)
{
  rig->memory = mos_memory_map_new ();
  rig->ram = mos_ram_new ("ram", RAM_BYTES, NULL);
  rig->region = (MosMemoryRegion){
    .name = "ram", .size = RAM_BYTES, .enabled = TRUE, .ram = rig->ram
  };
  mos_memory_map_add (rig->memory, &rig->region);
  mos_cpu_state_reset (&rig->cpu, 0, TRUE);
  rig->boot = (MosBoot){
    .memory = rig->memory,
    .low_bytes = RAM_BYTES,
    .kernel = { "kernel", rig->file, sizeof (rig->file) },
    .command_line = "console=ttyS0",
    .rsdp_gpa = 0xf0000,
  };
}

static void
tear_down (Rig *rig, gconstpointer data)
{
  mos_cpu_state_clear (&rig->cpu);
  mos_memory_map_free (rig->memory);
  mos_ram_free (rig->ram);
}

static void
put (Rig *rig, guint offset, guint64 value, guint n_bytes)
{
  for (guint i = 0; i < n_bytes; i++)
    rig->file[offset + i] = value >> 8 * i & 0xff;
}

static guint32
ram32 (Rig *rig, guint64 gpa)
{
  return mos_memory_map_read_u32 (rig->memory, gpa);
}

static void
assert_refused (Rig *rig)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mos_boot_load (&rig->boot, &rig->cpu, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_assert_nonnull (strstr (error->message, "kernel"));
}

static void
assert_boots (Rig *rig)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mos_boot_load (&rig->boot, &rig->cpu, &error));
  g_assert_no_error (error);
}

static void
make_linux (Rig *rig)
{
  put (rig, 0x1f1, 1, 1);
  put (rig, 0x1fe, 0xaa55, 2);
  put (rig, 0x200, 0x6aeb, 2);
  put (rig, 0x202, 0x53726448, 4);
  put (rig, 0x206, 0x020f, 2);
  put (rig, 0x211, 1, 1);
  put (rig, 0x214, MIB, 4);
  put (rig, 0x22c, 0x7fffffff, 4);
  put (rig, 0x230, 0x200000, 4);
  put (rig, 0x234, 1, 1);
  put (rig, 0x236, 1, 2);
  put (rig, 0x238, 2048, 4);
  put (rig, 0x258, 0x1000000, 8);
  put (rig, 0x260, 0x100000, 4);
  put (rig, 1024 + 0x200, 0x12345678, 4);
}

static void
test_linux (Rig *rig, gconstpointer data)
{
  static const guint8 initrd[5000] = { 0xab };

  make_linux (rig);
  rig->boot.modules[0].file =
      (MosBootFile){ "initrd", initrd, sizeof (initrd) };
  rig->boot.modules[0].command_line = "";
  rig->boot.n_modules = 1;
  assert_boots (rig);
  g_assert_cmphex (rig->cpu.rip, ==, 0x1000200);
  g_assert_cmphex (rig->cpu.cr0 & 0x80000001, ==, 0x80000001);
  g_assert_cmphex (rig->cpu.efer, ==, 0x500);
  g_assert_true (rig->cpu.seg[MOS_SEG_CS].l);
  g_assert_cmphex (ram32 (rig, 0x1000200), ==, 0x12345678);
  g_assert_cmphex (rig->cpu.gpr[MOS_RSI], ==, 0x90000);
  g_assert_cmphex (ram32 (rig, 0x90228), ==, 0x91000);
  g_assert_cmpstr ((char *) rig->ram->hva + 0x91000, ==, "console=ttyS0");
  g_assert_cmpuint (ram32 (rig, 0x9021c), ==, sizeof (initrd));
  g_assert_cmphex (ram32 (rig, ram32 (rig, 0x90218)), ==, 0xab);
  /* A 32-bit kernel of the same kind. */
  put (rig, 0x236, 0, 2);
  assert_boots (rig);
  g_assert_cmphex (rig->cpu.rip, ==, 0x1000000);
  g_assert_cmphex (rig->cpu.cr0 & 0x80000001, ==, 1);
}

static void
test_linux_refused (Rig *rig, gconstpointer data)
{
  make_linux (rig);
  put (rig, 0x211, 0, 1);
  assert_refused (rig);
  put (rig, 0x211, 1, 1);
  put (rig, 0x1f1, 0xff, 1);
  assert_refused (rig);
  put (rig, 0x1f1, 1, 1);
  put (rig, 0x260, 0xfffffff0, 4);
  assert_refused (rig);
  put (rig, 0x260, 0x100000, 4);
  put (rig, 0x238, 4, 4);
  assert_refused (rig);
  put (rig, 0x238, 2048, 4);
  put (rig, 0x214, 0, 4); /* nothing but a real-mode entry */
  assert_refused (rig);
}

static void
make_elf (Rig *rig, gboolean wide)
{
  memcpy (rig->file, "\177ELF\1\1\1", 7);
  put (rig, 18, 3, 2);
  put (rig, 24, wide ? G_GUINT64_CONSTANT (0xffffffff80200010) : 0xc0200010,
       wide ? 8 : 4);
  if (wide) {
    rig->file[4] = 2;
    put (rig, 18, 62, 2);
    put (rig, 32, 64, 8);
    put (rig, 54, 56, 2);
    put (rig, 56, 1, 2);
    put (rig, 64, 1, 4);
    put (rig, 72, 0x1000, 8);
    put (rig, 80, G_GUINT64_CONSTANT (0xffffffff80200000), 8);
    put (rig, 88, 0x200000, 8);
    put (rig, 96, 0x1000, 8);
    put (rig, 104, 0x3000, 8);
    return;
  }
  put (rig, 28, 52, 4);
  put (rig, 42, 32, 2);
  put (rig, 44, 1, 2);
  put (rig, 52, 1, 4);
  put (rig, 56, 0x1000, 4);
  put (rig, 60, 0xc0200000, 4);
  put (rig, 64, 0x200000, 4);
  put (rig, 68, 0x1000, 4);
  put (rig, 72, 0x3000, 4);
}

static void
make_multiboot (Rig *rig, guint offset, guint32 flags)
{
  put (rig, offset, 0x1badb002, 4);
  put (rig, offset + 4, flags, 4);
  put (rig, offset + 8, -(0x1badb002 + flags), 4);
}

static void
test_multiboot (Rig *rig, gconstpointer data)
{
  static const guint8 module[3] = { 1, 2, 3 };
  guint32             info;
  guint32             modules;

  for (guint wide = 0; wide < 2; wide++) {
    make_elf (rig, wide);
    make_multiboot (rig, 0x1000, 3);
    rig->boot.modules[0] =
        (MosBootModule){ { "/a b/the module", module, sizeof (module) }, "x" };
    rig->boot.n_modules = 1;
    assert_boots (rig);
    g_assert_cmphex (rig->cpu.rip, ==, 0x200010);
    g_assert_cmphex (rig->cpu.gpr[MOS_RAX], ==, 0x2badb002);
    info = rig->cpu.gpr[MOS_RBX];
    g_assert_cmphex (ram32 (rig, info) & 0x4d, ==, 0x4d);
    g_assert_cmpuint (ram32 (rig, info + 8), ==, RAM_BYTES / 1024 - 1024);
    g_assert_cmpstr ((char *) rig->ram->hva + ram32 (rig, info + 16), ==,
                     "kernel console=ttyS0");
    modules = ram32 (rig, info + 24);
    g_assert_cmpuint (ram32 (rig, modules + 4) - ram32 (rig, modules), ==, 3);
    g_assert_cmpstr ((char *) rig->ram->hva + ram32 (rig, modules + 8), ==,
                     "the_module x");
  }
  /* Nothing behind the word, and a guest that is no file. */
  rig->boot.command_line = "";
  rig->boot.kernel_word = "guest";
  assert_boots (rig);
  g_assert_cmpstr ((char *) rig->ram->hva + ram32 (rig, info + 16), ==,
                   "guest");
}

static void
test_multiboot_addresses (Rig *rig, gconstpointer data)
{
  make_multiboot (rig, 0x20, 0x10000);
  put (rig, 0x2c, 0x200020, 4);
  put (rig, 0x30, 0x200000, 4);
  put (rig, 0x34, 0x201000, 4);
  put (rig, 0x38, 0x208000, 4);
  put (rig, 0x3c, 0x200040, 4);
  assert_boots (rig);
  g_assert_cmphex (rig->cpu.rip, ==, 0x200040);
  g_assert_cmphex (ram32 (rig, 0x200020), ==, 0x1badb002);
  put (rig, 0x34, 0x100000, 4); /* ends before it begins */
  assert_refused (rig);
  put (rig, 0x34, 0x201000, 4);
  put (rig, 0x30, 0x100000, 4); /* begins before the file */
  assert_refused (rig);
}

static void
test_pvh (Rig *rig, gconstpointer data)
{
  guint32 start;

  make_elf (rig, TRUE);
  put (rig, 56, 2, 2);
  put (rig, 120, 4, 4); /* a note segment */
  put (rig, 128, 0x400, 8);
  put (rig, 152, 20, 8);
  put (rig, 0x400, 4, 4);
  put (rig, 0x404, 4, 4);
  put (rig, 0x408, 18, 4);
  memcpy (rig->file + 0x40c, "Xen", 4);
  put (rig, 0x410, 0x200100, 4);
  assert_boots (rig);
  g_assert_cmphex (rig->cpu.rip, ==, 0x200100);
  start = rig->cpu.gpr[MOS_RBX];
  g_assert_cmphex (ram32 (rig, start), ==, 0x336ec578);
  g_assert_cmphex (ram32 (rig, start + 32), ==, 0xf0000);
  g_assert_cmpuint (ram32 (rig, start + 48), ==, 4);
  put (rig, 0x404, 0xffffffff, 4); /* a note of 4 GiB */
  assert_refused (rig);
}

static void
test_elf_refused (Rig *rig, gconstpointer data)
{
  make_elf (rig, FALSE);
  assert_refused (rig); /* neither multiboot nor PVH */
  make_multiboot (rig, 0x1000, 3);
  put (rig, 68, 0x20000, 4); /* beyond the file */
  assert_refused (rig);
  put (rig, 68, 0x1000, 4);
  put (rig, 72, 0x10, 4); /* smaller in memory */
  assert_refused (rig);
  put (rig, 72, 0xf0000000, 4);
  assert_refused (rig);
  put (rig, 72, 0x3000, 4);
  put (rig, 64, 0x9f000, 4); /* over the display adapter's window */
  assert_refused (rig);
  put (rig, 64, 0x200000, 4);
  put (rig, 28, 0xfffffff0, 4);
  assert_refused (rig);
}

static void
test_flat (Rig *rig, gconstpointer data)
{
  put (rig, 0, 0x9090, 2);
  assert_boots (rig);
  g_assert_cmphex (rig->cpu.rip, ==, 0x7c00);
  g_assert_cmphex (rig->cpu.seg[MOS_SEG_CS].base, ==, 0);
  g_assert_cmphex (ram32 (rig, 0x7c00) & 0xffff, ==, 0x9090);
  rig->boot.kernel.size = 0;
  assert_refused (rig);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Rig *rig, gconstpointer data);
  } tests[] = {
    { "/boot/linux", test_linux },
    { "/boot/linux-refused", test_linux_refused },
    { "/boot/multiboot", test_multiboot },
    { "/boot/multiboot-addresses", test_multiboot_addresses },
    { "/boot/pvh", test_pvh },
    { "/boot/elf-refused", test_elf_refused },
    { "/boot/flat", test_flat },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Rig, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
