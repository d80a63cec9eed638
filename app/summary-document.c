/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A summary for people: HTML in one file, with the graphs as SVG inside it,
 * and PDF through Cairo.
 */
#include <cairo-pdf.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "app/draw-text.h"
#include "app/summary.h"

#define PLOT_WIDTH  720.0
#define PLOT_HEIGHT 240.0
#define PAGE_WIDTH  595.0 /* A4 in points */
#define PAGE_HEIGHT 842.0
#define PAGE_MARGIN 48.0
#define MAX_ROWS    40u

static const char style[] =
    "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
    "color:#222;background:#fff}h1{font-size:1.8em}h2{margin-top:1.6em}"
    "table{border-collapse:collapse}th,td{padding:.2em .8em;text-align:left;"
    "border-bottom:1px solid #ddd}td.n{text-align:right;"
    "font-variant-numeric:tabular-nums}img{width:100%;margin:.4em 0}"
    "pre{background:#f4f4f4;padding:.8em;overflow:auto}"
    ".warning,.critical{font-weight:bold}";

static char *
time_text (gint64 ms)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (ms / 1000);

  return time != NULL ? g_date_time_format (time, "%F %T") : g_strdup ("");
}

static void
put (GString *html, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append (html, escaped);
}

static void
element (GString *html, const char *name, const char *text)
{
  g_string_append_printf (html, "<%s>", name);
  put (html, text);
  g_string_append_printf (html, "</%s>\n", name);
}

/* -- exits --------------------------------------------------------------- */

typedef struct {
  char   title[80];
  gint64 count;
} ExitRow;

static int
compare_exits (gconstpointer a, gconstpointer b)
{
  gint64 left = ((const ExitRow *) a)->count;
  gint64 right = ((const ExitRow *) b)->count;

  return (left < right) - (left > right);
}

/* Over all vCPUs, by reason, level and who took them. */
static GArray *
exit_rows (const MosSummary *self, gint64 *total)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (ExitRow));

  *total = 0;
  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading *reading = &g_array_index (self->readings, MosReading, i);
    ExitRow           row = { "", reading->value };
    guint             at = 0;

    if (reading->key.metric != MOS_METRIC_EXITS)
      continue;
    *total += reading->value;
    g_snprintf (row.title, sizeof row.title, "%s|%d|%d", reading->key.label,
                reading->key.level, reading->key.handled_by);
    while (at < rows->len &&
           strcmp (g_array_index (rows, ExitRow, at).title, row.title) != 0)
      at++;
    if (at < rows->len)
      g_array_index (rows, ExitRow, at).count += row.count;
    else
      g_array_append_val (rows, row);
  }
  g_array_sort (rows, compare_exits);
  return rows;
}

/* -- HTML ---------------------------------------------------------------- */

static void
html_exits (GString *html, const MosSummary *self)
{
  gint64 total;
  g_autoptr (GArray) rows = exit_rows (self, &total);

  if (rows->len == 0)
    return;
  element (html, "h2", _ ("Exits"));
  g_string_append_printf (
      html,
      "<table><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th><th>%s</th>"
      "</tr>\n",
      _ ("Reason"), _ ("Level"), _ ("Taken by"), _ ("Count"), _ ("Share"));
  for (guint i = 0; i < rows->len; i++) {
    const ExitRow *row = &g_array_index (rows, ExitRow, i);
    g_auto (GStrv) parts = g_strsplit (row->title, "|", 3);

    g_string_append (html, "<tr><td>");
    put (html, parts[0]);
    g_string_append_printf (html,
                            "</td><td class=n>%s</td><td class=n>%s</td>"
                            "<td class=n>%" G_GINT64_FORMAT
                            "</td><td class=n>%.1f %%</td></tr>\n",
                            parts[1], parts[2], row->count,
                            100.0 * (double) row->count / (double) total);
  }
  g_string_append (html, "</table>\n");
}

