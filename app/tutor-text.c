/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The text of labs on the screen. Main thread.
 */
#include "app/tutor-text.h"

#include <string.h>

typedef enum {
  PARAGRAPH,
  ITEM,
  HEADING
} Kind;

typedef struct {
  Kind  kind;
  char *mark; /* "•" or "1." */
  char *text; /* lines joined */
} Piece;

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_free (piece->mark);
  g_free (piece->text);
  g_free (piece);
}

/* The end of a span that @mark opens at @p, or NULL. */
static const char *
closing (const char *p, const char *mark)
{
  const char *end = strstr (p, mark);

  return end != NULL && end != p ? end : NULL;
}

static void
append_escaped (GString *out, const char *text, gsize size)
{
  g_autofree char *escaped = g_markup_escape_text (text, (gssize) size);

  g_string_append (out, escaped);
}

char *
mos_tutor_markup (const char *paragraph)
{
  static const struct {
    const char *mark;
    const char *open;
    const char *close;
    gboolean    literal; /* marks inside mean nothing */
  } spans[] = {
    { "`", "<tt>", "</tt>", TRUE },
    { "**", "<b>", "</b>", FALSE },
    { "*", "<i>", "</i>", FALSE },
  };
  GString    *out = g_string_new (NULL);
  const char *p = paragraph;

  while (*p != '\0') {
    gboolean found = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS (spans) && !found; i++) {
      gsize       n = strlen (spans[i].mark);
      const char *end;

      if (strncmp (p, spans[i].mark, n) != 0 ||
          (end = closing (p + n, spans[i].mark)) == NULL)
        continue;
      g_string_append (out, spans[i].open);
      if (spans[i].literal) {
        append_escaped (out, p + n, (gsize) (end - p) - n);
      } else {
        g_autofree char *inner = g_strndup (p + n, (gsize) (end - p) - n);
        g_autofree char *markup = mos_tutor_markup (inner);

        g_string_append (out, markup);
      }
      g_string_append (out, spans[i].close);
      p = end + n;
      found = TRUE;
    }
    if (!found) {
      const char *next = g_utf8_next_char (p);

      append_escaped (out, p, (gsize) (next - p));
      p = next;
    }
  }
  return g_string_free (out, FALSE);
}

/* How a line begins an item, or 0. */
static gsize
item_mark (const char *line)
{
  gsize n = strspn (line, "0123456789");

  if (line[0] == '-' && line[1] == ' ')
    return 2;
  return n > 0 && line[n] == '.' && line[n + 1] == ' ' ? n + 2 : 0;
}

static Piece *
add_piece (GPtrArray *pieces, Kind kind, const char *mark, const char *text)
{
  Piece *piece = g_new0 (Piece, 1);

  piece->kind = kind;
  piece->mark = g_strdup (mark);
  piece->text = g_strdup (text);
  g_ptr_array_add (pieces, piece);
  return piece;
}

static GPtrArray *
cut (const char *text)
{
  GPtrArray *pieces = g_ptr_array_new_with_free_func (piece_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Piece *open = NULL;

  for (guint i = 0; lines[i] != NULL; i++) {
    char *line = g_strstrip (lines[i]);
    gsize mark = item_mark (line);

    if (*line == '\0') {
      open = NULL;
    } else if (g_str_has_prefix (line, "### ")) {
      add_piece (pieces, HEADING, NULL, line + 4);
      open = NULL;
    } else if (mark > 0) {
      g_autofree char *number = g_strndup (line, mark - 1);

      open =
          add_piece (pieces, ITEM, line[0] == '-' ? "•" : number, line + mark);
    } else if (open != NULL) {
      char *joined = g_strconcat (open->text, " ", line, NULL);

      g_free (open->text);
      open->text = joined;
    } else {
      open = add_piece (pieces, PARAGRAPH, NULL, line);
    }
  }
  return pieces;
}

GtkWidget *
mos_tutor_label_new (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  return label;
}

static GtkWidget *
make_label (const char *text, Kind kind)
{
  g_autofree char *markup = mos_tutor_markup (text);
  GtkWidget       *label = mos_tutor_label_new (NULL);

  gtk_label_set_markup (GTK_LABEL (label), markup);
  gtk_widget_set_hexpand (label, TRUE);
  if (kind == HEADING)
    gtk_widget_add_css_class (label, "heading");
  return label;
}

static GtkWidget *
make_piece (const Piece *piece)
{
  GtkWidget *label = make_label (piece->text, piece->kind);
  GtkWidget *box, *mark;

  if (piece->kind != ITEM)
    return label;
  box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  mark = gtk_label_new (piece->mark);
  gtk_widget_set_valign (mark, GTK_ALIGN_START);
  gtk_widget_set_margin_start (mark, 6);
  gtk_box_append (GTK_BOX (box), mark);
  gtk_box_append (GTK_BOX (box), label);
  return box;
}

GtkWidget *
mos_tutor_text_new (const char *text)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  g_autoptr (GPtrArray) pieces = cut (text);

  for (guint i = 0; i < pieces->len; i++)
    gtk_box_append (GTK_BOX (box), make_piece (pieces->pdata[i]));
  return box;
}

void
mos_tutor_text_update (GtkWidget *box, const char *text)
{
  g_autoptr (GPtrArray) pieces = cut (text);
  GtkWidget *child = gtk_widget_get_first_child (box);

  for (guint i = 0; i < pieces->len && child != NULL; i++) {
    const Piece     *piece = pieces->pdata[i];
    g_autofree char *markup = mos_tutor_markup (piece->text);
    GtkWidget       *label =
        piece->kind == ITEM ? gtk_widget_get_last_child (child) : child;

    /* Only what changed, so that a selection and a screen reader stay calm. */
    if (g_strcmp0 (gtk_label_get_label (GTK_LABEL (label)), markup) != 0)
      gtk_label_set_markup (GTK_LABEL (label), markup);
    child = gtk_widget_get_next_sibling (child);
  }
}

GtkWidget *
mos_tutor_listing_new (const char *text)
{
  g_autofree char *plain = g_strchomp (g_strdup (text));
  GtkWidget       *label = gtk_label_new (plain);

  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_CHAR);
  gtk_widget_add_css_class (label, "monospace");
  gtk_widget_add_css_class (label, "listing");
  return label;
}
