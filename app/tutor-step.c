/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One step of a lab in the sidebar.
 *
 * The widgets of a step are made when the session goes to it, and only their
 * words change afterwards. Main thread.
 */
#include "app/tutor-step.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/coach.h"
#include "app/tutor-live.h"
#include "app/tutor-quiz.h"
#include "app/tutor-text.h"
#include "engine/engine.h"

#define REFRESH_MS 1000

/* A block of text with live values. */
typedef struct {
  GtkWidget  *box;
  const char *text;
  guint       first; /* value */
} Live;

struct _MosTutorStep {
  GtkWidget parent_instance;

  GtkWidget     *box;
  GtkWidget     *position; /* "Step 2 of 9" */
  GtkWidget     *title;
  GtkWidget     *scroller;
  GtkWidget     *body;
  GtkWidget     *warning;
  GtkWidget     *state_icon;
  GtkWidget     *state;
  GtkWidget     *hints; /* box of labels */
  GtkWidget     *buttons[5];
  GtkWidget     *previous;
  GtkWidget     *next;
  MosLabSession *session;
  int            shown;   /* step; -1: none */
  GArray        *live;    /* of Live */
  GPtrArray     *moving;  /* live widgets of the body */
  GPtrArray     *quizzes; /* its questions */
  GtkWidget     *notes;   /* expander */
  GtkWidget     *note;
  GtkWidget     *jump;    /* menu button around @position */
  gboolean       filling; /* the note is put there, not written */
  gboolean       to_end;  /* the body scrolls there once it has grown */
  guint          source;
};

enum {
  BUTTON_CHECK,
  BUTTON_HINT,
  BUTTON_SHOW,
  BUTTON_SOLVE,
  BUTTON_PREPARE
};

G_DEFINE_FINAL_TYPE (MosTutorStep, mos_tutor_step, GTK_TYPE_WIDGET)

enum {
  NOTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const MosLabStep *
at_hand (MosTutorStep *self)
{
  return mos_lab_step (mos_lab_session_get_lab (self->session),
                       mos_lab_session_get_step (self->session));
}

/* -- the body ------------------------------------------------------------ */

static void
add_text (MosTutorStep *self, const MosLabBlock *block, guint *value)
{
  Live             live = { .text = block->text, .first = *value };
  g_autofree char *text =
      mos_lab_session_fill_in (self->session, block->text, value);

  live.box = mos_tutor_text_new (text);
  gtk_box_append (GTK_BOX (self->body), live.box);
  if (*value > live.first)
    g_array_append_val (self->live, live);
}

static void
action_cb (GtkButton *button, MosTutorStep *self)
{
  guint action =
      GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "action"));

  mos_lab_session_run_action (self->session, action);
}

static void
add_action (MosTutorStep *self, const MosLabBlock *block)
{
  GtkWidget *button = gtk_button_new_with_label (block->label);

  g_object_set_data (G_OBJECT (button), "action",
                     GUINT_TO_POINTER (block->index));
  gtk_widget_add_css_class (button, "suggested-action");
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  mos_access_name (button, block->label);
  g_signal_connect (button, "clicked", G_CALLBACK (action_cb), self);
  gtk_box_append (GTK_BOX (self->body), button);
}

static void
add_quiz (MosTutorStep *self, guint index)
{
  GtkWidget *quiz = mos_tutor_quiz_new (self->session, index);

  gtk_box_append (GTK_BOX (self->body), quiz);
  g_ptr_array_add (self->quizzes, quiz);
}

static void
add_live (MosTutorStep *self, const MosLabBlock *block)
{
  GtkWidget *live =
      mos_tutor_live_new (self->session, block->index, block->text);

  gtk_box_append (GTK_BOX (self->body), live);
  g_ptr_array_add (self->moving, live);
}

static void
empty (GtkWidget *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (box)) != NULL)
    gtk_box_remove (GTK_BOX (box), child);
}

