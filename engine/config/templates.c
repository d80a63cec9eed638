/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a new machine can start from. A template is a row: its least and its
 * usual size, and the TOML that makes it what it is. The constructors that
 * the requirements document names are the same rows.
 */

#include <glib/gi18n-lib.h>

#include "engine/base/error.h"
#include "engine/config/vmconfig-private.h"

const MosTemplate mos_templates[] = {
  {
      .id = "minimal",
      .title = N_ ("Minimal"),
      .description = N_ ("A small machine that starts our boot-sector guest"),
      .vcpus = 1,
      .memory_mb = 512,
      .min_memory_mb = MOS_MIN_MEMORY_MB,
      .toml = "\n[boot]\nguest = \"simple-boot\"\n",
  },
  {
      .id = "educational",
      .title = N_ ("Educational"),
      .description = N_ ("For the labs: with the demo device, watched"),
      .vcpus = 1,
      .memory_mb = 512,
      .min_memory_mb = 512,
      .toml = "\n[boot]\nguest = \"simple-boot\"\n"
              "\n[features]\neducational = true\ndebug = true\n"
              "resource_monitoring = true\n"
              "\n[devices]\ndemo_device = true\n"
              "educational_features = true\n",
  },
  {
      .id = "nested",
      .title = N_ ("Nested"),
      .description = N_ ("For machines inside the machine"),
      .vcpus = 4,
      .memory_mb = 4096,
      .min_memory_mb = 1024,
      .toml = "\n[features]\nnested = true\neducational = true\n"
              "resource_monitoring = true\nperformance_monitoring = true\n",
  },
  {
      .id = "linux",
      .title = N_ ("Linux installer"),
      .description = N_ ("For an installation from a CD image"),
      .vcpus = 2,
      .memory_mb = 2048,
      .min_memory_mb = 256,
      .toml = "\n[boot]\nboot_order = \"CdromFirst\"\n"
              "\n[devices]\nnetwork_adapters = [\n"
              "    { interface_name = \"eth0\", mode = \"NAT\" }\n]\n",
  },
  { NULL },
};

static const MosTemplate *
find (const char *id)
{
  for (const MosTemplate *row = mos_templates; row->id != NULL; row++)
    if (g_str_equal (row->id, id))
      return row;
  return NULL;
}

static MosVmConfig *
make (const MosTemplate *row, const char *name, GError **error)
{
  g_autofree char *quoted = mos_toml_quote (name);
  g_autofree char *text = g_strdup_printf (
      "name = %s\ntemplate = \"%s\"\nvcpu_count = %u\nmemory_mb = "
      "%" G_GUINT64_FORMAT "\narchitecture = \"x86_64\"\n%s",
      quoted, row->id, row->vcpus, row->memory_mb, row->toml);

  return mos_vm_config_load_data (text, -1, NULL, error);
}

MosVmConfig *
mos_vm_config_new_from_template (const char *id,
                                 const char *name,
                                 GError    **error)
{
  const MosTemplate *row = find (id);

  if (row == NULL) {
    g_autofree char *allowed =
        mos_key_info_allowed (mos_config_schema_find ("template"));

    g_set_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY,
                 _ ("there is no template “%s”; allowed: %s"), id, allowed);
    return NULL;
  }
  return make (row, name, error);
}

/* For values the program chose: what is out of range is its mistake. */
static void
set_int (MosVmConfig *self, const char *key, gint64 value)
{
  g_autoptr (GError) error = NULL;

  if (!mos_vm_config_set_int (self, key, value, &error))
    g_critical ("%s", error->message);
}

MosVmConfig *
mos_vm_config_new_minimal (const char *name, guint vcpus, guint64 memory_mb)
{
  MosVmConfig *self = make (find ("minimal"), name, NULL);

  g_return_val_if_fail (self != NULL, NULL);
  set_int (self, "vcpu_count", vcpus);
  set_int (self, "memory_mb", (gint64) MIN (memory_mb, G_MAXINT64));
  return self;
}

MosVmConfig *
mos_vm_config_new_educational (const char *name)
{
  MosVmConfig *self = make (find ("educational"), name, NULL);

  g_return_val_if_fail (self != NULL, NULL);
  return self;
}

MosVmConfig *
mos_vm_config_new_nested (const char *name, guint levels)
{
  MosVmConfig *self = make (find ("nested"), name, NULL);

  g_return_val_if_fail (self != NULL, NULL);
  set_int (self, "features.nested_levels", levels);
  return self;
}
