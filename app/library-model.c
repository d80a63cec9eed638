/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Machines under headings: whenever something changes the rows are laid out
 * anew, and what differs from before is announced as one change, so that the
 * list keeps the rows, the selection and the focus it has. Main thread.
 */
#include "app/library-model.h"

struct _MosGroup {
  GObject parent_instance;

  char    *name;
  gboolean expanded;
  guint    size;
};

enum {
  PROP_0,
  PROP_NAME,
  PROP_EXPANDED,
  PROP_SIZE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (MosGroup, mos_group, G_TYPE_OBJECT)

struct _MosLibraryModel {
  GObject parent_instance;

  GListModel *machines;
  GSettings  *settings;
  GPtrArray  *rows;    /* of MosVm and MosGroup, referenced */
  GPtrArray  *watched; /* the machines whose group is watched */
  GHashTable *groups;  /* name to MosGroup */
  gboolean    open;
};

static void model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MosLibraryModel,
                               mos_library_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      model_iface_init))

/* -- a group ------------------------------------------------------------- */

static void
mos_group_get_property (GObject    *object,
                        guint       id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  MosGroup *self = MOS_GROUP (object);

  if (id == PROP_NAME)
    g_value_set_string (value, self->name);
  else if (id == PROP_EXPANDED)
    g_value_set_boolean (value, self->expanded);
  else if (id == PROP_SIZE)
    g_value_set_uint (value, self->size);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
mos_group_set_property (GObject      *object,
                        guint         id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  if (id == PROP_EXPANDED)
    mos_group_set_expanded (MOS_GROUP (object), g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
mos_group_finalize (GObject *object)
{
  g_free (MOS_GROUP (object)->name);
  G_OBJECT_CLASS (mos_group_parent_class)->finalize (object);
}

static void
mos_group_class_init (MosGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags   flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = mos_group_get_property;
  object_class->set_property = mos_group_set_property;
  object_class->finalize = mos_group_finalize;
  properties[PROP_NAME] =
      g_param_spec_string ("name", NULL, NULL, NULL, flags | G_PARAM_READABLE);
  properties[PROP_EXPANDED] = g_param_spec_boolean (
      "expanded", NULL, NULL, TRUE, flags | G_PARAM_READWRITE);
  properties[PROP_SIZE] = g_param_spec_uint ("size", NULL, NULL, 0, G_MAXUINT,
                                             0, flags | G_PARAM_READABLE);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
mos_group_init (MosGroup *self)
{
  self->expanded = TRUE;
}

const char *
mos_group_get_name (MosGroup *self)
{
  g_return_val_if_fail (MOS_IS_GROUP (self), NULL);
  return self->name;
}

gboolean
mos_group_get_expanded (MosGroup *self)
{
  g_return_val_if_fail (MOS_IS_GROUP (self), TRUE);
  return self->expanded;
}

guint
mos_group_get_size (MosGroup *self)
{
  g_return_val_if_fail (MOS_IS_GROUP (self), 0);
  return self->size;
}

void
mos_group_set_expanded (MosGroup *self, gboolean expanded)
{
  g_return_if_fail (MOS_IS_GROUP (self));

  if (self->expanded == expanded)
    return;
  self->expanded = expanded;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_EXPANDED]);
}

static void
set_size (MosGroup *self, guint size)
{
  if (self->size == size)
    return;
  self->size = size;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SIZE]);
}

/* -- laying out ---------------------------------------------------------- */

const char *
mos_library_group_of (MosVm *vm)
{
  const char *group =
      mos_vm_config_get_string (mos_vm_get_config (vm), "group");

  return group != NULL ? group : "";
}

static void lay_out (MosLibraryModel *self);

static void
expanded_cb (MosLibraryModel *self)
{
  g_autoptr (GPtrArray) collapsed = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer       group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, &group))
    if (!mos_group_get_expanded (group))
      g_ptr_array_add (collapsed, (gpointer) mos_group_get_name (group));
  g_ptr_array_add (collapsed, NULL);
  g_settings_set_strv (self->settings, "collapsed-groups",
                       (const char *const *) collapsed->pdata);
  lay_out (self);
}

static MosGroup *
take_group (MosLibraryModel *self, const char *name)
{
  MosGroup *group = g_hash_table_lookup (self->groups, name);
  g_auto (GStrv) collapsed = NULL;

  if (group != NULL)
    return group;
  collapsed = g_settings_get_strv (self->settings, "collapsed-groups");
  group = g_object_new (MOS_TYPE_GROUP, NULL);
  group->name = g_strdup (name);
  group->expanded = !g_strv_contains ((const char *const *) collapsed, name);
  g_signal_connect_object (group, "notify::expanded", G_CALLBACK (expanded_cb),
                           self, G_CONNECT_SWAPPED);
  g_hash_table_insert (self->groups, group->name, group);
  return group;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_utf8_collate (*(const char *const *) a, *(const char *const *) b);
}

/* The names of all groups, sorted; they belong to the configurations. */
static GPtrArray *
find_names (MosLibraryModel *self)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->watched->len; i++) {
    const char *name = mos_library_group_of (self->watched->pdata[i]);

    if (*name != '\0' &&
        !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
      g_ptr_array_add (names, (gpointer) name);
  }
  g_ptr_array_sort (names, compare_names);
  return names;
}