/* The introduction stands before the first step's text. */
static void
fill_body (MosTutorStep *self, const MosLabStep *step, guint *value)
{
  for (guint i = 0; i < step->blocks->len; i++) {
    const MosLabBlock *block = g_ptr_array_index (step->blocks, i);

    switch (block->kind) {
    case MOS_LAB_BLOCK_TEXT:
      add_text (self, block, value);
      break;
    case MOS_LAB_BLOCK_LISTING:
      gtk_box_append (GTK_BOX (self->body),
                      mos_tutor_listing_new (block->text));
      break;
    case MOS_LAB_BLOCK_ACTION:
      add_action (self, block);
      break;
    case MOS_LAB_BLOCK_LIVE:
      add_live (self, block);
      break;
    case MOS_LAB_BLOCK_PICTURE:
      gtk_box_append (
          GTK_BOX (self->body),
          mos_tutor_picture_new (mos_lab_session_get_lab (self->session),
                                 block->label, block->text));
      break;
    case MOS_LAB_BLOCK_QUIZ:
    default:
      add_quiz (self, block->index);
      break;
    }
  }
}

/* GTK loses its way when the widget with the focus goes. */
static void
leave_body (MosTutorStep *self)
{
  GtkRoot   *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  if (focus != NULL && (gtk_widget_is_ancestor (focus, self->body) ||
                        gtk_widget_is_ancestor (focus, self->hints)))
    gtk_widget_grab_focus (self->jump);
}

static void
show_note (MosTutorStep *self)
{
  const char *note = mos_lab_session_get_note (
      self->session, mos_lab_session_get_step (self->session));

  self->filling = TRUE;
  gtk_text_buffer_set_text (
      gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->note)),
      note != NULL ? note : "", -1);
  gtk_expander_set_expanded (GTK_EXPANDER (self->notes), note != NULL);
  self->filling = FALSE;
  self->to_end = FALSE;
}

static void
show_step (MosTutorStep *self)
{
  MosLab           *lab = mos_lab_session_get_lab (self->session);
  const MosLabStep *step = at_hand (self);
  guint             index = mos_lab_session_get_step (self->session);
  guint             value = 0;
  GtkRoot          *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkAdjustment    *adjustment;

  if (root != NULL)
    mos_coach_unpoint (GTK_WIDGET (root));
  leave_body (self);
  self->shown = (int) index;
  g_array_set_size (self->live, 0);
  g_ptr_array_set_size (self->moving, 0);
  g_ptr_array_set_size (self->quizzes, 0);
  empty (self->body);
  empty (self->hints);
  show_note (self);
  gtk_label_set_label (GTK_LABEL (self->title), step->title);
  if (index == 0)
    for (guint i = 0; i < lab->intro->blocks->len; i++) {
      const MosLabBlock *block = g_ptr_array_index (lab->intro->blocks, i);

      if (block->kind == MOS_LAB_BLOCK_TEXT)
        gtk_box_append (GTK_BOX (self->body), mos_tutor_text_new (block->text));
    }
  fill_body (self, step, &value);
  for (guint i = 0;
       i < mos_lab_session_get_record (self->session, index)->hints &&
       i < step->hints->len;
       i++)
    gtk_box_append (GTK_BOX (self->hints),
                    mos_tutor_text_new (step->hints->pdata[i]));
  adjustment = gtk_scrolled_window_get_vadjustment (
      GTK_SCROLLED_WINDOW (self->scroller));
  gtk_adjustment_set_value (adjustment, 0);
}

/* -- state --------------------------------------------------------------- */

static void
show_state (MosTutorStep *self)
{
  guint                   index = mos_lab_session_get_step (self->session);
  MosLab                 *lab = mos_lab_session_get_lab (self->session);
  const MosLabStepRecord *record =
      mos_lab_session_get_record (self->session, index);
  const char *missing = mos_lab_session_get_missing (self->session);
  const char *warning = mos_lab_session_get_warning (self->session);
  const char *text, *icon;

  if (record->done) {
    text = index + 1 < lab->steps->len
               ? _ ("Done. Go on with the next step.")
               : _ ("Done. That was the last step of this lab.");
    icon = "emblem-ok-symbolic";
  } else if (mos_lab_session_is_busy (self->session)) {
    text = _ ("Under way…");
    icon = "content-loading-symbolic";
  } else {
    text = missing != NULL ? missing : _ ("Not done yet");
    icon = "emblem-synchronizing-symbolic";
  }
  if (g_strcmp0 (gtk_label_get_label (GTK_LABEL (self->state)), text) != 0)
    gtk_label_set_label (GTK_LABEL (self->state), text);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->state_icon), icon);
  if (record->done)
    gtk_widget_add_css_class (self->state, "success");
  else
    gtk_widget_remove_css_class (self->state, "success");
  gtk_widget_set_visible (self->warning, warning != NULL && !record->done);
  if (warning != NULL)
    gtk_label_set_label (GTK_LABEL (self->warning), warning);
}

