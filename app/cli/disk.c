/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios disk create`, `info`, `check`, `convert` and `resize`: what one does
 * with a disk image besides running it.  Main thread only.
 */

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "app/cli/commands.h"
#include "app/cli/json.h"
#include "devices/devices.h"
#include "engine/engine.h"

/* Options that several of the commands have. */
#define FORMAT_HELP N_ ("raw or qcow2; without it, the first bytes tell")

static const MosCliOption create_options[] = {
  { .name = "format",
    .argument = "F",
    .help = N_ ("raw or qcow2, which is the default") },
  { .name = "backing",
    .argument = "FILE",
    .help = N_ ("what reads where nothing has been written; qcow2 only") },
  { .name = "backing-format", .argument = "F", .help = FORMAT_HELP },
  { NULL },
};

static const MosCliOption info_options[] = {
  { .name = "format", .argument = "F", .help = FORMAT_HELP },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const MosCliOption check_options[] = {
  { .name = "format", .argument = "F", .help = FORMAT_HELP },
  { .name = "repair", .help = N_ ("put use counts right") },
  { .name = "json", .help = N_ ("print JSON") },
  { NULL },
};

static const MosCliOption convert_options[] = {
  { .name = "format",
    .argument = "F",
    .help = N_ ("of the new image: raw or qcow2, which is the default") },
  { .name = "source-format", .argument = "F", .help = FORMAT_HELP },
  { NULL },
};

static const MosCliOption resize_options[] = {
  { .name = "format", .argument = "F", .help = FORMAT_HELP },
  { .name = "shrink", .help = N_ ("allow it to become smaller") },
  { NULL },
};

/* What kind of status an error of the image library is. */
static int
fail (const MosCliCommand *self, const GError *error)
{
  mos_cli_complain (self, "%s", error->message);
  return g_error_matches (error, MOS_ERROR, MOS_ERROR_IO) ? MOS_CLI_FAILED
                                                          : MOS_CLI_USAGE;
}

static const char *
nth_word (const MosCliArguments *arguments, guint n)
{
  return n < arguments->words->len ? g_ptr_array_index (arguments->words, n)
                                   : NULL;
}

/* "20G", "512M", "1048576": bytes, or with a suffix units of 1024. */
static gboolean
parse_size (const char *text, guint64 *bytes)
{
  static const char suffixes[] = "KMGT";
  gsize             length = strlen (text);
  g_autofree char  *digits = g_strdup (text);
  const char       *suffix;
  guint             shift = 0;

  if (length > 1 && !g_ascii_isdigit (text[length - 1])) {
    suffix = strchr (suffixes, g_ascii_toupper (text[length - 1]));
    if (suffix == NULL)
      return FALSE;
    shift = ((guint) (suffix - suffixes) + 1) * 10;
    digits[length - 1] = '\0';
  }
  if (!g_ascii_string_to_unsigned (digits, 10, 0, G_MAXINT64 >> shift, bytes,
                                   NULL))
    return FALSE;
  *bytes <<= shift;
  return TRUE;
}

static int
complain_size (const MosCliCommand *self, const char *text)
{
  return mos_cli_complain (
      self, _ ("“%s” is no size: give bytes, or a number with K, M, G or T"),
      text);
}

/* -- create -------------------------------------------------------------- */

static int
run_create (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *path = nth_word (arguments, 0);
  const char *text = nth_word (arguments, 1);
  const char *format = mos_cli_value (arguments, "format");
  const char *backing = mos_cli_value (arguments, "backing");
  guint64     size = 0;
  g_autoptr (GError) error = NULL;

  if (text == NULL && backing == NULL)
    return mos_cli_complain (self,
                             _ ("how large? “multios disk create %s "
                                "20G”"),
                             path);
  if (text != NULL && !parse_size (text, &size))
    return complain_size (self, text);
  if (!mos_image_create (path, format != NULL ? format : "qcow2", size, backing,
                         mos_cli_value (arguments, "backing-format"), &error))
    return fail (self, error);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_disk_create = {
  .name = "disk create",
  .synopsis = "FILE [SIZE] [OPTION…]",
  .summary = N_ ("make a new disk image"),
  .options = create_options,
  .min_words = 1,
  .max_words = 2,
  .run = run_create,
};

/* -- info ---------------------------------------------------------------- */

static void
add_snapshots_json (JsonBuilder *builder, const MosImageInfo *info)
{
  json_builder_set_member_name (builder, "snapshots");
  json_builder_begin_array (builder);
  for (guint i = 0; i < info->snapshots->len; i++) {
    const MosImageSnapshot *snapshot = g_ptr_array_index (info->snapshots, i);

    json_builder_begin_object (builder);
    mos_json_add_string (builder, "id", snapshot->id);
    mos_json_add_string (builder, "name", snapshot->name);
    mos_json_add_int (builder, "size", (gint64) snapshot->size);
    mos_json_add_int (builder, "time", snapshot->time_s);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
print_info_json (const char *path, const MosImageInfo *info)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  mos_json_add_string (builder, "file", path);
  mos_json_add_string (builder, "format", info->format);
  mos_json_add_int (builder, "size", (gint64) info->size);
  mos_json_add_int (builder, "file_size", (gint64) info->file_size);
  mos_json_add_int (builder, "disk_bytes", (gint64) info->disk_bytes);
  if (info->backing != NULL)
    mos_json_add_string (builder, "backing", info->backing);
  if (info->backing_format != NULL)
    mos_json_add_string (builder, "backing_format", info->backing_format);
  if (info->version != 0) {
    mos_json_add_int (builder, "version", info->version);
    mos_json_add_int (builder, "cluster_bytes", info->cluster_bytes);
    mos_json_add_string (builder, "compression", info->compression);
    mos_json_add_boolean (builder, "dirty", info->dirty);
    mos_json_add_boolean (builder, "corrupt", info->corrupt);
    mos_json_add_boolean (builder, "lazy_refcounts", info->lazy_refcounts);
    add_snapshots_json (builder, info);
  }
  json_builder_end_object (builder);
  mos_json_print (builder);
}

static void
print_info_text (const char *path, const MosImageInfo *info)
{
  g_autofree char *size = g_format_size_full (
      info->size, G_FORMAT_SIZE_IEC_UNITS | G_FORMAT_SIZE_LONG_FORMAT);
  g_autofree char *taken =
      g_format_size_full (info->disk_bytes, G_FORMAT_SIZE_IEC_UNITS);

  g_print (_ ("image:    %s\nformat:   %s\ndisk:     %s\nspace:    %s\n"), path,
           info->format, size, taken);
  if (info->version != 0)
    g_print (_ ("version:  %u\nclusters: %u bytes\n"), info->version,
             info->cluster_bytes);
  if (info->backing != NULL)
    g_print (_ ("lies on:  %s\n"), info->backing);
  if (info->dirty)
    g_print (_ ("It was not closed well; the next machine puts it right.\n"));
  if (info->corrupt)
    g_print (_ ("It is marked as damaged.\n"));
  for (guint i = 0; i < info->snapshots->len; i++) {
    const MosImageSnapshot *snapshot = g_ptr_array_index (info->snapshots, i);
    g_autoptr (GDateTime) time =
        g_date_time_new_from_unix_local (snapshot->time_s);
    g_autofree char *when =
        time != NULL ? g_date_time_format (time, "%F %T") : g_strdup ("-");

    g_print (_ ("snapshot: %s, %s, %s\n"), snapshot->id, snapshot->name, when);
  }
}

static int
run_info (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *path = nth_word (arguments, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (MosImageInfo) info =
      mos_image_info (path, mos_cli_value (arguments, "format"), &error);

  if (info == NULL)
    return fail (self, error);
  if (mos_cli_has (arguments, "json"))
    print_info_json (path, info);
  else
    print_info_text (path, info);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_disk_info = {
  .name = "disk info",
  .synopsis = "FILE [OPTION…]",
  .summary = N_ ("say what a disk image is"),
  .options = info_options,
  .min_words = 1,
  .max_words = 1,
  .run = run_info,
};

/* -- check --------------------------------------------------------------- */

static void
print_check_json (const char *path, const MosImageCheck *check)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  mos_json_add_string (builder, "file", path);
  mos_json_add_int (builder, "clusters", (gint64) check->clusters);
  mos_json_add_int (builder, "errors", (gint64) check->errors);
  mos_json_add_int (builder, "leaks", (gint64) check->leaks);
  mos_json_add_int (builder, "repaired", (gint64) check->repaired);
  if (check->first != NULL)
    mos_json_add_string (builder, "first", check->first);
  json_builder_end_object (builder);
  mos_json_print (builder);
}

static void
print_check_text (const char *path, const MosImageCheck *check)
{
  if (check->errors == 0 && check->leaks == 0)
    g_print (_ ("%s: in order\n"), path);
  if (check->leaks > 0)
    g_print (_ ("%s: %llu clusters are counted as used and are not: space is "
                "lost, no data\n"),
             path, (unsigned long long) check->leaks);
  if (check->errors > 0)
    g_print (_ ("%s: %llu errors; the first: %s\n"), path,
             (unsigned long long) check->errors, check->first);
  if (check->repaired > 0)
    g_print (_ ("%s: %llu counts put right\n"), path,
             (unsigned long long) check->repaired);
}

/* Errors that are left make it fail; leaks do no harm. */
static int
run_check (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char   *path = nth_word (arguments, 0);
  const char   *format = mos_cli_value (arguments, "format");
  gboolean      repair = mos_cli_has (arguments, "repair");
  MosImageCheck check, again;
  int           status;
  g_autoptr (GError) error = NULL;

  if (!mos_image_check (path, format, repair, &check, &error))
    return fail (self, error);
  status = check.errors > 0 ? MOS_CLI_FAILED : MOS_CLI_OK;
  if (repair && status != MOS_CLI_OK &&
      mos_image_check (path, format, FALSE, &again, NULL)) {
    status = again.errors > 0 ? MOS_CLI_FAILED : MOS_CLI_OK;
    mos_image_check_clear (&again);
  }
  if (mos_cli_has (arguments, "json"))
    print_check_json (path, &check);
  else
    print_check_text (path, &check);
  mos_image_check_clear (&check);
  return status;
}

const MosCliCommand mos_cli_disk_check = {
  .name = "disk check",
  .synopsis = "FILE [OPTION…]",
  .summary = N_ ("look for damage in a qcow2 image"),
  .options = check_options,
  .min_words = 1,
  .max_words = 1,
  .run = run_check,
};

/* -- convert and resize -------------------------------------------------- */

static int
run_convert (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *format = mos_cli_value (arguments, "format");
  g_autoptr (GError) error = NULL;

  if (!mos_image_convert (
          nth_word (arguments, 0), mos_cli_value (arguments, "source-format"),
          nth_word (arguments, 1), format != NULL ? format : "qcow2", NULL,
          NULL, &error))
    return fail (self, error);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_disk_convert = {
  .name = "disk convert",
  .synopsis = "SOURCE TARGET [OPTION…]",
  .summary = N_ ("copy a disk into a new image"),
  .options = convert_options,
  .min_words = 2,
  .max_words = 2,
  .run = run_convert,
};

static int
run_resize (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *path = nth_word (arguments, 0);
  const char *text = nth_word (arguments, 1);
  const char *format = mos_cli_value (arguments, "format");
  gboolean    more = text[0] == '+';
  guint64     size;
  g_autoptr (GError) error = NULL;
  g_autoptr (MosImageInfo) info = NULL;

  if (!parse_size (text + more, &size))
    return complain_size (self, text);
  if (more) {
    info = mos_image_info (path, format, &error);
    if (info == NULL)
      return fail (self, error);
    size += info->size;
  }
  if (!mos_image_resize (path, format, size, mos_cli_has (arguments, "shrink"),
                         &error))
    return fail (self, error);
  return MOS_CLI_OK;
}

const MosCliCommand mos_cli_disk_resize = {
  .name = "disk resize",
  .synopsis = "FILE [+]SIZE [OPTION…]",
  .summary = N_ ("make a disk larger, or smaller"),
  .options = resize_options,
  .min_words = 2,
  .max_words = 2,
  .run = run_resize,
};