/* Its own list, as a level more is an item inside. */
static void
html_levels (GString *html, const MosSummary *self)
{
  if (self->levels->len == 0)
    return;
  element (html, "h2", _ ("Hierarchy"));
  for (guint i = 0; i < self->levels->len; i++) {
    g_autofree char *text = mos_summary_level_describe (
        self, &g_array_index (self->levels, MosSummaryLevel, i));

    g_string_append (html, "<ul><li>");
    put (html, text);
  }
  for (guint i = 0; i < self->levels->len; i++)
    g_string_append (html, "</li></ul>");
  g_string_append_c (html, '\n');
}

static void
html_plots (GString *html, const MosSummary *self)
{
  if (self->plots->len > 0)
    element (html, "h2", _ ("Graphs"));
  for (guint i = 0; i < self->plots->len; i++) {
    const MosPlot *plot = self->plots->pdata[i];
    g_autoptr (GByteArray) svg =
        mos_plot_to_svg (plot, PLOT_WIDTH, PLOT_HEIGHT);
    g_autofree char *base64 = g_base64_encode (svg->data, svg->len);
    g_autofree char *reading = mos_plot_describe (plot, -1);

    g_string_append (html, "<img alt=\"");
    put (html, _ (plot->info->title));
    g_string_append (html, ", ");
    put (html, reading);
    g_string_append_printf (html, "\" src=\"data:image/svg+xml;base64,%s\">\n",
                            base64);
  }
}

static void
html_timeline (GString *html, const MosSummary *self)
{
  if (self->notes->len + self->alerts->len == 0)
    return;
  element (html, "h2", _ ("What happened"));
  g_string_append (html, "<table>\n");
  for (guint i = 0; i < self->notes->len; i++) {
    const MosNote   *note = self->notes->pdata[i];
    g_autofree char *time = time_text (note->time_ms);

    g_string_append_printf (html, "<tr><td>%s</td><td>%s</td><td>", time,
                            note->kind);
    put (html, note->text);
    g_string_append (html, "</td></tr>\n");
  }
  for (guint i = 0; i < self->alerts->len; i++) {
    const MosAlertRecord *record = self->alerts->pdata[i];
    g_autofree char      *time = time_text (record->raised_ms);

    g_string_append_printf (html, "<tr class=%s><td>%s</td><td>",
                            mos_alert_severity_name (record->severity), time);
    put (html, mos_alert_severity_title (record->severity));
    g_string_append (html, "</td><td>");
    put (html, record->text);
    g_string_append (html, "</td></tr>\n");
  }
  g_string_append (html, "</table>\n");
}

static void
html_profile (GString *html, const MosProfile *profile)
{
  g_autoptr (GPtrArray) rows = mos_profile_rows (profile);
  g_autofree char *title = g_strdup_printf (
      "%s: %s", profile->name, _ (mos_profile_infos[profile->type].help));

  element (html, "h2", title);
  g_string_append (html, "<table>\n");
  for (guint i = 0; i < MIN (rows->len, MAX_ROWS); i++) {
    const MosProfileRow *row = rows->pdata[i];

    g_string_append (html, "<tr><td>");
    put (html, row->name);
    g_string_append_printf (
        html,
        "</td><td class=n>%.1f %%</td><td class=n>%" G_GUINT64_FORMAT
        "</td></tr>\n",
        100.0 * (double) row->self / (double) MAX (profile->total, 1),
        row->self);
  }
  g_string_append (html, "</table>\n");
}

static void
html_readings (GString *html, const MosSummary *self)
{
  element (html, "h2", _ ("All numbers"));
  g_string_append_printf (html, "<table><tr><th>%s</th><th>%s</th></tr>\n",
                          _ ("Name"), _ ("Value"));
  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading *reading = &g_array_index (self->readings, MosReading, i);
    g_autofree char  *name = mos_series_key_to_string (&reading->key);

    g_string_append (html, "<tr><td>");
    put (html, name);
    g_string_append_printf (html,
                            "</td><td class=n>%" G_GINT64_FORMAT "</td></tr>\n",
                            reading->value);
  }
  g_string_append (html, "</table>\n");
}