static void
allow (GtkWidget *widget, gboolean possible, MosReason reason)
{
  mos_access_allow (widget, NULL, mos_reason_unless (possible, reason));
}

static void
show_buttons (MosTutorStep *self)
{
  const MosLabStep       *step = at_hand (self);
  guint                   index = mos_lab_session_get_step (self->session);
  MosLab                 *lab = mos_lab_session_get_lab (self->session);
  const MosLabStepRecord *record =
      mos_lab_session_get_record (self->session, index);
  gboolean         busy = mos_lab_session_is_busy (self->session);
  g_autofree char *position =
      g_strdup_printf (_ ("Step %u of %u"), index + 1, lab->steps->len);

  gtk_label_set_label (GTK_LABEL (self->position), position);
  allow (self->buttons[BUTTON_CHECK], !record->done, MOS_REASON_STEP_DONE);
  allow (self->buttons[BUTTON_HINT], record->hints < step->hints->len,
         MOS_REASON_NO_MORE_HINTS);
  if (record->failures >= MOS_LAB_FAILURES_BEFORE_HINT && !record->done &&
      record->hints == 0)
    gtk_widget_add_css_class (self->buttons[BUTTON_HINT], "suggested-action");
  else
    gtk_widget_remove_css_class (self->buttons[BUTTON_HINT],
                                 "suggested-action");
  allow (self->buttons[BUTTON_SHOW], step->show != NULL,
         MOS_REASON_NOTHING_TO_SHOW);
  allow (self->buttons[BUTTON_SOLVE],
         step->solve != NULL && !record->done && !busy,
         step->solve == NULL ? MOS_REASON_NO_SOLUTION
         : record->done      ? MOS_REASON_STEP_DONE
                             : MOS_REASON_STEP_BUSY);
  allow (self->buttons[BUTTON_PREPARE], !busy, MOS_REASON_STEP_BUSY);
  allow (self->previous, index > 0, MOS_REASON_FIRST_STEP);
  allow (self->next, index + 1 < lab->steps->len, MOS_REASON_LAST_STEP);
}

static void
show_values (MosTutorStep *self)
{
  for (guint i = 0; i < self->live->len; i++) {
    const Live      *live = &g_array_index (self->live, Live, i);
    guint            value = live->first;
    g_autofree char *text =
        mos_lab_session_fill_in (self->session, live->text, &value);

    mos_tutor_text_update (live->box, text);
  }
}

/* The values with the state that came of them. */
static void
changed_cb (MosTutorStep *self)
{
  if (self->shown != (int) mos_lab_session_get_step (self->session))
    show_step (self);
  else
    show_values (self);
  for (guint i = 0; i < self->quizzes->len; i++)
    mos_tutor_quiz_refresh (self->quizzes->pdata[i]);
  show_state (self);
  show_buttons (self);
}

static gboolean
refresh_cb (gpointer user_data)
{
  MosTutorStep *self = user_data;

  mos_lab_world_refresh (mos_lab_session_get_world (self->session));
  show_values (self);
  for (guint i = 0; i < self->moving->len; i++)
    mos_tutor_live_refresh (self->moving->pdata[i]);
  return G_SOURCE_CONTINUE;
}

/* -- buttons ------------------------------------------------------------- */

static void
check_cb (MosTutorStep *self)
{
  mos_lab_session_check (self->session, TRUE);
}

static void
hint_cb (MosTutorStep *self)
{
  const char *hint = mos_lab_session_next_hint (self->session);

  if (hint != NULL)
    gtk_box_append (GTK_BOX (self->hints), mos_tutor_text_new (hint));
}

static void
show_cb (MosTutorStep *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (root != NULL && at_hand (self)->show != NULL)
    mos_coach_point (GTK_WIDGET (root), self->buttons[BUTTON_SHOW],
                     at_hand (self)->show);
}

