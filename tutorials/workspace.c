/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The learner's folder of a lab. Main loop; the compiler is a process of its
 * own.
 */
#include "tutorials/workspace.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/file.h"
#include "tutorials/labs/labs-resources.h"

#define FOLDER         "/org/multios/Lab/labs/"
#define MAX_FILE_BYTES (256 * 1024)
#define MAX_LOG_BYTES  (64 * 1024)
#define MAX_DEPTH      3    /* of folders that are removed */
#define MAX_OLD        1000 /* versions of a file that are kept */

char *
mos_workspaces_folder (void)
{
  return g_build_filename (g_get_user_data_dir (), "multios-lab", "workspaces",
                           NULL);
}

char *
mos_workspace_folder (const MosLab *lab)
{
  g_autofree char *parent = mos_workspaces_folder ();

  g_return_val_if_fail (lab != NULL, NULL);

  return g_build_filename (parent, lab->id, NULL);
}

/* -- what the lab brought ------------------------------------------------ */

/* Letters, digits, - _ . and single slashes; no part begins with a dot. */
static gboolean
is_safe (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (parts[i][0] == '\0' || parts[i][0] == '.' ||
        strspn (parts[i],
                "abcdefghijklmnopqrstuvwxyz"
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen (parts[i]))
      return FALSE;
  return parts[0] != NULL;
}

static char *
place_of (const MosLab *lab, const char *name)
{
  g_autofree char *folder = NULL;

  if (lab->shipped)
    return g_strconcat (FOLDER, lab->id, "/files/", name, NULL);
  if (lab->path == NULL)
    return NULL;
  folder = g_path_get_dirname (lab->path);
  return g_build_filename (folder, "files", name, NULL);
}

static GBytes *
read_file (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  GStatBuf         info;
  gsize            size;

  /* A link could lead out of the lab's folder. */
  if (g_lstat (path, &info) != 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("%s cannot be read: %s"), path, g_strerror (errno));
    return NULL;
  }
  if (!mos_file_fits (path, &info, MAX_FILE_BYTES, error) ||
      !g_file_get_contents (path, &text, &size, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&text), size);
}

GBytes *
mos_lab_file (const MosLab *lab, const char *name, GError **error)
{
  g_autofree char *place = NULL;

  g_return_val_if_fail (lab != NULL && name != NULL, NULL);

  if (!is_safe (name)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” is no name of a lab's file"), name);
    return NULL;
  }
  place = place_of (lab, name);
  if (place != NULL && lab->shipped)
    return g_resource_lookup_data (mos_lab_files_get_resource (), place,
                                   G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (place != NULL)
    return read_file (place, error);
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("this lab brings no files"));
  return NULL;
}

char **
mos_lab_files (const MosLab *lab, const char *folder)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autofree char *place = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;
  guint       n = 0;

  g_return_val_if_fail (lab != NULL && folder != NULL, NULL);

  if (!is_safe (folder) || (place = place_of (lab, folder)) == NULL)
    return g_strv_builder_end (names);
  if (lab->shipped) {
    char **children =
        g_resource_enumerate_children (mos_lab_files_get_resource (), place,
                                       G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

    return children != NULL ? children : g_strv_builder_end (names);
  }
  dir = g_dir_open (place, 0, NULL);
  while (dir != NULL && n < MOS_WORKSPACE_MAX_FILES &&
         (name = g_dir_read_name (dir)) != NULL)
    if (is_safe (name)) {
      g_strv_builder_add (names, name);
      n++;
    }
  return g_strv_builder_end (names);
}

/* -- the folder ---------------------------------------------------------- */

/* Moves the file aside under the first free name “NAME.1~”; FALSE if it holds
 * just these bytes. */
static gboolean
keep_old (const char *path, const char *data, gsize size)
{
  g_autofree char *text = NULL;
  gsize            length;

  if (g_file_get_contents (path, &text, &length, NULL) && length == size &&
      memcmp (text, data, size) == 0)
    return FALSE;
  for (guint i = 1; i < MAX_OLD; i++) {
    g_autofree char *old = g_strdup_printf ("%s.%u~", path, i);

    if (!g_file_test (old, G_FILE_TEST_EXISTS)) {
      g_rename (path, old);
      break;
    }
  }
  return TRUE;
}

static gboolean
put (const char *workspace,
     const char *name,
     GBytes     *bytes,
     gboolean    replace,
     GError    **error)
{
  g_autofree char *path = g_build_filename (workspace, name, NULL);
  gsize            size;
  const char      *data = g_bytes_get_data (bytes, &size);

  if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    if (!replace)
      return TRUE;
    if (!keep_old (path, data, size))
      return TRUE; /* it is the same */
  }
  return g_file_set_contents (path, data, (gssize) size, error);
}

