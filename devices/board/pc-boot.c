/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC without firmware: kernel files are read at each start, memory and
 * chips are put into the state firmware would have left, and the processor
 * stands at the kernel's entry.
 *
 * A built-in guest is a kernel in memory, or a boot sector, which becomes a
 * floppy under the firmware. Runs on the thread that makes and resets the
 * machine, with the vCPUs stopped.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/board/boot.h"
#include "devices/board/pc-private.h"
#include "engine/base/error.h"

#define RSDP_GPA     0xf0000u
#define TABLES_GPA   0xf0040u
#define FLOPPY_BYTES 1474560u
#define SECTOR       512u

/* Why the processor starts, and the value that SeaBIOS and OVMF take for
 * waking up; both look for the guest's vector in the FACS. */
#define CMOS_SHUTDOWN 0x0f
#define SHUTDOWN_S3   0xfe

#define LAPIC_SVR   0x0f0
#define LAPIC_LINT0 0x350
#define LAPIC_LINT1 0x360

/* A copy of the request; the files are read when the machine starts. */
struct MosPcKernel {
  char   *path; /* NULL: image */
  GBytes *image;
  char   *initrd;
  char   *command_line;
  char   *modules[MOS_BOOT_MAX_MODULES];
  char   *module_lines[MOS_BOOT_MAX_MODULES];
  guint   n_modules;
};

/* A boot sector: 512 bytes, or a floppy's worth, signed. */
static gboolean
is_boot_sector (GBytes *image)
{
  gsize         size;
  const guint8 *data = g_bytes_get_data (image, &size);

  return size >= SECTOR && size <= FLOPPY_BYTES && data[510] == 0x55 &&
         data[511] == 0xaa &&
         !(size > SECTOR + 6 && memcmp (data + SECTOR + 2, "HdrS", 4) == 0);
}

gboolean
mos_pc_is_floppy_guest (const MosBoardSpec *spec)
{
  return spec->guest_image != NULL && is_boot_sector (spec->guest_image);
}

MosBlockStore *
mos_pc_make_floppy (GBytes *image)
{
  guint8 *floppy = g_malloc0 (FLOPPY_BYTES);
  g_autoptr (GBytes) bytes = NULL;
  gsize         size;
  const guint8 *data = g_bytes_get_data (image, &size);

  memcpy (floppy, data, MIN (size, FLOPPY_BYTES));
  bytes = g_bytes_new_take (floppy, FLOPPY_BYTES);
  return mos_memory_store_new (bytes, TRUE);
}

/* Description -------------------------------------------------------------- */

static gboolean
check_file (const char *path, GError **error)
{
  if (path == NULL || g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("The file “%s” to boot does not exist; check its name"),
               path);
  return FALSE;
}

gboolean
mos_pc_set_kernel (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  MosPcKernel *kernel;

  if (spec->kernel == NULL &&
      (spec->guest_image == NULL || mos_pc_is_floppy_guest (spec)))
    return TRUE;
  kernel = self->kernel = g_new0 (MosPcKernel, 1);
  kernel->path = g_strdup (spec->kernel);
  if (spec->kernel == NULL)
    kernel->image = g_bytes_ref (spec->guest_image);
  kernel->initrd = g_strdup (spec->initrd);
  kernel->command_line =
      g_strdup (spec->command_line != NULL ? spec->command_line : "");
  kernel->n_modules = MIN (spec->n_modules, MOS_BOOT_MAX_MODULES - 1);
  for (guint i = 0; i < kernel->n_modules; i++) {
    kernel->modules[i] = g_strdup (spec->modules[i].path);
    kernel->module_lines[i] = g_strdup (spec->modules[i].command_line);
    if (!check_file (kernel->modules[i], error))
      return FALSE;
  }
  return check_file (kernel->path, error) && check_file (kernel->initrd, error);
}

void
mos_pc_kernel_free (MosPcKernel *self)
{
  if (self == NULL)
    return;
  g_free (self->path);
  g_clear_pointer (&self->image, g_bytes_unref);
  g_free (self->initrd);
  g_free (self->command_line);
  for (guint i = 0; i < self->n_modules; i++) {
    g_free (self->modules[i]);
    g_free (self->module_lines[i]);
  }
  g_free (self);
}

/* Start -------------------------------------------------------------------- */

