/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The list of machines, and the limits on it.
 */
#include "engine/core/hypervisor.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/core/hypervisor-private.h"

#define LOG_LINES 1000
/* Deleted machines of a program that was killed go away some day. */
#define TRASH_DAYS_S (7 * 24 * 3600)
/* How long the end of the program waits for machines. */
#define SHUTDOWN_MS 900

struct _MosHypervisor {
  GObject parent_instance;

  char             *data_dir; /* NULL: nothing is kept */
  MosParts         *parts;
  MosLog           *log;
  MosHierarchyNode *tree;
  GPtrArray        *vms;     /* of MosVm */
  GHashTable       *deleted; /* uuid to MosVmConfig, while nothing is kept */
};

static GType
hypervisor_item_type (GListModel *list)
{
  return MOS_TYPE_VM;
}

static guint
hypervisor_n_items (GListModel *list)
{
  return MOS_HYPERVISOR (list)->vms->len;
}

static gpointer
hypervisor_item (GListModel *list, guint position)
{
  MosHypervisor *self = MOS_HYPERVISOR (list);

  return position < self->vms->len
             ? g_object_ref (g_ptr_array_index (self->vms, position))
             : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = hypervisor_item_type;
  iface->get_n_items = hypervisor_n_items;
  iface->get_item = hypervisor_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (MosHypervisor,
                               mos_hypervisor,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      list_model_init))

static void
mos_hypervisor_dispose (GObject *object)
{
  MosHypervisor *self = MOS_HYPERVISOR (object);

  self->parts->owner = NULL;
  for (guint i = 0; i < self->vms->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->vms, i),
                                          self);
  g_ptr_array_set_size (self->vms, 0);
  G_OBJECT_CLASS (mos_hypervisor_parent_class)->dispose (object);
}

static void
mos_hypervisor_finalize (GObject *object)
{
  MosHypervisor *self = MOS_HYPERVISOR (object);

  g_object_unref (self->tree);
  g_ptr_array_unref (self->vms);
  g_hash_table_unref (self->deleted);
  mos_vm_services_unref (&self->parts->base);
  mos_log_unref (self->log);
  g_free (self->data_dir);
  G_OBJECT_CLASS (mos_hypervisor_parent_class)->finalize (object);
}

static void
mos_hypervisor_class_init (MosHypervisorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mos_hypervisor_dispose;
  object_class->finalize = mos_hypervisor_finalize;
}

/* -- what machines ask on the main loop ---------------------------------- */

static gboolean
check_name (MosVmServices *services,
            MosVm         *vm,
            const char    *name,
            GError       **error)
{
  MosHypervisor *self = ((MosParts *) services)->owner;

  for (guint i = 0; self != NULL && i < self->vms->len; i++) {
    MosVm *other = g_ptr_array_index (self->vms, i);

    if (other == vm || !g_str_equal (mos_vm_get_name (other), name))
      continue;
    g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE,
                 _ ("There is already a machine called “%s”; choose another "
                    "name"),
                 name);
    return FALSE;
  }
  return TRUE;
}

static gboolean
save_vm (MosVmServices *services,
         MosVm         *vm,
         MosVmConfig   *config,
         GError       **error)
{
  MosHypervisor *self = ((MosParts *) services)->owner;

  return self == NULL ||
         mos_library_save (self->data_dir, mos_vm_get_uuid (vm), config, error);
}

static gboolean
remove_vm (MosVmServices *services, MosVm *vm, GError **error)
{
  MosHypervisor *self = ((MosParts *) services)->owner;

  if (self == NULL)
    return TRUE;
  if (self->data_dir == NULL)
    g_hash_table_insert (self->deleted, g_strdup (mos_vm_get_uuid (vm)),
                         g_object_ref (mos_vm_get_config (vm)));
  return mos_library_trash (self->data_dir, mos_vm_get_uuid (vm), error);
}

