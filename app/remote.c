/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * org.multios.Lab.Machines: list, act, see. A call that acts is answered when
 * its operation is done, so that a script knows. The interface only does what
 * the window can do; who may call it is the session bus's affair, as with the
 * window itself. Main thread; a screen is captured on a thread of the pool.
 */
#include "app/remote.h"

#include <glib/gi18n-lib.h>

#include "app/bus-names.h"

struct MosRemote {
  MosApplication  *application;
  GDBusConnection *connection;
  guint            machines;
  guint            search;
};

static const char interface_xml[] =
    "<node><interface name='" MOS_BUS_INTERFACE "'>"
    /* uuid s, name s, state s, backend s ("" while off), memory-mb t, cpus u */
    "<method name='List'><arg name='machines' type='aa{sv}' direction='out'/>"
    "</method>"
    /* start, pause, resume, stop, force-stop, reset; the state afterwards */
    "<method name='Act'><arg name='machine' type='s' direction='in'/>"
    "<arg name='verb' type='s' direction='in'/>"
    "<arg name='uuid' type='s' direction='out'/>"
    "<arg name='state' type='s' direction='out'/></method>"
    /* the hierarchy as JSON, see multios(1) */
    "<method name='Tree'><arg name='json' type='s' direction='out'/></method>"
    /* 4 bytes a pixel: 0xffRRGGBB, native endian, row by row */
    "<method name='Screenshot'><arg name='machine' type='s' direction='in'/>"
    "<arg name='width' type='u' direction='out'/>"
    "<arg name='height' type='u' direction='out'/>"
    "<arg name='pixels' type='ay' direction='out'/></method>"
    "<signal name='StateChanged'><arg name='uuid' type='s'/>"
    "<arg name='state' type='s'/></signal>"
    "</interface></node>";

typedef MosOperation *(*Verb) (MosVm *vm);

static const struct {
  const char *name;
  Verb        run;
} verbs[] = {
  { "start", mos_vm_start },           { "pause", mos_vm_pause },
  { "resume", mos_vm_resume },         { "stop", mos_vm_stop },
  { "force-stop", mos_vm_force_stop }, { "reset", mos_vm_reset },
};

/* -- tree ---------------------------------------------------------------- */

static void
tree (MosHypervisor *hypervisor, GDBusMethodInvocation *call)
{
  g_autofree char *text = NULL;

  mos_hypervisor_update_tree (hypervisor);
  text = mos_hierarchy_node_to_json (mos_hypervisor_get_tree (hypervisor));
  g_dbus_method_invocation_return_value (call, g_variant_new ("(s)", text));
}

/* -- list ---------------------------------------------------------------- */

static void
add_machine (GVariantBuilder *builder, MosVm *vm)
{
  MosVmConfig *config = mos_vm_get_config (vm);
  const char  *backend = mos_vm_get_backend_name (vm);

  g_variant_builder_open (builder, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (builder, "{sv}", "uuid",
                         g_variant_new_string (mos_vm_get_uuid (vm)));
  g_variant_builder_add (builder, "{sv}", "name",
                         g_variant_new_string (mos_vm_get_name (vm)));
  g_variant_builder_add (
      builder, "{sv}", "state",
      g_variant_new_string (mos_vm_state_name (mos_vm_get_state (vm))));
  g_variant_builder_add (builder, "{sv}", "backend",
                         g_variant_new_string (backend != NULL ? backend : ""));
  g_variant_builder_add (builder, "{sv}", "memory-mb",
                         g_variant_new_uint64 ((guint64) mos_vm_config_get_int (
                             config, "memory_mb")));
  g_variant_builder_add (builder, "{sv}", "cpus",
                         g_variant_new_uint32 ((guint32) mos_vm_config_get_int (
                             config, "vcpu_count")));
  g_variant_builder_close (builder);
}

static void
list (MosHypervisor *hypervisor, GDBusMethodInvocation *call)
{
  GListModel     *all = G_LIST_MODEL (hypervisor);
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    add_machine (&builder, vm);
  }
  g_dbus_method_invocation_return_value (call,
                                         g_variant_new ("(aa{sv})", &builder));
}

/* -- act ----------------------------------------------------------------- */

static const char *
error_name (const GError *error)
{
  if (g_error_matches (error, MOS_ERROR, MOS_ERROR_WRONG_STATE))
    return MOS_BUS_ERROR_WRONG_STATE;
  return MOS_BUS_ERROR_FAILED;
}

static void
done_cb (MosOperation *operation, gpointer user_data)
{
  GDBusMethodInvocation *call = user_data;
  MosVm        *vm = g_object_get_data (G_OBJECT (operation), "remote-vm");
  const GError *error = mos_operation_get_error (operation);

  if (error != NULL)
    g_dbus_method_invocation_return_dbus_error (call, error_name (error),
                                                error->message);
  else if (mos_operation_get_state (operation) == MOS_OPERATION_CANCELLED)
    g_dbus_method_invocation_return_dbus_error (call, MOS_BUS_ERROR_FAILED,
                                                _ ("It was cancelled"));
  else
    g_dbus_method_invocation_return_value (
        call, g_variant_new ("(ss)", mos_vm_get_uuid (vm),
                             mos_vm_state_name (mos_vm_get_state (vm))));
  g_object_unref (operation);
}