char *
mos_summary_to_html (const MosSummary *self)
{
  GString *html =
      g_string_new ("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">"
                    "<title>");
  g_autofree char *from = time_text (self->from_ms);
  g_autofree char *to = time_text (self->to_ms);

  put (html, self->title);
  g_string_append_printf (html, "</title><style>%s</style></head><body>\n",
                          style);
  element (html, "h1", self->title);
  g_string_append_printf (html, "<p>%s – %s</p>\n", from, to);
  element (html, "h2", _ ("Advice"));
  g_string_append (html, "<ul>\n");
  for (guint i = 0; i < self->advice->len; i++)
    element (html, "li", self->advice->pdata[i]);
  g_string_append (html, "</ul>\n");
  html_timeline (html, self);
  html_plots (html, self);
  html_exits (html, self);
  html_levels (html, self);
  for (guint i = 0; i < self->profiles->len; i++)
    html_profile (html, self->profiles->pdata[i]);
  if (self->configuration != NULL) {
    element (html, "h2", _ ("Configuration"));
    element (html, "pre", self->configuration);
  }
  html_readings (html, self);
  g_string_append (html, "</body></html>\n");
  return g_string_free (html, FALSE);
}

/* -- PDF ----------------------------------------------------------------- */

typedef struct {
  cairo_t *cr;
  double   y;
} Page;

static void
need (Page *page, double height)
{
  if (page->y + height <= PAGE_HEIGHT - PAGE_MARGIN)
    return;
  cairo_show_page (page->cr);
  page->y = PAGE_MARGIN;
}

static void
paragraph (Page *page, const char *text, double size, gboolean bold)
{
  g_autoptr (PangoLayout) layout =
      mos_draw_text_new (page->cr, "Sans", size, bold, text);
  int height;

  pango_layout_set_width (layout,
                          (int) (PAGE_WIDTH - 2 * PAGE_MARGIN) * PANGO_SCALE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_get_pixel_size (layout, NULL, &height);
  need (page, height);
  cairo_set_source_rgb (page->cr, .13, .13, .13);
  cairo_move_to (page->cr, PAGE_MARGIN, page->y);
  pango_cairo_show_layout (page->cr, layout);
  page->y += height + size * .3;
}

static void
heading (Page *page, const char *text)
{
  need (page, 60);
  page->y += 12;
  paragraph (page, text, 14, TRUE);
}

static void
lines (Page *page, const char *text)
{
  g_auto (GStrv) all = g_strsplit (text, "\n", -1);

  for (guint i = 0; all[i] != NULL; i++)
    if (all[i][0] != '\0')
      paragraph (page, all[i], 9, FALSE);
}

static void
pdf_plots (Page *page, const MosSummary *self)
{
  double width = PAGE_WIDTH - 2 * PAGE_MARGIN, height = 150;

  if (self->plots->len > 0)
    heading (page, _ ("Graphs"));
  for (guint i = 0; i < self->plots->len; i++) {
    MosPlotTheme theme = mos_plot_print_theme;

    theme.font_px = 8;
    need (page, height + 8);
    cairo_save (page->cr);
    cairo_translate (page->cr, PAGE_MARGIN, page->y);
    mos_plot_draw (self->plots->pdata[i], page->cr, width, height, &theme, -1);
    cairo_restore (page->cr);
    page->y += height + 8;
  }
}

static void
pdf_tables (Page *page, const MosSummary *self)
{
  gint64 total;
  g_autoptr (GArray) rows = exit_rows (self, &total);

  if (rows->len > 0)
    heading (page, _ ("Exits"));
  for (guint i = 0; i < rows->len; i++) {
    const ExitRow *row = &g_array_index (rows, ExitRow, i);
    g_auto (GStrv) parts = g_strsplit (row->title, "|", 3);
    g_autofree char *text = g_strdup_printf (
        _ ("%s, level %s, taken by level %s: %" PRId64 " (%.1f %%)"), parts[0],
        parts[1], parts[2], row->count,
        100.0 * (double) row->count / (double) total);

    paragraph (page, text, 9, FALSE);
  }
  for (guint p = 0; p < self->profiles->len; p++) {
    const MosProfile *profile = self->profiles->pdata[p];
    g_autoptr (GPtrArray) functions = mos_profile_rows (profile);

    heading (page, profile->name);
    for (guint i = 0; i < MIN (functions->len, MAX_ROWS); i++) {
      const MosProfileRow *row = functions->pdata[i];
      g_autofree char     *text = g_strdup_printf (
              "%s: %.1f %% (%" G_GUINT64_FORMAT ")", row->name,
              100.0 * (double) row->self / (double) MAX (profile->total, 1),
              row->self);

      paragraph (page, text, 9, FALSE);
    }
  }
}

static void
pdf_levels (Page *page, const MosSummary *self)
{
  if (self->levels->len > 0)
    heading (page, _ ("Hierarchy"));
  for (guint i = 0; i < self->levels->len; i++) {
    g_autofree char *text = mos_summary_level_describe (
        self, &g_array_index (self->levels, MosSummaryLevel, i));

    paragraph (page, text, 9, FALSE);
  }
}

static void
pdf_readings (Page *page, const MosSummary *self)
{
  heading (page, _ ("All numbers"));
  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading *reading = &g_array_index (self->readings, MosReading, i);
    g_autofree char  *name = mos_series_key_to_string (&reading->key);
    g_autofree char  *text =
        g_strdup_printf ("%s: %" G_GINT64_FORMAT, name, reading->value);

    paragraph (page, text, 8, FALSE);
  }
}