static void
solve_cb (MosTutorStep *self)
{
  show_cb (self);
  mos_lab_session_solve (self->session);
}

static void
prepare_cb (MosTutorStep *self)
{
  mos_lab_session_go (self->session, mos_lab_session_get_step (self->session));
  mos_lab_session_prepare (self->session);
}

static void
previous_cb (MosTutorStep *self)
{
  guint step = mos_lab_session_get_step (self->session);

  if (step > 0)
    mos_lab_session_go (self->session, step - 1);
}

static void
next_cb (MosTutorStep *self)
{
  guint step = mos_lab_session_get_step (self->session);

  if (step + 1 < mos_lab_session_get_lab (self->session)->steps->len)
    mos_lab_session_go (self->session, step + 1);
}

/* -- making it ----------------------------------------------------------- */

/* Resetting stands beside what it resets. */
static GtkWidget *
make_status (MosTutorStep *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->state_icon = gtk_image_new ();
  self->state = mos_tutor_label_new (NULL);
  gtk_widget_set_hexpand (self->state, TRUE);
  gtk_box_append (GTK_BOX (box), self->state_icon);
  gtk_box_append (GTK_BOX (box), self->state);
  self->buttons[BUTTON_PREPARE] = mos_access_icon_button_new (
      "view-refresh-symbolic", _ ("Reset Step"), G_CALLBACK (prepare_cb), self);
  gtk_widget_set_tooltip_text (self->buttons[BUTTON_PREPARE],
                               _ ("Bring about the state this step begins in"));
  gtk_widget_set_valign (self->buttons[BUTTON_PREPARE], GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), self->buttons[BUTTON_PREPARE]);
  return box;
}

static GtkWidget *
make_buttons (MosTutorStep *self)
{
  const struct {
    const char *label;
    const char *tooltip;
    GCallback   clicked;
  } rows[] = {
    { N_ ("_Check"), N_ ("Ask whether the step is done"),
      G_CALLBACK (check_cb) },
    { N_ ("_Hint"), N_ ("Show the next hint"), G_CALLBACK (hint_cb) },
    { N_ ("Sho_w Me"), N_ ("Point at the place in the window"),
      G_CALLBACK (show_cb) },
    { N_ ("_Do It for Me"), N_ ("Do the step; it counts half"),
      G_CALLBACK (solve_cb) },
  };
  GtkWidget *grid = gtk_grid_new ();

  gtk_grid_set_column_homogeneous (GTK_GRID (grid), TRUE);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 6);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    self->buttons[i] = gtk_button_new_with_mnemonic (_ (rows[i].label));
    gtk_widget_set_tooltip_text (self->buttons[i], _ (rows[i].tooltip));
    g_signal_connect_swapped (self->buttons[i], "clicked", rows[i].clicked,
                              self);
    gtk_grid_attach (GTK_GRID (grid), self->buttons[i], (int) i % 2,
                     (int) i / 2, 1, 1);
  }
  return grid;
}

static void
jump_cb (GtkButton *button, MosTutorStep *self)
{
  guint step = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "step"));

  gtk_menu_button_popdown (GTK_MENU_BUTTON (self->jump));
  mos_lab_session_go (self->session, step);
}

static GtkWidget *
make_step_row (MosTutorStep *self, guint index)
{
  const MosLabStep *step =
      mos_lab_step (mos_lab_session_get_lab (self->session), index);
  gboolean done = mos_lab_session_get_record (self->session, index)->done;
  g_autofree char *text = g_strdup_printf ("%u. %s", index + 1, step->title);
  g_autofree char *name =
      done ? g_strdup_printf (_ ("%s, done"), text) : g_strdup (text);
  GtkWidget *button = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = mos_tutor_label_new (text);
  GtkWidget *icon = gtk_image_new_from_icon_name ("emblem-ok-symbolic");

  gtk_label_set_width_chars (GTK_LABEL (label), 30);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 36);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_opacity (icon, done ? 1 : 0);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), icon);
  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_button_set_has_frame (GTK_BUTTON (button), FALSE);
  g_object_set_data (G_OBJECT (button), "step", GUINT_TO_POINTER (index));
  g_signal_connect (button, "clicked", G_CALLBACK (jump_cb), self);
  mos_access_name (button, name);
  return button;
}

