/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Performance page. All graphs show the same range; while it is live the
 * range ends with the newest sample, and panning or zooming holds it.
 */
#include "app/performance-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/performance-card.h"
#include "app/performance-load.h"
#include "app/summary.h"

#define MAX_CELLS 400
#define MIN_SPAN  10000
#define DAY_MS    (24 * 3600 * G_GINT64_CONSTANT (1000))
/* How many graphs of a machine and of the lab are there before anybody
 * chooses. */
#define N_FIRST 9

struct _MosPerformancePage {
  GtkWidget parent_instance;

  MosWatch  *watch;
  GSettings *settings;
  gboolean   lab;
  MosVm     *vm;

  GtkWidget *box;
  GtkWidget *stack; /* "graphs", "off" */
  GtkWidget *off;
  GtkWidget *cards; /* of MosPerformanceCard */
  GtkWidget *range;
  GtkWidget *live_button;
  GtkWidget *status;
  GtkWidget *baseline_menu;
  GtkWidget *add_menu;

  gint64   to_ms; /* when not live */
  gint64   span_ms;
  gboolean live;
  gboolean loading;
  gboolean again;
  gboolean holds;
  gint64   loaded_ms;        /* the right edge of what is shown */
  gint64   baseline_from_ms; /* 0: none */
  gulong   tick_handler;
};

G_DEFINE_FINAL_TYPE (MosPerformancePage, mos_performance_page, GTK_TYPE_WIDGET)

static const struct {
  const char *title;
  gint64      span_ms;
} ranges[] = {
  { N_ ("1 minute"), 60 * 1000 },      { N_ ("5 minutes"), 300 * 1000 },
  { N_ ("15 minutes"), 900 * 1000 },   { N_ ("1 hour"), 3600 * 1000 },
  { N_ ("6 hours"), 6 * 3600 * 1000 }, { N_ ("24 hours"), 24 * 3600 * 1000 },
};

static const char *
settings_key (MosPerformancePage *self)
{
  return self->lab ? "lab-graphs" : "machine-graphs";
}

/* -- loading ------------------------------------------------------------- */

static void load (MosPerformancePage *self);

static void
show_plots (MosPerformancePage *self, GPtrArray *plots)
{
  GtkWidget *card = gtk_widget_get_first_child (self->cards);

  for (; card != NULL; card = gtk_widget_get_next_sibling (card)) {
    const MosGraphInfo *info =
        mos_performance_card_get_info (MOS_PERFORMANCE_CARD (card));

    for (guint i = 0; i < plots->len; i++) {
      MosPlot *plot = plots->pdata[i];

      if (plot == NULL || plot->info != info)
        continue;
      mos_performance_card_set_plot (MOS_PERFORMANCE_CARD (card), plot);
      plots->pdata[i] = NULL;
    }
  }
}

static void
loaded_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MosPerformancePage *self = MOS_PERFORMANCE_PAGE (object);
  g_autoptr (GPtrArray) plots = mos_performance_load_finish (result);

  self->loading = FALSE;
  if (self->box == NULL || plots == NULL)
    return;
  show_plots (self, plots);
  if (self->again)
    load (self);
}

static void
add_machines (MosPerformancePage *self, GPtrArray *machines)
{
  GListModel *all;

  if (self->vm != NULL)
    g_ptr_array_add (machines,
                     mos_performance_machine_new (mos_vm_get_uuid (self->vm),
                                                  mos_vm_get_name (self->vm)));
  if (!self->lab)
    return;
  all = G_LIST_MODEL (mos_watch_get_hypervisor (self->watch));
  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    g_ptr_array_add (machines, mos_performance_machine_new (
                                   mos_vm_get_uuid (vm), mos_vm_get_name (vm)));
  }
}

static gint64
right_edge (MosPerformancePage *self)
{
  gint64 last_ms = mos_store_last_ms (mos_watch_get_store (self->watch));

  if (!self->live)
    return self->to_ms;
  return last_ms != 0 ? last_ms : g_get_real_time () / 1000;
}

