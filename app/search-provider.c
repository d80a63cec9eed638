/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * org.gnome.Shell.SearchProvider2: machines by name in the desktop's search.
 * Results are uuids. Main thread.
 */
#include <glib/gi18n-lib.h>

#include "app/bus-names.h"
#include "app/remote.h"

static const char interface_xml[] =
    "<node><interface name='org.gnome.Shell.SearchProvider2'>"
    "<method name='GetInitialResultSet'>"
    "<arg type='as' name='terms' direction='in'/>"
    "<arg type='as' name='results' direction='out'/></method>"
    "<method name='GetSubsearchResultSet'>"
    "<arg type='as' name='previous_results' direction='in'/>"
    "<arg type='as' name='terms' direction='in'/>"
    "<arg type='as' name='results' direction='out'/></method>"
    "<method name='GetResultMetas'>"
    "<arg type='as' name='identifiers' direction='in'/>"
    "<arg type='aa{sv}' name='metas' direction='out'/></method>"
    "<method name='ActivateResult'>"
    "<arg type='s' name='identifier' direction='in'/>"
    "<arg type='as' name='terms' direction='in'/>"
    "<arg type='u' name='timestamp' direction='in'/></method>"
    "<method name='LaunchSearch'>"
    "<arg type='as' name='terms' direction='in'/>"
    "<arg type='u' name='timestamp' direction='in'/></method>"
    "</interface></node>";

/* Every term must be in the name. */
static gboolean
matches (MosVm *vm, const char *const *terms)
{
  g_autofree char *name = g_utf8_casefold (mos_vm_get_name (vm), -1);

  for (; *terms != NULL; terms++) {
    g_autofree char *term = g_utf8_casefold (*terms, -1);

    if (g_strstr_len (name, -1, term) == NULL)
      return FALSE;
  }
  return TRUE;
}

static void
search (MosHypervisor *hypervisor, GVariant *terms, GDBusMethodInvocation *call)
{
  g_autofree const char **words = g_variant_get_strv (terms, NULL);
  GListModel             *all = G_LIST_MODEL (hypervisor);
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("as"));

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    if (matches (vm, words))
      g_variant_builder_add (&builder, "s", mos_vm_get_uuid (vm));
  }
  g_dbus_method_invocation_return_value (call,
                                         g_variant_new ("(as)", &builder));
}

static void
describe (MosHypervisor *hypervisor, GVariant *ids, GDBusMethodInvocation *call)
{
  g_autofree const char **uuids = g_variant_get_strv (ids, NULL);
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; uuids[i] != NULL; i++) {
    MosVm *vm = mos_hypervisor_find (hypervisor, uuids[i]);

    if (vm == NULL)
      continue;
    g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{sv}"));
    g_variant_builder_add (&builder, "{sv}", "id",
                           g_variant_new_string (uuids[i]));
    g_variant_builder_add (&builder, "{sv}", "name",
                           g_variant_new_string (mos_vm_get_name (vm)));
    g_variant_builder_add (
        &builder, "{sv}", "description",
        g_variant_new_string (mos_vm_state_title (mos_vm_get_state (vm))));
    g_variant_builder_add (&builder, "{sv}", "gicon",
                           g_variant_new_string ("computer-symbolic"));
    g_variant_builder_close (&builder);
  }
  g_dbus_method_invocation_return_value (call,
                                         g_variant_new ("(aa{sv})", &builder));
}

static void
call_cb (GDBusConnection       *connection,
         const char            *sender,
         const char            *path,
         const char            *interface,
         const char            *method,
         GVariant              *parameters,
         GDBusMethodInvocation *call,
         gpointer               user_data)
{
  MosApplication *application = user_data;
  MosHypervisor  *hypervisor = mos_application_get_hypervisor (application);
  g_autoptr (GVariant) first = g_variant_get_child_value (parameters, 0);

  if (g_str_equal (method, "GetInitialResultSet")) {
    search (hypervisor, first, call);
  } else if (g_str_equal (method, "GetSubsearchResultSet")) {
    g_autoptr (GVariant) terms = g_variant_get_child_value (parameters, 1);

    search (hypervisor, terms, call);
  } else if (g_str_equal (method, "GetResultMetas")) {
    describe (hypervisor, first, call);
  } else {
    if (g_str_equal (method, "ActivateResult"))
      g_action_group_activate_action (
          G_ACTION_GROUP (application), "show-machine",
          g_variant_new_string (g_variant_get_string (first, NULL)));
    else
      g_application_activate (G_APPLICATION (application));
    g_dbus_method_invocation_return_value (call, NULL);
  }
}

guint
mos_search_provider_register (MosApplication  *application,
                              GDBusConnection *connection,
                              GError         **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = call_cb };
  g_autoptr (GDBusNodeInfo) node =
      g_dbus_node_info_new_for_xml (interface_xml, error);

  if (node == NULL)
    return 0;
  return g_dbus_connection_register_object (
      connection, MOS_BUS_PATH "/SearchProvider", node->interfaces[0], &vtable,
      application, NULL, error);
}