static void
mos_hypervisor_init (MosHypervisor *self)
{
  self->parts = mos_parts_new (self);
  self->parts->base.check_name = check_name;
  self->parts->base.save = save_vm;
  self->parts->base.remove = remove_vm;
  self->log = mos_log_new (LOG_LINES);
  self->tree = mos_hierarchy_node_new (MOS_NODE_HOST, 0);
  self->vms = g_ptr_array_new_with_free_func (g_object_unref);
  self->deleted =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

MosHypervisor *
mos_hypervisor_new (const char *data_dir)
{
  MosHypervisor *self = g_object_new (MOS_TYPE_HYPERVISOR, NULL);

  self->data_dir = g_strdup (data_dir);
  return self;
}

MosHierarchyNode *
mos_hypervisor_get_tree (MosHypervisor *self)
{
  g_return_val_if_fail (MOS_IS_HYPERVISOR (self), NULL);

  return self->tree;
}

void
mos_hypervisor_update_tree (MosHypervisor *self)
{
  g_return_if_fail (MOS_IS_HYPERVISOR (self));

  mos_tree_update (self->tree, self);
}

/* -- composition --------------------------------------------------------- */

void
mos_hypervisor_add_backend (MosHypervisor *self, const MosBackendClass *klass)
{
  MosBackendReport report = { .klass = klass };

  g_return_if_fail (!self->parts->probed);

  g_array_append_val (self->parts->backends, report);
}

void
mos_hypervisor_add_board (MosHypervisor *self, const MosBoardClass *klass)
{
  g_ptr_array_add (self->parts->boards, (gpointer) klass);
}

void
mos_hypervisor_set_guests (MosHypervisor      *self,
                           const MosGuestInfo *guests,
                           guint               n_guests)
{
  self->parts->guests = guests;
  self->parts->n_guests = n_guests;
}

const MosGuestInfo *
mos_hypervisor_find_guest (MosHypervisor *self, const char *name)
{
  for (guint i = 0; i < self->parts->n_guests; i++)
    if (g_str_equal (self->parts->guests[i].name, name))
      return &self->parts->guests[i];
  return NULL;
}

void
mos_hypervisor_set_open_image (MosHypervisor *self, MosOpenImageFunc func)
{
  self->parts->open_image = func;
}

void
mos_hypervisor_set_networks (MosHypervisor *self, MosNetworks *networks)
{
  mos_networks_unref (self->parts->networks);
  self->parts->networks = networks;
}

MosLog *
mos_hypervisor_get_log (MosHypervisor *self)
{
  return self->log;
}

/* -- machines ------------------------------------------------------------ */

static void
deleted_cb (MosVm *vm, MosHypervisor *self)
{
  guint position;

  if (!g_ptr_array_find (self->vms, vm, &position))
    return;
  g_signal_handlers_disconnect_by_data (vm, self);
  g_object_ref (vm);
  g_ptr_array_remove_index (self->vms, position);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  g_object_unref (vm);
}

static MosVm *
add_vm (MosHypervisor *self, MosVm *vm)
{
  g_signal_connect (vm, "deleted", G_CALLBACK (deleted_cb), self);
  g_ptr_array_add (self->vms, vm);
  g_list_model_items_changed (G_LIST_MODEL (self), self->vms->len - 1, 0, 1);
  return vm;
}

static gboolean
check_room (MosHypervisor *self, GError **error)
{
  if (self->vms->len < MOS_MAX_VMS)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_TOO_MANY_VMS,
               _ ("Too Many VMs: there are %u machines, and no more are "
                  "possible; delete one first"),
               self->vms->len);
  return FALSE;
}

static void
loaded_cb (gpointer user_data, const char *uuid, MosVmConfig *config)
{
  MosHypervisor *self = user_data;
  g_autoptr (GError) error = NULL;

  if (mos_hypervisor_find (self, uuid) != NULL)
    return;
  if (check_room (self, &error))
    add_vm (self, mos_vm_new (&self->parts->base, uuid, config));
  else
    mos_log (self->log, MOS_LOG_ERROR, _ ("“%s” is left out: %s"),
             mos_vm_config_get_string (config, "name"), error->message);
}

gboolean
mos_hypervisor_load (MosHypervisor *self, GError **error)
{
  mos_library_purge (self->data_dir, NULL, TRASH_DAYS_S);
  return mos_library_load (self->data_dir, self->log, loaded_cb, self, error);
}

MosVm *
mos_hypervisor_create_vm (MosHypervisor *self,
                          MosVmConfig   *config,
                          GError       **error)
{
  g_autoptr (MosVmConfig) copy = NULL;
  g_autoptr (MosVm) vm = NULL;
  const char *name = mos_vm_config_get_string (config, "name");

  if (!check_room (self, error) ||
      !mos_vm_config_validate (config, FALSE, error) ||
      !check_name (&self->parts->base, NULL, name, error))
    return NULL;
  copy = mos_vm_config_copy (config);
  vm = mos_vm_new (&self->parts->base, NULL, copy);
  if (!mos_library_save (self->data_dir, mos_vm_get_uuid (vm), copy, error)) {
    g_prefix_error (error, _ ("“%s” could not be created: "), name);
    return NULL;
  }
  mos_log (self->log, MOS_LOG_INFO, _ ("“%s” was created"), name);
  return add_vm (self, g_steal_pointer (&vm));
}