static void
load (MosPerformancePage *self)
{
  MosPerformanceRequest *request;
  GtkWidget             *card = gtk_widget_get_first_child (self->cards);
  gint64                 to_ms;

  if (self->loading) {
    self->again = TRUE;
    return;
  }
  if (!self->holds || card == NULL)
    return;
  self->again = FALSE;
  self->loading = TRUE;
  request = mos_performance_request_new (self->watch);
  for (; card != NULL; card = gtk_widget_get_next_sibling (card))
    g_ptr_array_add (request->infos, (gpointer) mos_performance_card_get_info (
                                         MOS_PERFORMANCE_CARD (card)));
  add_machines (self, request->machines);
  to_ms = right_edge (self);
  self->loaded_ms = to_ms;
  request->step_ms = mos_plot_step (
      self->span_ms, mos_store_get_interval (mos_watch_get_store (self->watch)),
      MAX_CELLS);
  request->n_cells =
      (guint) ((self->span_ms + request->step_ms - 1) / request->step_ms);
  /* The column at the right edge is one that has begun. */
  request->from_ms = to_ms - to_ms % request->step_ms -
                     request->step_ms * (request->n_cells - 1);
  if (to_ms % request->step_ms == 0)
    request->from_ms -= request->step_ms;
  if (self->baseline_from_ms != 0)
    request->baseline_ago_ms = request->from_ms - self->baseline_from_ms;
  mos_performance_load (request, self, loaded_cb, NULL);
}

/* Long ranges change slowly, and so do we; a clock that was set back may have
 * made what we show the future. */
static void
tick_cb (MosWatch *watch, gint64 time_ms, MosPerformancePage *self)
{
  gint64 step_ms = mos_plot_step (
      self->span_ms, mos_store_get_interval (mos_watch_get_store (watch)),
      MAX_CELLS);

  if (self->live &&
      (time_ms < self->loaded_ms || time_ms - self->loaded_ms >= step_ms))
    load (self);
}

/* -- range --------------------------------------------------------------- */

static void
set_live (MosPerformancePage *self, gboolean live)
{
  if (!live && self->live)
    self->to_ms = right_edge (self);
  self->live = live;
  if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->live_button)) !=
      live)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->live_button), live);
}

static void
live_cb (MosPerformancePage *self)
{
  set_live (self, gtk_toggle_button_get_active (
                      GTK_TOGGLE_BUTTON (self->live_button)));
  load (self);
}

static void
range_cb (MosPerformancePage *self)
{
  guint i = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->range));

  if (i >= G_N_ELEMENTS (ranges))
    return;
  self->span_ms = ranges[i].span_ms;
  load (self);
}

static void
zoom_cb (MosGraph *graph, double factor, double at, MosPerformancePage *self)
{
  gint64 to_ms = right_edge (self);
  gint64 fixed_ms = to_ms - (gint64) ((1 - at) * (double) self->span_ms);
  gint64 span_ms =
      CLAMP ((gint64) ((double) self->span_ms * factor), MIN_SPAN, DAY_MS);

  if (span_ms == self->span_ms)
    return;
  self->span_ms = span_ms;
  if (!self->live || at < 1) {
    set_live (self, FALSE);
    self->to_ms = fixed_ms + (gint64) ((1 - at) * (double) span_ms);
  }
  load (self);
}

static void
pan_cb (MosGraph *graph, double part, MosPerformancePage *self)
{
  gint64 now_ms = g_get_real_time () / 1000;

  set_live (self, FALSE);
  self->to_ms =
      MIN (self->to_ms - (gint64) (part * (double) self->span_ms), now_ms);
  load (self);
}

/* One crosshair through all graphs. */
static void
cursor_cb (MosGraph *graph, int cell, MosPerformancePage *self)
{
  GtkWidget     *card = gtk_widget_get_first_child (self->cards);
  const MosPlot *plot = mos_graph_get_plot (graph);

  for (; card != NULL; card = gtk_widget_get_next_sibling (card)) {
    MosGraph *other =
        mos_performance_card_get_graph (MOS_PERFORMANCE_CARD (card));

    if (other != graph)
      mos_graph_set_cursor (other, cell);
  }
  if (plot != NULL) {
    g_autofree char *reading = mos_plot_describe (plot, cell);

    gtk_label_set_label (GTK_LABEL (self->status), reading);
  }
}

/* -- cards --------------------------------------------------------------- */

static void
save_order (MosPerformancePage *self)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  GtkWidget *card = gtk_widget_get_first_child (self->cards);

  for (; card != NULL; card = gtk_widget_get_next_sibling (card))
    g_ptr_array_add (ids, (gpointer) mos_performance_card_get_info (
                              MOS_PERFORMANCE_CARD (card))
                              ->id);
  g_ptr_array_add (ids, NULL);
  g_settings_set_strv (self->settings, settings_key (self),
                       (const char *const *) ids->pdata);
}