/* Reads @path into @file and remembers the memory in @contents. */
static gboolean
read_file (const char  *path,
           MosBootFile *file,
           GPtrArray   *contents,
           GError     **error)
{
  g_autoptr (GError) local = NULL;
  char *data = NULL;
  gsize size = 0;

  if (!g_file_get_contents (path, &data, &size, &local)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("Cannot read “%s” to boot it: %s"), path, local->message);
    return FALSE;
  }
  g_ptr_array_add (contents, data);
  *file = (MosBootFile){ path, (const guint8 *) data, size };
  return TRUE;
}

static gboolean
add_module (MosBoot    *boot,
            const char *path,
            const char *command_line,
            GPtrArray  *contents,
            GError    **error)
{
  MosBootModule *module = &boot->modules[boot->n_modules];

  if (path == NULL)
    return TRUE;
  if (!read_file (path, &module->file, contents, error))
    return FALSE;
  module->command_line = command_line != NULL ? command_line : "";
  boot->n_modules++;
  return TRUE;
}

static gboolean
read_files (const MosPcKernel *kernel,
            MosBoot           *boot,
            GPtrArray         *contents,
            GError           **error)
{
  if (kernel->path != NULL) {
    if (!read_file (kernel->path, &boot->kernel, contents, error))
      return FALSE;
  } else {
    boot->kernel.name = _ ("built-in guest");
    boot->kernel_word = "guest";
    boot->kernel.data = g_bytes_get_data (kernel->image, &boot->kernel.size);
  }
  boot->command_line = kernel->command_line;
  if (!add_module (boot, kernel->initrd, "", contents, error))
    return FALSE;
  for (guint i = 0; i < kernel->n_modules; i++)
    if (!add_module (boot, kernel->modules[i], kernel->module_lines[i],
                     contents, error))
      return FALSE;
  return TRUE;
}

static void
set_lapic (MosCpuState *cpu, guint offset, guint32 value)
{
  for (guint i = 0; i < 4; i++)
    cpu->lapic[offset + i] = value >> 8 * i & 0xff;
}

/* The virtual wire: the 8259's INTR passes through the local APIC
 * (MultiProcessor Specification, "Virtual Wire Mode"). */
static void
set_virtual_wire (MosCpuState *cpu)
{
  set_lapic (cpu, LAPIC_SVR, 0x1ff);
  set_lapic (cpu, LAPIC_LINT0, 0x700);
  set_lapic (cpu, LAPIC_LINT1, 0x400);
}

gboolean
mos_pc_boot_kernel (MosPc *self, MosCpuState *cpu, GError **error)
{
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  MosBoot boot = {
    .memory = self->bus->memory,
    .low_bytes = mos_i440fx_low_bytes (self->memory_bytes),
    .high_bytes = mos_i440fx_high_bytes (self->memory_bytes),
    .rsdp_gpa = RSDP_GPA,
    .text_screen = self->vga != NULL,
  };

  if (!read_files (self->kernel, &boot, contents, error))
    return FALSE;
  mos_i440fx_open_shadow (self->bridge);
  mos_piix4_pm_set_up (self->pm);
  mos_acpi_place (self->acpi, self->bus->memory, RSDP_GPA, TABLES_GPA);
  set_virtual_wire (cpu);
  return mos_boot_load (&boot, cpu, error);
}

/* What firmware does: to the vector, in real mode. */
static void
wake_without_firmware (MosPc *self, MosCpuState *cpu)
{
  guint32 vector = mos_acpi_waking_vector (self->bus->memory, TABLES_GPA);

  mos_piix4_pm_set_up (self->pm);
  set_virtual_wire (cpu);
  cpu->seg[MOS_SEG_CS].selector = vector >> 4 & 0xffff;
  cpu->seg[MOS_SEG_CS].base = vector & 0xffff0;
  cpu->rip = vector & 0xf;
}

gboolean
mos_pc_wake (MosBoard *board, MosCpuState *cpu, GError **error)
{
  MosPc *self = (MosPc *) board;

  mos_i440fx_open_shadow (self->bridge);
  if (self->kernel != NULL)
    wake_without_firmware (self, cpu);
  else
    mos_rtc_set_nvram (self->rtc, CMOS_SHUTDOWN, SHUTDOWN_S3);
  mos_piix4_pm_woke (self->pm);
  return TRUE;
}