static void
act (MosVm *vm, const char *name, GDBusMethodInvocation *call)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
    MosOperation *operation;

    if (!g_str_equal (verbs[i].name, name))
      continue;
    operation = verbs[i].run (vm);
    g_object_set_data_full (G_OBJECT (operation), "remote-vm",
                            g_object_ref (vm), g_object_unref);
    g_signal_connect (operation, "done", G_CALLBACK (done_cb), call);
    return;
  }
  g_dbus_method_invocation_return_error (call, G_DBUS_ERROR,
                                         G_DBUS_ERROR_INVALID_ARGS,
                                         _ ("There is no verb “%s”"), name);
}

/* -- see ----------------------------------------------------------------- */

typedef struct {
  MosScreen *screen;
  GBytes    *pixels;
  guint      width, height;
} Picture;

static void
picture_free (Picture *self)
{
  mos_screen_unref (self->screen);
  g_clear_pointer (&self->pixels, g_bytes_unref);
  g_free (self);
}

static void
capture_task (GTask        *task,
              gpointer      source,
              gpointer      task_data,
              GCancellable *cancellable)
{
  Picture *picture = task_data;

  picture->pixels =
      mos_screen_capture (picture->screen, &picture->width, &picture->height);
  g_task_return_boolean (task, TRUE);
}

static void
return_dark (GDBusMethodInvocation *call)
{
  g_dbus_method_invocation_return_dbus_error (
      call, MOS_BUS_ERROR_WRONG_STATE,
      _ ("There is no picture to save: the guest's screen is dark. Start the "
         "machine first."));
}

static void
captured_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *call = user_data;
  Picture               *picture = g_task_get_task_data (G_TASK (result));

  if (picture->pixels == NULL || picture->width == 0 || picture->height == 0)
    return_dark (call);
  else
    g_dbus_method_invocation_return_value (
        call, g_variant_new ("(uu@ay)", picture->width, picture->height,
                             g_variant_new_from_bytes (G_VARIANT_TYPE ("ay"),
                                                       picture->pixels, TRUE)));
}

static void
screenshot (MosVm *vm, GDBusMethodInvocation *call)
{
  g_autoptr (GTask) task = g_task_new (vm, NULL, captured_cb, call);
  Picture *picture = g_new0 (Picture, 1);

  picture->screen = mos_screen_ref (mos_vm_get_screen (vm));
  g_task_set_task_data (task, picture, (GDestroyNotify) picture_free);
  g_task_run_in_thread (task, capture_task);
}

/* -- calls --------------------------------------------------------------- */

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
  MosRemote     *self = user_data;
  MosHypervisor *hypervisor =
      mos_application_get_hypervisor (self->application);
  const char *name = NULL;
  MosVm      *vm;

  if (g_str_equal (method, "List")) {
    list (hypervisor, call);
    return;
  }
  if (g_str_equal (method, "Tree")) {
    tree (hypervisor, call);
    return;
  }
  g_variant_get_child (parameters, 0, "&s", &name);
  vm = mos_hypervisor_find (hypervisor, name);
  if (vm == NULL) {
    g_autofree char *text =
        g_strdup_printf (_ ("There is no machine “%s”"), name);

    g_dbus_method_invocation_return_dbus_error (call, MOS_BUS_ERROR_NOT_FOUND,
                                                text);
  } else if (g_str_equal (method, "Screenshot")) {
    if (mos_vm_why_not (vm, MOS_VM_ACTION_FORCE_STOP) == NULL)
      screenshot (vm, call);
    else
      return_dark (call);
  } else {
    const char *verb = NULL;

    g_variant_get_child (parameters, 1, "&s", &verb);
    act (vm, verb, call);
  }
}

static guint
register_interface (MosRemote *self, GError **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = call_cb };
  g_autoptr (GDBusNodeInfo) node =
      g_dbus_node_info_new_for_xml (interface_xml, error);

  if (node == NULL)
    return 0;
  return g_dbus_connection_register_object (self->connection, MOS_BUS_PATH,
                                            node->interfaces[0], &vtable, self,
                                            NULL, error);
}

MosRemote *
mos_remote_new (MosApplication  *application,
                GDBusConnection *connection,
                GError         **error)
{
  MosRemote *self = g_new0 (MosRemote, 1);

  self->application = application;
  self->connection = g_object_ref (connection);
  self->machines = register_interface (self, error);
  if (self->machines != 0)
    self->search =
        mos_search_provider_register (application, connection, error);
  if (self->search == 0)
    g_clear_pointer (&self, mos_remote_free);
  return self;
}

void
mos_remote_free (MosRemote *self)
{
  if (self == NULL)
    return;
  if (self->machines != 0)
    g_dbus_connection_unregister_object (self->connection, self->machines);
  if (self->search != 0)
    g_dbus_connection_unregister_object (self->connection, self->search);
  g_object_unref (self->connection);
  g_free (self);
}

void
mos_remote_state_changed (MosRemote *self, MosVm *vm)
{
  g_return_if_fail (self != NULL && MOS_IS_VM (vm));

  g_dbus_connection_emit_signal (
      self->connection, NULL, MOS_BUS_PATH, MOS_BUS_INTERFACE, "StateChanged",
      g_variant_new ("(ss)", mos_vm_get_uuid (vm),
                     mos_vm_state_name (mos_vm_get_state (vm))),
      NULL);
}