static void update_add_menu (MosPerformancePage *self);

static void
arrange_cb (MosPerformanceCard *card, int how, MosPerformancePage *self)
{
  GtkWidget *widget = GTK_WIDGET (card);
  GtkWidget *before = gtk_widget_get_prev_sibling (widget);
  GtkWidget *after = gtk_widget_get_next_sibling (widget);
  GtkBox    *box = GTK_BOX (self->cards);

  if (how == MOS_CARD_PIN)
    gtk_box_reorder_child_after (box, widget, NULL);
  else if (how == MOS_CARD_UP && before != NULL)
    gtk_box_reorder_child_after (box, before, widget);
  else if (how == MOS_CARD_DOWN && after != NULL)
    gtk_box_reorder_child_after (box, widget, after);
  else if (how == MOS_CARD_HIDE)
    gtk_box_remove (box, widget);
  save_order (self);
  update_add_menu (self);
}

static void
add_card (MosPerformancePage *self, const MosGraphInfo *info)
{
  GtkWidget *card = mos_performance_card_new (info);
  MosGraph  *graph =
      mos_performance_card_get_graph (MOS_PERFORMANCE_CARD (card));

  g_signal_connect (card, "arrange", G_CALLBACK (arrange_cb), self);
  g_signal_connect (graph, "zoom", G_CALLBACK (zoom_cb), self);
  g_signal_connect (graph, "pan", G_CALLBACK (pan_cb), self);
  g_signal_connect (graph, "cursor-moved", G_CALLBACK (cursor_cb), self);
  gtk_box_append (GTK_BOX (self->cards), card);
}

static gboolean
has_card (MosPerformancePage *self, const MosGraphInfo *info)
{
  GtkWidget *card = gtk_widget_get_first_child (self->cards);

  for (; card != NULL; card = gtk_widget_get_next_sibling (card))
    if (mos_performance_card_get_info (MOS_PERFORMANCE_CARD (card)) == info)
      return TRUE;
  return FALSE;
}

static void
fill_cards (MosPerformancePage *self)
{
  g_auto (GStrv) ids =
      g_settings_get_strv (self->settings, settings_key (self));
  guint n = 0;

  for (guint i = 0; ids[i] != NULL; i++) {
    const MosGraphInfo *info = mos_graph_find (ids[i]);

    if (info != NULL && (self->lab || !info->host) && !has_card (self, info))
      add_card (self, info);
  }
  if (ids[0] != NULL)
    return;
  /* The lab begins with the host's, a machine with its own. */
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < mos_n_graph_infos && n < N_FIRST; i++) {
      const MosGraphInfo *info = &mos_graph_infos[i];

      if (info->host != (self->lab && pass == 0) || has_card (self, info))
        continue;
      add_card (self, info);
      n++;
    }
}

static void
show_graph_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MosPerformancePage *self = MOS_PERFORMANCE_PAGE (widget);
  const MosGraphInfo *info =
      mos_graph_find (g_variant_get_string (parameter, NULL));

  if (info == NULL || has_card (self, info))
    return;
  add_card (self, info);
  save_order (self);
  update_add_menu (self);
  load (self);
}

static void
update_add_menu (MosPerformancePage *self)
{
  g_autoptr (GMenu) menu = g_menu_new ();

  for (guint i = 0; i < mos_n_graph_infos; i++) {
    const MosGraphInfo *info = &mos_graph_infos[i];
    g_autoptr (GMenuItem) item = NULL;

    if (has_card (self, info) || (!self->lab && info->host))
      continue;
    item = g_menu_item_new (_ (info->title), NULL);
    g_menu_item_set_action_and_target (item, "performance.show", "s", info->id);
    g_menu_append_item (menu, item);
  }
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->add_menu),
                                  G_MENU_MODEL (menu));
  mos_access_allow (
      self->add_menu, _ ("Add a Graph"),
      mos_reason_unless (g_menu_model_get_n_items (G_MENU_MODEL (menu)) > 0,
                         MOS_REASON_ALL_GRAPHS));
}

/* -- baselines ----------------------------------------------------------- */

