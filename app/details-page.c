/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The details page. Its rows come from one table: a title and a function that
 * says what stands there now. Main thread.
 */
#include "app/details-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"

#define REFRESH_MS 1000

typedef struct {
  const char *group;
  const char *title;
  /* Owned by the caller; NULL hides the row. */
  char *(*read) (MosVm *vm);
} Fact;

/* -- facts --------------------------------------------------------------- */

static char *
read_state (MosVm *vm)
{
  return g_strdup (mos_vm_state_title (mos_vm_get_state (vm)));
}

static char *
read_backend (MosVm *vm)
{
  const char *name = mos_vm_get_backend_name (vm);

  if (g_strcmp0 (name, "kvm") == 0)
    return g_strdup (_ ("Linux KVM"));
  if (name != NULL)
    return g_strdup (_ ("Software CPU"));
  return g_strdup_printf (
      _ ("%s, chosen at the start"),
      mos_vm_config_get_string (mos_vm_get_config (vm), "cpu.accel"));
}

static char *
read_template (MosVm *vm)
{
  const char *id =
      mos_vm_config_get_string (mos_vm_get_config (vm), "template");

  for (const MosTemplate *at = mos_templates; at->id != NULL; at++)
    if (g_strcmp0 (at->id, id) == 0)
      return g_strdup (_ (at->title));
  return g_strdup (id);
}

static char *
read_uuid (MosVm *vm)
{
  return g_strdup (mos_vm_get_uuid (vm));
}

static char *
read_vcpus (MosVm *vm)
{
  return g_strdup_printf (
      "%" G_GINT64_FORMAT,
      mos_vm_config_get_int (mos_vm_get_config (vm), "vcpu_count"));
}

static char *
read_memory (MosVm *vm)
{
  gint64 mib = mos_vm_config_get_int (mos_vm_get_config (vm), "memory_mb");

  if (mib % 1024 == 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT " GiB", mib / 1024);
  return g_strdup_printf ("%" G_GINT64_FORMAT " MiB", mib);
}

static char *
read_boot (MosVm *vm)
{
  MosVmConfig     *config = mos_vm_get_config (vm);
  const char      *guest = mos_vm_config_get_string (config, "boot.guest");
  g_autofree char *kernel = mos_vm_config_get_path (config, "boot.kernel_path");

  if (kernel != NULL)
    return g_steal_pointer (&kernel);
  if (guest != NULL && *guest != '\0')
    return g_strdup_printf (_ ("Built-in guest “%s”"), guest);
  return g_strdup (_ ("What the firmware finds on the drives"));
}

static char *
read_drives (MosVm *vm)
{
  MosVmConfig *config = mos_vm_get_config (vm);
  guint        n = mos_vm_config_n_tables (config, "storage.drives");
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    g_autofree char *path =
        mos_vm_config_table_path (config, "storage.drives", i, "path");
    const char *kind =
        mos_vm_config_table_string (config, "storage.drives", i, "kind");

    g_string_append_printf (text, "%s%s: %s", i > 0 ? "\n" : "", kind,
                            path != NULL ? path : _ ("empty"));
  }
  if (n == 0)
    return g_strdup (_ ("None"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static guint64
count_exits (const MosVcpuCounters *counters)
{
  guint64 sum = 0;

  for (guint i = 0; i < MOS_N_EXITS; i++)
    sum += counters->exits[i];
  return sum;
}

/* In groups of three digits, with narrow spaces between. */
static char *
format_count (guint64 count)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, count);
  gsize            n = strlen (digits);
  GString         *text = g_string_new (NULL);

  for (gsize i = 0; i < n; i++) {
    if (i > 0 && (n - i) % 3 == 0)
      g_string_append (text, "\u202f");
    g_string_append_c (text, digits[i]);
  }
  return g_string_free (text, FALSE);
}

static char *
read_exits (MosVm *vm)
{
  MosVcpuCounters counters;

  mos_vm_get_counters (vm, &counters);
  return format_count (count_exits (&counters));
}

static char *
read_interrupts (MosVm *vm)
{
  MosVcpuCounters counters;

  mos_vm_get_counters (vm, &counters);
  return format_count (counters.interrupts);
}

static char *
read_instructions (MosVm *vm)
{
  MosVcpuCounters counters;

  mos_vm_get_counters (vm, &counters);
  if (!counters.instructions_known)
    return NULL;
  return format_count (counters.instructions);
}

static char *
read_run_time (MosVm *vm)
{
  MosVcpuCounters counters;

  mos_vm_get_counters (vm, &counters);
  return g_strdup_printf (_ ("%.1f s"), (double) counters.run_ns / 1e9);
}