static guint
add_machines (MosLibraryModel *self,
              GPtrArray       *rows,
              const char      *group,
              gboolean         shown)
{
  guint n = 0;

  for (guint i = 0; i < self->watched->len; i++) {
    MosVm *vm = self->watched->pdata[i];

    if (!g_str_equal (mos_library_group_of (vm), group))
      continue;
    if (shown)
      g_ptr_array_add (rows, g_object_ref (vm));
    n++;
  }
  return n;
}

static void
lay_out (MosLibraryModel *self)
{
  g_autoptr (GPtrArray) old = self->rows;
  g_autoptr (GPtrArray) names = find_names (self);
  GPtrArray *rows = g_ptr_array_new_with_free_func (g_object_unref);
  guint      before = 0, after = 0;

  add_machines (self, rows, "", TRUE);
  for (guint i = 0; i < names->len; i++) {
    MosGroup *group = take_group (self, names->pdata[i]);

    g_ptr_array_add (rows, g_object_ref (group));
    set_size (group, add_machines (self, rows, names->pdata[i],
                                   group->expanded || self->open));
  }
  self->rows = rows;
  while (before < MIN (old->len, rows->len) &&
         old->pdata[before] == rows->pdata[before])
    before++;
  while (after < MIN (old->len, rows->len) - before &&
         old->pdata[old->len - 1 - after] == rows->pdata[rows->len - 1 - after])
    after++;
  if (old->len != rows->len || before < rows->len)
    g_list_model_items_changed (G_LIST_MODEL (self), before,
                                old->len - before - after,
                                rows->len - before - after);
}

/* -- the machines -------------------------------------------------------- */

static void
forget_machines (MosLibraryModel *self)
{
  for (guint i = 0; i < self->watched->len; i++)
    g_signal_handlers_disconnect_by_data (self->watched->pdata[i], self);
  g_ptr_array_set_size (self->watched, 0);
}

static void
machines_cb (MosLibraryModel *self)
{
  forget_machines (self);
  for (guint i = 0; i < g_list_model_get_n_items (self->machines); i++) {
    MosVm *vm = g_list_model_get_item (self->machines, i);

    g_ptr_array_add (self->watched, vm);
    g_signal_connect_swapped (vm, "notify::config", G_CALLBACK (lay_out), self);
  }
  lay_out (self);
}

/* -- as a list ----------------------------------------------------------- */

static GType
get_item_type (GListModel *model)
{
  return G_TYPE_OBJECT;
}

static guint
get_n_items (GListModel *model)
{
  return MOS_LIBRARY_MODEL (model)->rows->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  MosLibraryModel *self = MOS_LIBRARY_MODEL (model);

  return position < self->rows->len ? g_object_ref (self->rows->pdata[position])
                                    : NULL;
}

static void
model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
mos_library_model_dispose (GObject *object)
{
  MosLibraryModel *self = MOS_LIBRARY_MODEL (object);

  forget_machines (self);
  if (self->machines != NULL)
    g_signal_handlers_disconnect_by_data (self->machines, self);
  g_clear_object (&self->machines);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (mos_library_model_parent_class)->dispose (object);
}

static void
mos_library_model_finalize (GObject *object)
{
  MosLibraryModel *self = MOS_LIBRARY_MODEL (object);

  g_ptr_array_unref (self->rows);
  g_ptr_array_unref (self->watched);
  g_hash_table_unref (self->groups);
  G_OBJECT_CLASS (mos_library_model_parent_class)->finalize (object);
}

static void
mos_library_model_class_init (MosLibraryModelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_library_model_dispose;
  G_OBJECT_CLASS (klass)->finalize = mos_library_model_finalize;
}

static void
mos_library_model_init (MosLibraryModel *self)
{
  self->rows = g_ptr_array_new_with_free_func (g_object_unref);
  self->watched = g_ptr_array_new_with_free_func (g_object_unref);
  self->groups =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
}

MosLibraryModel *
mos_library_model_new (GListModel *machines, GSettings *settings)
{
  MosLibraryModel *self = g_object_new (MOS_TYPE_LIBRARY_MODEL, NULL);

  self->machines = g_object_ref (machines);
  self->settings = g_object_ref (settings);
  g_signal_connect_swapped (machines, "items-changed", G_CALLBACK (machines_cb),
                            self);
  machines_cb (self);
  return self;
}

void
mos_library_model_set_open (MosLibraryModel *self, gboolean open)
{
  g_return_if_fail (MOS_IS_LIBRARY_MODEL (self));

  if (self->open == open)
    return;
  self->open = open;
  lay_out (self);
}

void
mos_library_model_reveal (MosLibraryModel *self, MosVm *vm)
{
  MosGroup *group;

  g_return_if_fail (MOS_IS_LIBRARY_MODEL (self) && MOS_IS_VM (vm));

  group = g_hash_table_lookup (self->groups, mos_library_group_of (vm));
  if (group != NULL)
    mos_group_set_expanded (group, TRUE);
}

char **
mos_library_model_list_groups (MosLibraryModel *self)
{
  g_autoptr (GPtrArray) names = NULL;
  GStrvBuilder *builder;
  char        **list;

  g_return_val_if_fail (MOS_IS_LIBRARY_MODEL (self), NULL);

  names = find_names (self);
  builder = g_strv_builder_new ();
  for (guint i = 0; i < names->len; i++)
    g_strv_builder_add (builder, names->pdata[i]);
  list = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return list;
}