static void
update_baseline_menu (MosPerformancePage *self)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) own = g_menu_new ();
  g_autoptr (GPtrArray) all =
      mos_store_baselines (mos_watch_get_store (self->watch));

  g_menu_append (own, _ ("_Keep This Range as Baseline"), "performance.keep");
  g_menu_append (own, _ ("Compare with _Nothing"),
                 "performance.compare(int64 0)");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (own));
  for (guint i = 0; i < all->len; i++) {
    const MosBaseline *baseline = all->pdata[i];
    g_autoptr (GMenuItem) item = g_menu_item_new (baseline->name, NULL);

    g_menu_item_set_action_and_target (item, "performance.compare", "x",
                                       baseline->from_ms);
    g_menu_append_item (menu, item);
  }
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->baseline_menu),
                                  G_MENU_MODEL (menu));
}

static void
keep_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MosPerformancePage *self = MOS_PERFORMANCE_PAGE (widget);
  gint64              to_ms = right_edge (self);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (to_ms / 1000);
  g_autofree char *stamp = g_date_time_format (time, "%x %X");
  g_autofree char *name = g_strdup_printf (
      "%s, %s",
      self->vm != NULL ? mos_vm_get_name (self->vm) : _ ("all machines"),
      stamp);

  mos_store_keep (mos_watch_get_store (self->watch), name,
                  self->vm != NULL ? mos_vm_get_uuid (self->vm) : "",
                  to_ms - self->span_ms, to_ms);
  update_baseline_menu (self);
  gtk_label_set_label (GTK_LABEL (self->status), _ ("Kept as a baseline"));
}

static void
compare_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MosPerformancePage *self = MOS_PERFORMANCE_PAGE (widget);

  self->baseline_from_ms = g_variant_get_int64 (parameter);
  load (self);
}

/* -- report -------------------------------------------------------------- */

static gboolean
save_report (MosPerformancePage *self, const char *path, GError **error)
{
  gint64           to_ms = right_edge (self);
  const char      *name = self->vm != NULL ? mos_vm_get_name (self->vm) : NULL;
  g_autofree char *title =
      name != NULL ? g_strdup_printf (_ ("Performance of “%s”"), name)
                   : g_strdup (_ ("Performance of the lab"));
  g_autoptr (MosSummary) summary = mos_summary_new (
      mos_watch_get_store (self->watch), title,
      self->vm != NULL ? mos_vm_get_uuid (self->vm) : NULL, name,
      mos_watch_get_rules (self->watch), to_ms - self->span_ms, to_ms);

  if (self->vm != NULL)
    summary->configuration =
        mos_vm_config_to_toml (mos_vm_get_config (self->vm));
  mos_summary_advise (summary);
  return mos_summary_save (summary, path, NULL, error);
}

static void
report_chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  MosPerformancePage *self = MOS_PERFORMANCE_PAGE (widget);
  g_autoptr (GError) error = NULL;

  gtk_label_set_label (GTK_LABEL (self->status),
                       save_report (self, path, &error) ? _ ("Report saved")
                                                        : error->message);
}

static void
report_cb (MosPerformancePage *self)
{
  mos_chooser_ask (GTK_WIDGET (self),
                   &(MosChooserSpec){ .title = _ ("Save a Report"),
                                      .name = "report.html",
                                      .func = report_chosen_cb });
}

/* -- life ---------------------------------------------------------------- */

static void
hold (MosPerformancePage *self)
{
  if (self->holds || self->watch == NULL)
    return;
  self->holds = TRUE;
  self->tick_handler =
      g_signal_connect (self->watch, "tick", G_CALLBACK (tick_cb), self);
  mos_watch_hold_ticks (self->watch);
  load (self);
}

static void
let_go (MosPerformancePage *self)
{
  if (!self->holds)
    return;
  self->holds = FALSE;
  mos_watch_release_ticks (self->watch);
  g_signal_handler_disconnect (self->watch, self->tick_handler);
}

static void
mos_performance_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_performance_page_parent_class)->map (widget);
  hold (MOS_PERFORMANCE_PAGE (widget));
}

static void
mos_performance_page_unmap (GtkWidget *widget)
{
  let_go (MOS_PERFORMANCE_PAGE (widget));
  GTK_WIDGET_CLASS (mos_performance_page_parent_class)->unmap (widget);
}

static void
mos_performance_page_dispose (GObject *object)
{
  MosPerformancePage *self = MOS_PERFORMANCE_PAGE (object);

  let_go (self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->vm);
  g_clear_object (&self->watch);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (mos_performance_page_parent_class)->dispose (object);
}