/* Made when it is asked for, so that it knows what is done. */
static void
steps_cb (GtkMenuButton *button, gpointer user_data)
{
  MosTutorStep *self = user_data;
  GtkWidget    *popover, *list;

  if (self->session == NULL)
    return;
  popover = gtk_popover_new ();
  list = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  for (guint i = 0; i < mos_lab_session_get_lab (self->session)->steps->len;
       i++)
    gtk_box_append (GTK_BOX (list), make_step_row (self, i));
  gtk_popover_set_child (GTK_POPOVER (popover),
                         mos_access_scroller_new (list, _ ("Steps"), 360));
  gtk_menu_button_set_popover (button, popover);
}

static void
noted_cb (GtkTextBuffer *buffer, MosTutorStep *self)
{
  GtkTextIter      start, end;
  g_autofree char *text = NULL;

  if (self->filling || self->session == NULL)
    return;
  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  mos_lab_session_set_note (self->session,
                            mos_lab_session_get_step (self->session), text);
  g_signal_emit (self, signals[NOTED], 0);
}

/* Who opens the notes wants to write, and to see where. */
static void
notes_cb (MosTutorStep *self)
{
  if (self->filling || !gtk_expander_get_expanded (GTK_EXPANDER (self->notes)))
    return;
  self->to_end = TRUE;
  gtk_widget_grab_focus (self->note);
}

/* The notes are at the end; they have a height only now. */
static void
grown_cb (GtkAdjustment *adjustment, MosTutorStep *self)
{
  if (!self->to_end)
    return;
  self->to_end = FALSE;
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
}

static GtkWidget *
make_notes (MosTutorStep *self)
{
  self->note = gtk_text_view_new ();
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (self->note), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (self->note), FALSE);
  gtk_text_view_set_top_margin (GTK_TEXT_VIEW (self->note), 6);
  gtk_text_view_set_left_margin (GTK_TEXT_VIEW (self->note), 6);
  gtk_text_view_set_right_margin (GTK_TEXT_VIEW (self->note), 6);
  gtk_widget_set_size_request (self->note, -1, 72);
  gtk_widget_add_css_class (self->note, "card");
  mos_access_name (self->note, _ ("Notes at this step"));
  g_signal_connect (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->note)),
                    "changed", G_CALLBACK (noted_cb), self);
  self->notes = gtk_expander_new_with_mnemonic (_ ("_Notes"));
  gtk_expander_set_child (GTK_EXPANDER (self->notes), self->note);
  mos_access_name (self->notes, _ ("Notes"));
  g_signal_connect_swapped (self->notes, "notify::expanded",
                            G_CALLBACK (notes_cb), self);
  return self->notes;
}

static GtkWidget *
make_steps (MosTutorStep *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->previous =
      mos_access_icon_button_new ("go-previous-symbolic", _ ("Previous Step"),
                                  G_CALLBACK (previous_cb), self);
  self->next = mos_access_icon_button_new ("go-next-symbolic", _ ("Next Step"),
                                           G_CALLBACK (next_cb), self);
  self->position = gtk_label_new (NULL);
  self->jump = gtk_menu_button_new ();
  gtk_menu_button_set_child (GTK_MENU_BUTTON (self->jump), self->position);
  gtk_menu_button_set_has_frame (GTK_MENU_BUTTON (self->jump), FALSE);
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (self->jump), steps_cb,
                                         self, NULL);
  gtk_widget_set_tooltip_text (self->jump, _ ("Go to another step"));
  mos_access_name (self->jump, _ ("All steps"));
  gtk_widget_set_hexpand (self->jump, TRUE);
  gtk_widget_set_halign (self->jump, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), self->previous);
  gtk_box_append (GTK_BOX (box), self->jump);
  gtk_box_append (GTK_BOX (box), self->next);
  return box;
}

static void
mos_tutor_step_map (GtkWidget *widget)
{
  MosTutorStep *self = MOS_TUTOR_STEP (widget);

  GTK_WIDGET_CLASS (mos_tutor_step_parent_class)->map (widget);
  if (self->session != NULL && self->source == 0)
    self->source = g_timeout_add (REFRESH_MS, refresh_cb, self);
}

