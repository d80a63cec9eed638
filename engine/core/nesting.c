/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One row a blocker: how it is recognised, what it is called, what helps.
 */
#include "engine/core/nesting.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/cpu/x86/features.h"

/* A level's own needs, as the schema says of features.nested_levels. */
#define MB_OF_LEVEL 64u

typedef struct {
  const char           *root;
  const MosBackendInfo *kvm;
  const MosNestingWish *wish;
  gboolean              svm;    /* of the host's processor */
  gboolean              vmx;    /* … */
  const char           *module; /* "kvm_amd" or "kvm_intel" */
  gboolean              loaded;
  char                 *parameter; /* its value; NULL: there is none */
  char                 *where;     /* its file */
  char                 *cpu;       /* model name, or NULL */
  guint64               available_mb;
} Facts;

typedef struct {
  const char *id;
  /* FALSE: it is not in the way. Else the two texts. */
  gboolean (*blocks) (const Facts *facts, char **title, char **remedy);
} Row;

/* -- reading ------------------------------------------------------------- */

static char *
read_file (const char *root, const char *file)
{
  g_autofree char *path = g_build_filename (root, file, NULL);
  char            *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

/* The value of the first line "key : value"; NULL: there is none. */
static char *
find_value (const char *text, const char *key)
{
  gsize length = strlen (key);

  for (const char *line = text; line != NULL && *line != '\0';
       line = strchr (line, '\n') != NULL ? strchr (line, '\n') + 1 : NULL) {
    const char *rest = line + length;
    const char *end;

    if (strncmp (line, key, length) != 0)
      continue;
    rest += strspn (rest, " \t");
    if (*rest != ':')
      continue;
    end = strchr (rest, '\n');
    return g_strstrip (end != NULL ? g_strndup (rest + 1, end - rest - 1)
                                   : g_strdup (rest + 1));
  }
  return NULL;
}

static gboolean
has_word (const char *words, const char *word)
{
  g_auto (GStrv) list = g_strsplit (words != NULL ? words : "", " ", -1);

  return g_strv_contains ((const char *const *) list, word);
}

static void
read_facts (Facts *facts)
{
  g_autofree char *cpuinfo = read_file (facts->root, "proc/cpuinfo");
  g_autofree char *meminfo = read_file (facts->root, "proc/meminfo");
  g_autofree char *flags = find_value (cpuinfo, "flags");
  g_autofree char *available = find_value (meminfo, "MemAvailable");
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;

  facts->svm = has_word (flags, "svm");
  facts->vmx = has_word (flags, "vmx");
  facts->cpu = find_value (cpuinfo, "model name");
  if (available != NULL)
    facts->available_mb = g_ascii_strtoull (available, NULL, 10) / 1024;
  facts->module = facts->svm ? "kvm_amd" : "kvm_intel";
  folder = g_build_filename (facts->root, "sys/module", facts->module, NULL);
  facts->loaded = g_file_test (folder, G_FILE_TEST_IS_DIR);
  facts->where =
      g_strdup_printf ("/sys/module/%s/parameters/nested", facts->module);
  facts->parameter = read_file (facts->root, facts->where);
  if (facts->parameter != NULL)
    g_strstrip (facts->parameter);
}

static void
clear_facts (Facts *facts)
{
  g_free (facts->parameter);
  g_free (facts->where);
  g_free (facts->cpu);
}

/* -- the rows ------------------------------------------------------------ */

static gboolean
virtualizes (const Facts *facts)
{
  return facts->svm || facts->vmx;
}

static gboolean
says_yes (const char *value)
{
  return value != NULL && (value[0] == '1' || value[0] == 'Y');
}

static gboolean
blocks_cpu (const Facts *facts, char **title, char **remedy)
{
  if (virtualizes (facts))
    return FALSE;
  *title = g_strdup_printf (
      _ ("The processor (%s) offers neither AMD-V nor Intel VT-x."),
      facts->cpu != NULL ? facts->cpu : _ ("unknown"));
  *remedy = g_strdup (
      _ ("Turn on SVM or VT-x in the firmware's setup; if this computer is "
         "itself a virtual machine, its host has to offer nesting to it."));
  return TRUE;
}

static gboolean
blocks_module (const Facts *facts, char **title, char **remedy)
{
  if (!virtualizes (facts) || facts->loaded)
    return FALSE;
  *title = g_strdup_printf (_ ("The kernel module %s is not loaded."),
                            facts->module);
  *remedy =
      g_strdup_printf (_ ("Load it: sudo modprobe %s nested=1"), facts->module);
  return TRUE;
}

static gboolean
blocks_parameter (const Facts *facts, char **title, char **remedy)
{
  if (!virtualizes (facts) || !facts->loaded || says_yes (facts->parameter))
    return FALSE;
  *title = g_strdup_printf (_ ("The module parameter %s is %s."), facts->where,
                            facts->parameter != NULL ? facts->parameter
                                                     : _ ("not there"));
  *remedy = g_strdup_printf (
      _ ("It has to be 1: write “options %s nested=1” into "
         "/etc/modprobe.d/kvm.conf, stop all virtual machines, then sudo "
         "modprobe -r %s and sudo modprobe %s."),
      facts->module, facts->module, facts->module);
  return TRUE;
}

/* All else is there, and still it does not nest. */
static gboolean
blocks_kvm (const Facts *facts, char **title, char **remedy)
{
  const MosBackendInfo *kvm = facts->kvm;

  if (kvm != NULL && kvm->usable) {
    if (!virtualizes (facts) || !says_yes (facts->parameter) ||
        kvm->nested_svm || kvm->nested_vmx)
      return FALSE;
    *title = g_strdup (_ ("This kernel's KVM cannot save and load the state "
                          "of nested guests (KVM_CAP_NESTED_STATE)."));
    *remedy = g_strdup (_ ("Install Linux 4.20 or newer, on AMD 5.8."));
    return TRUE;
  }
  *title = g_strdup (_ ("KVM cannot be used here."));
  *remedy = g_strdup (kvm != NULL && kvm->why_not != NULL
                          ? kvm->why_not
                          : _ ("This program was built without it."));
  return TRUE;
}

static gboolean
blocks_vendor (const Facts *facts, char **title, char **remedy)
{
  const char *wanted = facts->wish->vendor;
  const char *host = facts->svm ? "amd" : "intel";

  if (!virtualizes (facts) || wanted == NULL || g_str_equal (wanted, "auto") ||
      g_str_equal (wanted, host))
    return FALSE;
  *title = g_strdup_printf (_ ("The machine's cpu.vendor is “%s”, and this "
                               "host's processor is not."),
                            wanted);
  *remedy = g_strdup_printf (_ ("Set cpu.vendor to “auto” or “%s”."), host);
  return TRUE;
}

static gboolean
blocks_model (const Facts *facts, char **title, char **remedy)
{
  const MosCpuModel *model = facts->wish->model;
  gboolean           fits;

  if (model == NULL)
    return FALSE;
  fits = facts->svm
             ? (model->leaf80000001_ecx & MOS_CPUID_80000001_ECX_SVM) != 0
             : (model->leaf1_ecx & MOS_CPUID_1_ECX_VMX) != 0;
  if (fits)
    return FALSE;
  *title = g_strdup_printf (_ ("The CPU model “%s” has neither AMD-V nor "
                               "Intel VT-x."),
                            model->name);
  *remedy = g_strdup (_ ("Set cpu.model to “x86-64-v3” or “host”."));
  return TRUE;
}

static gboolean
blocks_memory (const Facts *facts, char **title, char **remedy)
{
  gulong wanted = (gulong) facts->wish->memory_mb;
  gulong least = (gulong) facts->wish->levels * MB_OF_LEVEL;
  gulong available = (gulong) facts->available_mb;

  if (wanted == 0)
    return FALSE;
  if (wanted < least) {
    *title = g_strdup_printf (_ ("%u levels need %lu MiB of memory, and the "
                                 "machine has %lu."),
                              facts->wish->levels, least, wanted);
    *remedy = g_strdup_printf (_ ("Set memory_mb to at least %lu, or "
                                  "features.nested_levels to fewer."),
                               least);
    return TRUE;
  }
  if (available == 0 || wanted <= available)
    return FALSE;
  *title = g_strdup_printf (_ ("The machine wants %lu MiB of memory, and this "
                               "host has %lu MiB available."),
                            wanted, available);
  *remedy = g_strdup_printf (
      _ ("Set memory_mb to at most %lu, or close other programs."), available);
  return TRUE;
}

static const Row rows[] = {
  { "cpu", blocks_cpu },
  { "module", blocks_module },
  { "parameter", blocks_parameter },
  { "kvm", blocks_kvm },
  { "vendor", blocks_vendor },
  { "model", blocks_model },
  { "memory", blocks_memory },
};

/* -- the door ------------------------------------------------------------ */

static void
blocker_free (gpointer data)
{
  MosNestingBlocker *self = data;

  g_free (self->title);
  g_free (self->remedy);
  g_free (self);
}

GPtrArray *
mos_nesting_find_blockers (const char           *root,
                           const MosBackendInfo *kvm,
                           const MosNestingWish *wish)
{
  static const MosNestingWish no_wish = { 0 };
  GPtrArray *found = g_ptr_array_new_with_free_func (blocker_free);
  Facts      facts = { .root = root,
                       .kvm = kvm,
                       .wish = wish != NULL ? wish : &no_wish };

  g_return_val_if_fail (root != NULL, found);

  read_facts (&facts);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    MosNestingBlocker blocker = { .id = rows[i].id };

    if (rows[i].blocks (&facts, &blocker.title, &blocker.remedy))
      g_ptr_array_add (found, g_memdup2 (&blocker, sizeof blocker));
  }
  clear_facts (&facts);
  return found;
}

MosNestingWish
mos_nesting_wish (MosVmConfig *config)
{
  return (MosNestingWish){
    .vendor = mos_vm_config_get_string (config, "cpu.vendor"),
    .model =
        mos_cpu_model_find (mos_vm_config_get_string (config, "cpu.model")),
    .memory_mb = (guint64) mos_vm_config_get_int (config, "memory_mb"),
    .levels = (guint) mos_vm_config_get_int (config, "features.nested_levels"),
  };
}

char *
mos_nesting_describe (GPtrArray *blockers, const char *prefix)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < blockers->len; i++) {
    const MosNestingBlocker *one = g_ptr_array_index (blockers, i);

    g_string_append_printf (text, "%s%s%s %s", i > 0 ? "\n" : "", prefix,
                            one->title, one->remedy);
  }
  return g_string_free (text, FALSE);
}
