/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's firmware: a ROM, or two flash chips.
 *
 * UEFI firmware lies in a chip that ends at 4 GiB and keeps its variables in
 * one that ends where the first begins. The machine's file of variables is a
 * copy of fresh ones at first; without such a file they are forgotten when the
 * machine goes away. Runs on the thread that makes the machine.
 */
#include "devices/board/firmware.h"
#include "devices/board/pc-private.h"
#include "devices/storage/pflash.h"

typedef struct {
  char          *code;  /* the file, or NULL: firmware in one piece */
  char          *fresh; /* fresh variables, or NULL */
  MosBlockStore *store;
  MosRam        *ram; /* the variables */
} Flash;

static void
flash_clear (Flash *self)
{
  g_free (self->code);
  g_free (self->fresh);
  g_clear_pointer (&self->store, mos_block_store_unref);
  g_clear_pointer (&self->ram, mos_ram_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Flash, flash_clear)

/* A firmware of the user's own is in two chips if its variables are named. */
static gboolean
find (const MosBoardSpec *spec, Flash *flash, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (mos_firmware_find_flash (spec->firmware, &flash->code, &flash->fresh,
                               &local))
    return TRUE;
  if (local != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  if (spec->variables_given)
    flash->code = g_strdup (spec->firmware);
  return TRUE;
}

static gboolean
load_variables (const MosBoardSpec *spec,
                Flash              *flash,
                guint64             max_bytes,
                GError            **error)
{
  if (spec->variables_path == NULL) {
    flash->ram = mos_firmware_load (flash->fresh, max_bytes, NULL, error);
    return flash->ram != NULL;
  }
  flash->store = mos_firmware_open_variables (
      spec->variables_path, flash->fresh, max_bytes, &flash->ram, error);
  return flash->store != NULL;
}

static void
add_chips (MosPc *self, MosRam *rom, Flash *flash)
{
  guint64 gpa = MOS_I440FX_HIGH_GPA - rom->size;

  mos_pflash_new (self->bus, "flash-code", gpa, rom, FALSE, NULL, TRUE);
  gpa -= flash->ram->size;
  mos_pflash_new (self->bus, "flash-variables", gpa,
                  g_steal_pointer (&flash->ram), TRUE, flash->store, FALSE);
}

gboolean
mos_pc_add_memory (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  g_auto (Flash) flash = { 0 };
  g_autoptr (MosRam) rom = NULL;
  MosRam *chip;

  if (spec->firmware != NULL) {
    if (!find (spec, &flash, error))
      return FALSE;
    rom = mos_firmware_load (flash.code != NULL ? flash.code : spec->firmware,
                             MOS_I440FX_ROM_MAX, NULL, error);
    if (rom == NULL)
      return FALSE;
  }
  if (flash.code != NULL &&
      !load_variables (spec, &flash, MOS_I440FX_ROM_MAX - rom->size, error))
    return FALSE;
  self->ram = mos_ram_new ("ram", spec->memory_bytes, error);
  if (self->ram == NULL)
    return FALSE;
  chip = g_steal_pointer (&rom);
  self->bridge = mos_i440fx_new (self->bus, self->pci, self->ram, chip);
  if (flash.code != NULL)
    add_chips (self, chip, &flash);
  return TRUE;
}