MosVm *
mos_hypervisor_find (MosHypervisor *self, const char *name_or_uuid)
{
  for (guint i = 0; i < self->vms->len; i++)
    if (g_str_equal (mos_vm_get_uuid (g_ptr_array_index (self->vms, i)),
                     name_or_uuid))
      return g_ptr_array_index (self->vms, i);
  for (guint i = 0; i < self->vms->len; i++)
    if (g_str_equal (mos_vm_get_name (g_ptr_array_index (self->vms, i)),
                     name_or_uuid))
      return g_ptr_array_index (self->vms, i);
  return NULL;
}

/* -- the trash ----------------------------------------------------------- */

static MosVmConfig *
take_deleted (MosHypervisor *self, const char *uuid, GError **error)
{
  g_autofree char *path = NULL;
  MosVmConfig     *config;

  if (self->data_dir == NULL) {
    config = g_hash_table_lookup (self->deleted, uuid);
    if (config != NULL)
      return g_object_ref (config);
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("The deleted machine is gone for good"));
    return NULL;
  }
  if (!mos_library_restore (self->data_dir, uuid, error))
    return NULL;
  path = mos_library_file (self->data_dir, uuid);
  return mos_vm_config_load (path, error);
}

MosVm *
mos_hypervisor_undelete (MosHypervisor *self, const char *uuid, GError **error)
{
  g_autoptr (MosVmConfig) config = NULL;
  const char *name;

  g_return_val_if_fail (g_uuid_string_is_valid (uuid), NULL);

  if (!check_room (self, error))
    return NULL;
  config = take_deleted (self, uuid, error);
  if (config == NULL)
    return NULL;
  name = mos_vm_config_get_string (config, "name");
  if (!check_name (&self->parts->base, NULL, name, error)) {
    mos_library_trash (self->data_dir, uuid, NULL);
    return NULL;
  }
  g_hash_table_remove (self->deleted, uuid);
  mos_log (self->log, MOS_LOG_INFO, _ ("“%s” was brought back"), name);
  return add_vm (self, mos_vm_new (&self->parts->base, uuid, config));
}

void
mos_hypervisor_purge (MosHypervisor *self, const char *uuid)
{
  if (uuid != NULL)
    g_hash_table_remove (self->deleted, uuid);
  else
    g_hash_table_remove_all (self->deleted);
  mos_library_purge (self->data_dir, uuid, 0);
}

/* -- the host ------------------------------------------------------------ */

const MosBackendReport *
mos_hypervisor_get_backends (MosHypervisor *self, guint *n)
{
  mos_parts_probe (self->parts);
  *n = self->parts->backends->len;
  return (const MosBackendReport *) self->parts->backends->data;
}

GPtrArray *
mos_hypervisor_list_nesting_blockers (MosHypervisor        *self,
                                      const MosNestingWish *wish)
{
  guint                   n;
  const MosBackendReport *reports = mos_hypervisor_get_backends (self, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (reports[i].klass->name, "kvm"))
      return mos_parts_nesting_blockers (self->parts, &reports[i], wish);
  return mos_nesting_find_blockers (self->parts->root, NULL, wish);
}

const MosBackendClass *
mos_hypervisor_choose_backend (MosHypervisor *self,
                               const char    *accel,
                               char         **why,
                               GError       **error)
{
  const MosVmNeeds needs = { .accel = accel, .n_vcpus = 1 };

  return mos_parts_choose (self->parts, &needs, NULL, why, error);
}

char *
mos_hypervisor_describe_host (MosHypervisor *self, gboolean json)
{
  return mos_host_describe (self, self->parts, json);
}

/* -- the end ------------------------------------------------------------- */

static gboolean
is_alive (MosVm *vm)
{
  return mos_vm_get_state (vm) != MOS_VM_STOPPED &&
         mos_vm_get_state (vm) != MOS_VM_DELETED;
}

static gboolean
any_alive (MosHypervisor *self)
{
  for (guint i = 0; i < self->vms->len; i++)
    if (is_alive (g_ptr_array_index (self->vms, i)))
      return TRUE;
  return FALSE;
}

static gboolean
time_over_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

void
mos_hypervisor_shutdown (MosHypervisor *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GSource) source = g_timeout_source_new (SHUTDOWN_MS);
  gboolean time_over = FALSE;

  g_source_set_callback (source, time_over_cb, &time_over, NULL);
  g_source_attach (source, context);
  for (guint i = 0; i < self->vms->len; i++) {
    MosVm *vm = g_ptr_array_index (self->vms, i);

    if (is_alive (vm))
      g_object_unref (mos_vm_force_stop (vm));
  }
  while (any_alive (self) && !time_over)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (source);
  mos_hypervisor_purge (self, NULL);
}