static void
draw_pages (Page *page, const MosSummary *self)
{
  g_autofree char *from = time_text (self->from_ms);
  g_autofree char *to = time_text (self->to_ms);
  g_autofree char *range = g_strdup_printf ("%s – %s", from, to);

  paragraph (page, self->title, 20, TRUE);
  paragraph (page, range, 10, FALSE);
  heading (page, _ ("Advice"));
  for (guint i = 0; i < self->advice->len; i++)
    paragraph (page, self->advice->pdata[i], 10, FALSE);
  if (self->notes->len + self->alerts->len > 0)
    heading (page, _ ("What happened"));
  for (guint i = 0; i < self->notes->len; i++) {
    const MosNote   *note = self->notes->pdata[i];
    g_autofree char *time = time_text (note->time_ms);
    g_autofree char *text = g_strdup_printf ("%s  %s", time, note->text);

    paragraph (page, text, 9, FALSE);
  }
  for (guint i = 0; i < self->alerts->len; i++) {
    const MosAlertRecord *record = self->alerts->pdata[i];
    g_autofree char      *time = time_text (record->raised_ms);
    g_autofree char      *text = g_strdup_printf ("%s  %s", time, record->text);

    paragraph (page, text, 9, TRUE);
  }
  pdf_plots (page, self);
  pdf_tables (page, self);
  pdf_levels (page, self);
  if (self->configuration != NULL) {
    heading (page, _ ("Configuration"));
    lines (page, self->configuration);
  }
  pdf_readings (page, self);
}

gboolean
mos_summary_save_pdf (const MosSummary *self, const char *path, GError **error)
{
  cairo_surface_t *surface =
      cairo_pdf_surface_create (path, PAGE_WIDTH, PAGE_HEIGHT);
  Page           page = { cairo_create (surface), PAGE_MARGIN };
  cairo_status_t status;

  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_TITLE,
                                  self->title);
  draw_pages (&page, self);
  cairo_destroy (page.cr);
  cairo_surface_finish (surface);
  status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be written: %s"),
               path, cairo_status_to_string (status));
  return FALSE;
}