gboolean
mos_workspace_fill (const MosLab *lab,
                    const char   *workspace,
                    const char   *folder,
                    gboolean      replace,
                    GError      **error)
{
  g_auto (GStrv) names = mos_lab_files (lab, folder);

  g_return_val_if_fail (workspace != NULL, FALSE);

  if (names == NULL || names[0] == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("the lab brings no files “%s”"), folder);
    return FALSE;
  }
  if (g_mkdir_with_parents (workspace, 0700) != 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be made"),
                 workspace);
    return FALSE;
  }
  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *name = g_strconcat (folder, "/", names[i], NULL);
    g_autoptr (GBytes) bytes = mos_lab_file (lab, name, error);

    if (bytes == NULL || !put (workspace, names[i], bytes, replace, error))
      return FALSE;
  }
  return TRUE;
}

/* Links are removed, not followed. */
static void
remove_tree (const char *folder, guint depth)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (depth < MAX_DEPTH && g_file_test (path, G_FILE_TEST_IS_DIR) &&
        !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      remove_tree (path, depth + 1);
    else
      g_unlink (path);
  }
  g_rmdir (folder);
}

void
mos_workspace_remove (const char *folder)
{
  g_return_if_fail (folder != NULL);

  remove_tree (folder, 0);
}

/* -- building ------------------------------------------------------------ */

static const char linker_script[] =
    "ENTRY (_start)\n"
    "SECTIONS {\n"
    "  . = 0x100000;\n"
    "  .text : { *(.multiboot) *(.text .text.*) }\n"
    "  .rodata : { *(.rodata .rodata.*) }\n"
    "  .data : { *(.data .data.*) }\n"
    "  .bss : { *(.bss .bss.*) *(COMMON) }\n"
    "  /DISCARD/ : { *(.comment) *(.eh_frame) *(.note.*) }\n"
    "}\n";

const char *
mos_workspace_why_no_compiler (void)
{
  g_autofree char *gcc = g_find_program_in_path ("gcc");

  return gcc != NULL ? NULL
                     : _ ("There is no compiler here; install the package gcc");
}

static gboolean
is_source (const char *name)
{
  return is_safe (name) &&
         (g_str_has_suffix (name, ".c") || g_str_has_suffix (name, ".S"));
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The command, with the sources in order; NULL: there are none. */
static char **
make_command (const char *workspace)
{
  static const char *const flags[] = {
    "gcc",
    "-m32",
    "-ffreestanding",
    "-nostdlib",
    "-static",
    "-O1",
    "-g0",
    "-fno-pic",
    "-no-pie",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-mgeneral-regs-only",
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    "-fdiagnostics-color=never",
    "-Wl,-m,elf_i386",
    "-Wl,--build-id=none",
    "-Wl,--no-warn-rwx-segments",
    "-Wl,-T,.kernel.ld",
    "-o",
    MOS_WORKSPACE_KERNEL,
  };
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autoptr (GPtrArray) sources = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (workspace, 0, NULL);
  const char *name;

  while (dir != NULL && sources->len < MOS_WORKSPACE_MAX_FILES &&
         (name = g_dir_read_name (dir)) != NULL)
    if (is_source (name))
      g_ptr_array_add (sources, g_strdup (name));
  if (sources->len == 0)
    return NULL;
  g_ptr_array_sort (sources, by_name);
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    g_strv_builder_add (words, flags[i]);
  for (guint i = 0; i < sources->len; i++)
    g_strv_builder_add (words, sources->pdata[i]);
  return g_strv_builder_end (words);
}

static void
built_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char   *output = NULL;
  gsize   length;

  if (!g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result,
                                             &output, NULL, &error)) {
    g_subprocess_force_exit (G_SUBPROCESS (source));
    g_task_return_error (task, error);
    return;
  }
  length = output != NULL ? strlen (output) : 0;
  if (length > MAX_LOG_BYTES)
    output[MAX_LOG_BYTES] = '\0';
  g_task_set_task_data (task, output, g_free);
  if (g_subprocess_get_successful (G_SUBPROCESS (source)))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (
        task, MOS_ERROR, MOS_ERROR_FAILED, "%s",
        output != NULL && *output != '\0' ? output : _ ("the compiler failed"));
}

void
mos_workspace_build (const char         *workspace,
                     GCancellable       *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *script = g_build_filename (workspace, ".kernel.ld", NULL);
  g_auto (GStrv) command = make_command (workspace);
  GError *error = NULL;

  if (mos_workspace_why_no_compiler () != NULL || command == NULL) {
    g_task_return_new_error (task, MOS_ERROR, MOS_ERROR_NOT_FOUND, "%s",
                             command == NULL
                                 ? _ ("there are no sources to build")
                                 : mos_workspace_why_no_compiler ());
    return;
  }
  if (!g_file_set_contents (script, linker_script, -1, &error)) {
    g_task_return_error (task, error);
    return;
  }
  g_subprocess_launcher_set_cwd (launcher, workspace);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  process = g_subprocess_launcher_spawnv (
      launcher, (const char *const *) command, &error);
  if (process == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_subprocess_communicate_utf8_async (process, NULL, cancellable, built_cb,
                                       g_object_ref (task));
}

gboolean
mos_workspace_build_finish (GAsyncResult *result, char **log, GError **error)
{
  const char *output = g_task_get_task_data (G_TASK (result));

  if (log != NULL)
    *log = g_strdup (output);
  return g_task_propagate_boolean (G_TASK (result), error);
}