static void
mos_performance_page_class_init (MosPerformancePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_performance_page_dispose;
  widget_class->map = mos_performance_page_map;
  widget_class->unmap = mos_performance_page_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_install_action (widget_class, "performance.show", "s",
                                   show_graph_cb);
  gtk_widget_class_install_action (widget_class, "performance.keep", NULL,
                                   keep_cb);
  gtk_widget_class_install_action (widget_class, "performance.compare", "x",
                                   compare_cb);
}

static GtkWidget *
make_toolbar (MosPerformancePage *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *report;
  g_autoptr (GPtrArray) titles = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    g_ptr_array_add (titles, (gpointer) _ (ranges[i].title));
  g_ptr_array_add (titles, NULL);
  self->range =
      gtk_drop_down_new_from_strings ((const char *const *) titles->pdata);
  mos_access_name (self->range, _ ("Range of time"));
  g_signal_connect_swapped (self->range, "notify::selected",
                            G_CALLBACK (range_cb), self);

  self->live_button = gtk_toggle_button_new ();
  gtk_button_set_icon_name (GTK_BUTTON (self->live_button),
                            "media-playback-start-symbolic");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->live_button), TRUE);
  mos_access_icon_button (self->live_button, _ ("Follow the Newest Sample"));
  g_signal_connect_swapped (self->live_button, "toggled", G_CALLBACK (live_cb),
                            self);

  self->status = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->status), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (self->status), 0);
  gtk_widget_set_hexpand (self->status, TRUE);
  gtk_widget_add_css_class (self->status, "numeric");
  gtk_widget_add_css_class (self->status, "dim-label");

  self->baseline_menu = gtk_menu_button_new ();
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->baseline_menu),
                                 "view-dual-symbolic");
  mos_access_icon_button (self->baseline_menu, _ ("Compare with a Baseline"));
  self->add_menu = gtk_menu_button_new ();
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->add_menu),
                                 "list-add-symbolic");
  mos_access_icon_button (self->add_menu, _ ("Add a Graph"));

  report = gtk_button_new_from_icon_name ("document-save-symbolic");
  mos_access_icon_button (report, _ ("Save a Report of This Range"));
  g_signal_connect_swapped (report, "clicked", G_CALLBACK (report_cb), self);

  gtk_widget_add_css_class (bar, "toolbar");
  gtk_box_append (GTK_BOX (bar), self->range);
  gtk_box_append (GTK_BOX (bar), self->live_button);
  gtk_box_append (GTK_BOX (bar), self->status);
  gtk_box_append (GTK_BOX (bar), report);
  gtk_box_append (GTK_BOX (bar), self->baseline_menu);
  gtk_box_append (GTK_BOX (bar), self->add_menu);
  return bar;
}

static void
mos_performance_page_init (MosPerformancePage *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *toolbar = make_toolbar (self);

  self->settings = g_settings_new ("org.multios.Lab");
  self->live = TRUE;
  self->span_ms = ranges[0].span_ms;
  self->cards = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  gtk_widget_set_margin_top (self->cards, 12);
  gtk_widget_set_margin_bottom (self->cards, 12);
  gtk_widget_set_margin_start (self->cards, 12);
  gtk_widget_set_margin_end (self->cards, 12);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->cards);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_widget_set_vexpand (scroller, TRUE);
  mos_access_name (scroller, _ ("Graphs"));

  self->off = adw_status_page_new ();
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (self->off),
                                 "power-profile-performance-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (self->off), _ ("No Machine"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (self->off),
      _ ("Choose a machine to see how it performs."));

  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), self->off, "off");
  gtk_stack_add_named (GTK_STACK (self->stack), scroller, "graphs");
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_box_append (GTK_BOX (self->box), toolbar);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

static void
show_or_off (MosPerformancePage *self)
{
  gboolean on = self->watch != NULL && (self->lab || self->vm != NULL);

  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    on ? "graphs" : "off");
}

GtkWidget *
mos_performance_page_new (MosWatch *watch, gboolean lab)
{
  MosPerformancePage *self = g_object_new (MOS_TYPE_PERFORMANCE_PAGE, NULL);

  self->lab = lab;
  if (watch != NULL) {
    self->watch = g_object_ref (watch);
    fill_cards (self);
    update_add_menu (self);
    update_baseline_menu (self);
  }
  show_or_off (self);
  return GTK_WIDGET (self);
}

void
mos_performance_page_set_vm (MosPerformancePage *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_PERFORMANCE_PAGE (self));

  if (!g_set_object (&self->vm, vm))
    return;
  show_or_off (self);
  load (self);
}