static const Fact facts[] = {
  { N_ ("Machine"), N_ ("State"), read_state },
  { N_ ("Machine"), N_ ("Execution"), read_backend },
  { N_ ("Machine"), N_ ("Template"), read_template },
  { N_ ("Machine"), N_ ("Identifier"), read_uuid },
  { N_ ("Hardware"), N_ ("Processors"), read_vcpus },
  { N_ ("Hardware"), N_ ("Memory"), read_memory },
  { N_ ("Hardware"), N_ ("Starts"), read_boot },
  { N_ ("Hardware"), N_ ("Drives"), read_drives },
  { N_ ("Since the Start"), N_ ("Exits"), read_exits },
  { N_ ("Since the Start"), N_ ("Interrupts"), read_interrupts },
  { N_ ("Since the Start"), N_ ("Instructions"), read_instructions },
  { N_ ("Since the Start"), N_ ("Time in the guest"), read_run_time },
};

struct _MosDetailsPage {
  GtkWidget parent_instance;

  GtkWidget *page;
  GtkWidget *rows[G_N_ELEMENTS (facts)];
  GtkWidget *values[G_N_ELEMENTS (facts)];

  MosVm *vm;
  guint  timeout;
};

G_DEFINE_FINAL_TYPE (MosDetailsPage, mos_details_page, GTK_TYPE_WIDGET)

static void
refresh (MosDetailsPage *self)
{
  if (self->vm == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (facts); i++) {
    g_autofree char *text = facts[i].read (self->vm);
    g_autofree char *name = NULL;

    gtk_widget_set_visible (self->rows[i], text != NULL);
    if (text == NULL || g_strcmp0 (text, gtk_label_get_label (
                                             GTK_LABEL (self->values[i]))) == 0)
      continue;
    gtk_label_set_label (GTK_LABEL (self->values[i]), text);
    name = g_strdup_printf ("%s: %s", _ (facts[i].title), text);
    mos_access_name (self->rows[i], name);
  }
}

static gboolean
refresh_cb (gpointer user_data)
{
  refresh (user_data);
  return G_SOURCE_CONTINUE;
}

static void
mos_details_page_map (GtkWidget *widget)
{
  MosDetailsPage *self = MOS_DETAILS_PAGE (widget);

  GTK_WIDGET_CLASS (mos_details_page_parent_class)->map (widget);
  refresh (self);
  self->timeout = g_timeout_add (REFRESH_MS, refresh_cb, self);
}

static void
mos_details_page_unmap (GtkWidget *widget)
{
  MosDetailsPage *self = MOS_DETAILS_PAGE (widget);

  g_clear_handle_id (&self->timeout, g_source_remove);
  GTK_WIDGET_CLASS (mos_details_page_parent_class)->unmap (widget);
}

static void
mos_details_page_dispose (GObject *object)
{
  MosDetailsPage *self = MOS_DETAILS_PAGE (object);

  if (self->page != NULL)
    mos_details_page_set_vm (self, NULL);
  g_clear_handle_id (&self->timeout, g_source_remove);
  g_clear_pointer (&self->page, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_details_page_parent_class)->dispose (object);
}

static void
mos_details_page_class_init (MosDetailsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_details_page_dispose;
  widget_class->map = mos_details_page_map;
  widget_class->unmap = mos_details_page_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
mos_details_page_init (MosDetailsPage *self)
{
  GtkWidget  *group = NULL;
  const char *title = NULL;

  self->page = adw_preferences_page_new ();
  for (guint i = 0; i < G_N_ELEMENTS (facts); i++) {
    GtkWidget *row = adw_action_row_new ();
    GtkWidget *value = gtk_label_new (NULL);

    if (g_strcmp0 (title, facts[i].group) != 0) {
      title = facts[i].group;
      group = adw_preferences_group_new ();
      adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group),
                                       _ (title));
      adw_preferences_page_add (ADW_PREFERENCES_PAGE (self->page),
                                ADW_PREFERENCES_GROUP (group));
    }
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row),
                                   _ (facts[i].title));
    gtk_label_set_selectable (GTK_LABEL (value), TRUE);
    gtk_label_set_wrap (GTK_LABEL (value), TRUE);
    gtk_label_set_wrap_mode (GTK_LABEL (value), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_natural_wrap_mode (GTK_LABEL (value), GTK_NATURAL_WRAP_NONE);
    gtk_label_set_justify (GTK_LABEL (value), GTK_JUSTIFY_RIGHT);
    gtk_label_set_xalign (GTK_LABEL (value), 1);
    gtk_widget_add_css_class (value, "numeric");
    gtk_widget_add_css_class (value, "dim-label");
    mos_access_name (value, _ (facts[i].title));
    adw_action_row_add_suffix (ADW_ACTION_ROW (row), value);
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
    self->rows[i] = row;
    self->values[i] = value;
  }
  gtk_widget_set_parent (self->page, GTK_WIDGET (self));
}

void
mos_details_page_set_vm (MosDetailsPage *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_DETAILS_PAGE (self));

  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_set_object (&self->vm, vm);
  if (vm == NULL)
    return;
  g_signal_connect_swapped (vm, "notify", G_CALLBACK (refresh), self);
  refresh (self);
}