static void
mos_tutor_step_unmap (GtkWidget *widget)
{
  MosTutorStep *self = MOS_TUTOR_STEP (widget);

  g_clear_handle_id (&self->source, g_source_remove);
  GTK_WIDGET_CLASS (mos_tutor_step_parent_class)->unmap (widget);
}

static void
mos_tutor_step_dispose (GObject *object)
{
  MosTutorStep *self = MOS_TUTOR_STEP (object);

  if (self->box != NULL)
    mos_tutor_step_set_session (self, NULL);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->live, g_array_unref);
  g_clear_pointer (&self->moving, g_ptr_array_unref);
  g_clear_pointer (&self->quizzes, g_ptr_array_unref);
  G_OBJECT_CLASS (mos_tutor_step_parent_class)->dispose (object);
}

static void
mos_tutor_step_class_init (MosTutorStepClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_tutor_step_dispose;
  signals[NOTED] =
      g_signal_new ("noted", MOS_TYPE_TUTOR_STEP, G_SIGNAL_RUN_LAST, 0, NULL,
                    NULL, NULL, G_TYPE_NONE, 0);
  widget_class->map = mos_tutor_step_map;
  widget_class->unmap = mos_tutor_step_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
mos_tutor_step_init (MosTutorStep *self)
{
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *foot = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);

  self->shown = -1;
  self->live = g_array_new (FALSE, FALSE, sizeof (Live));
  self->moving = g_ptr_array_new ();
  self->quizzes = g_ptr_array_new ();
  self->title = mos_tutor_label_new (NULL);
  gtk_widget_add_css_class (self->title, "title-2");
  self->body = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  self->hints = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  gtk_widget_add_css_class (self->hints, "hints");
  gtk_box_append (GTK_BOX (content), self->title);
  gtk_box_append (GTK_BOX (content), self->body);
  gtk_box_append (GTK_BOX (content), self->hints);
  gtk_box_append (GTK_BOX (content), make_notes (self));
  gtk_widget_set_margin_start (content, 12);
  gtk_widget_set_margin_end (content, 12);
  gtk_widget_set_margin_top (content, 12);
  gtk_widget_set_margin_bottom (content, 12);

  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), content);
  g_signal_connect (gtk_scrolled_window_get_vadjustment (
                        GTK_SCROLLED_WINDOW (self->scroller)),
                    "changed", G_CALLBACK (grown_cb), self);
  gtk_widget_set_vexpand (self->scroller, TRUE);
  mos_access_name (self->scroller, _ ("Step"));

  self->warning = mos_tutor_label_new (NULL);
  gtk_widget_add_css_class (self->warning, "warning");
  gtk_widget_set_visible (self->warning, FALSE);
  gtk_box_append (GTK_BOX (foot), self->warning);
  gtk_box_append (GTK_BOX (foot), make_status (self));
  gtk_box_append (GTK_BOX (foot), make_buttons (self));
  gtk_box_append (GTK_BOX (foot), make_steps (self));
  gtk_widget_add_css_class (foot, "toolbar");
  gtk_widget_add_css_class (foot, "tutor-foot");

  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), self->scroller);
  gtk_box_append (GTK_BOX (self->box),
                  gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_box_append (GTK_BOX (self->box), foot);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

void
mos_tutor_step_set_session (MosTutorStep *self, MosLabSession *session)
{
  g_return_if_fail (MOS_IS_TUTOR_STEP (self));

  if (self->session == session)
    return;
  if (self->session != NULL)
    g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_handle_id (&self->source, g_source_remove);
  g_array_set_size (self->live, 0);
  g_ptr_array_set_size (self->moving, 0);
  g_ptr_array_set_size (self->quizzes, 0);
  leave_body (self);
  empty (self->body);
  self->shown = -1;
  g_set_object (&self->session, session);
  if (session == NULL)
    return;
  g_signal_connect_swapped (session, "changed", G_CALLBACK (changed_cb), self);
  changed_cb (self);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    self->source = g_timeout_add (REFRESH_MS, refresh_cb, self);
}
