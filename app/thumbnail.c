/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Thumbnails: the screen is captured on a thread and made small there, so
 * that the main thread only swaps a picture of a few KiB, if it is another one.
 * A text that did not change is not captured again.
 * capture_task() runs on a thread of the pool, all else on the main thread.
 */
#include "app/thumbnail.h"

#include "app/access.h"
#include "app/look.h"
#include "display/display.h"

#define WIDTH      64
#define HEIGHT     48
#define ICON       24
#define SCALE      2 /* sharp on a display with twice the pixels */
#define INTERVAL_S 1

struct _MosThumbnail {
  GtkWidget parent_instance;

  MosVm         *vm;
  GBytes        *pixels; /* NULL: the screen is dark */
  guint64        text;   /* what it showed then; 0: not a text mode */
  GskRenderNode *node;   /* of them, made when it is first drawn */
  GCancellable  *cancellable;
  guint          timeout;
  gboolean       capturing;
};

G_DEFINE_FINAL_TYPE (MosThumbnail, mos_thumbnail, GTK_TYPE_WIDGET)

/* -- on the thread ------------------------------------------------------- */

/* The mean colour of a block of pixels, of some 3 by 4 in it. */
static guint32
mean (const guint32 *pixels,
      guint          stride,
      guint          x0,
      guint          y0,
      guint          x1,
      guint          y1)
{
  guint   across = MAX ((x1 - x0) / 3, 1), down = MAX ((y1 - y0) / 4, 1);
  guint32 red = 0, green = 0, blue = 0, n = 0;

  for (guint y = y0; y < MAX (y1, y0 + 1); y += down)
    for (guint x = x0; x < MAX (x1, x0 + 1); x += across, n++) {
      guint32 pixel = pixels[(gsize) y * stride + x];

      red += (pixel >> 16) & 0xff;
      green += (pixel >> 8) & 0xff;
      blue += pixel & 0xff;
    }
  return 0xff000000u | (red / n) << 16 | (green / n) << 8 | blue / n;
}

static GBytes *
shrink (GBytes *bytes, guint width, guint height)
{
  const guint32 *pixels = g_bytes_get_data (bytes, NULL);
  guint          w = WIDTH * SCALE, h = HEIGHT * SCALE;
  guint32       *small = g_new (guint32, (gsize) w * h);

  for (guint y = 0; y < h; y++)
    for (guint x = 0; x < w; x++)
      small[y * w + x] = mean (pixels, width, x * width / w, y * height / h,
                               (x + 1) * width / w, (y + 1) * height / h);
  return g_bytes_new_take (small, (gsize) w * h * sizeof *small);
}

typedef struct {
  MosScreen *screen;
  guint64    text; /* as in MosThumbnail; before, and after */
} Capture;

static void
capture_free (gpointer data)
{
  Capture *self = data;

  mos_screen_unref (self->screen);
  g_free (self);
}

static guint64
hash_bytes (guint64 hash, gconstpointer data, gsize size)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return hash;
}

/* Of characters and colours; 0 in a graphics mode. */
static guint64
text_of (MosScreen *screen)
{
  MosTextScreen text;
  guint64       hash = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  guint         cells;

  mos_text_screen_init (&text);
  mos_screen_read_text (screen, &text);
  cells = text.columns * text.rows;
  hash = hash_bytes (hash, text.characters->data, cells * sizeof (gunichar));
  hash = hash_bytes (hash, text.attributes->data, cells);
  mos_text_screen_clear (&text);
  return cells == 0 ? 0 : MAX (hash, 1);
}

/* NULL if it is the same text. */
static void
capture_task (GTask        *task,
              gpointer      source,
              gpointer      task_data,
              GCancellable *cancellable)
{
  Capture *self = task_data;
  guint64  text = text_of (self->screen);
  guint    width = 0, height = 0;
  GBytes  *pixels = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (text == 0 || text != self->text)
    bytes = mos_screen_capture (self->screen, &width, &height);
  self->text = text;
  if (bytes != NULL && width > 0 && height > 0)
    pixels = shrink (bytes, width, height);
  g_task_return_pointer (task, pixels, (GDestroyNotify) g_bytes_unref);
}

/* -- on the main thread -------------------------------------------------- */

static void
set_pixels (MosThumbnail *self, GBytes *pixels)
{
  g_clear_pointer (&self->node, gsk_render_node_unref);
  g_clear_pointer (&self->pixels, g_bytes_unref);
  self->pixels = pixels;
}

static void
captured_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MosThumbnail *self = MOS_THUMBNAIL (source);
  Capture      *capture = g_task_get_task_data (G_TASK (result));
  GBytes       *pixels = g_task_propagate_pointer (G_TASK (result), NULL);

  self->capturing = FALSE;
  if (pixels == NULL)
    return;
  self->text = capture->text;
  if (self->pixels != NULL && g_bytes_equal (pixels, self->pixels)) {
    g_bytes_unref (pixels);
    return;
  }
  set_pixels (self, pixels);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
tick_cb (gpointer user_data)
{
  MosThumbnail *self = user_data;
  g_autoptr (GTask) task = NULL;
  Capture *capture;

  if (self->capturing || mos_look_put_away (GTK_WIDGET (self)))
    return G_SOURCE_CONTINUE;
  self->capturing = TRUE;
  capture = g_new (Capture, 1);
  *capture = (Capture){ .screen = mos_screen_ref (mos_vm_get_screen (self->vm)),
                        .text = self->text };
  task = g_task_new (self, self->cancellable, captured_cb, NULL);
  g_task_set_task_data (task, capture, capture_free);
  g_task_run_in_thread (task, capture_task);
  return G_SOURCE_CONTINUE;
}

static void
update (MosThumbnail *self)
{
  MosVmState state =
      self->vm != NULL ? mos_vm_get_state (self->vm) : MOS_VM_DELETED;
  gboolean live =
      gtk_widget_get_mapped (GTK_WIDGET (self)) && state == MOS_VM_RUNNING;

  if (live && self->timeout == 0) {
    /* All of them in the same moment, so that they share a frame. */
    self->timeout = g_timeout_add_seconds (INTERVAL_S, tick_cb, self);
    tick_cb (self);
  } else if (!live) {
    g_clear_handle_id (&self->timeout, g_source_remove);
  }
  if (state == MOS_VM_STOPPED || state == MOS_VM_DELETED) {
    g_cancellable_cancel (self->cancellable);
    g_clear_object (&self->cancellable);
    self->cancellable = g_cancellable_new ();
    set_pixels (self, NULL);
    self->text = 0;
  }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* What stands there while the screen is dark. */
static void
draw_icon (GtkWidget *widget, GtkSnapshot *snapshot, int width, int height)
{
  GtkIconTheme *theme =
      gtk_icon_theme_get_for_display (gtk_widget_get_display (widget));
  g_autoptr (GtkIconPaintable) icon = gtk_icon_theme_lookup_icon (
      theme, "computer-symbolic", NULL, ICON,
      gtk_widget_get_scale_factor (widget), gtk_widget_get_direction (widget),
      GTK_ICON_LOOKUP_FORCE_SYMBOLIC);
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  if (!mos_look_contrast ())
    color.alpha *= 0.5f;
  gtk_snapshot_translate (snapshot,
                          &GRAPHENE_POINT_INIT ((float) (width - ICON) / 2,
                                                (float) (height - ICON) / 2));
  gtk_symbolic_paintable_snapshot_symbolic (GTK_SYMBOLIC_PAINTABLE (icon),
                                            GDK_SNAPSHOT (snapshot), ICON, ICON,
                                            &color, 1);
}

static void
mos_thumbnail_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MosThumbnail *self = MOS_THUMBNAIL (widget);
  int           width = gtk_widget_get_width (widget);
  int           height = gtk_widget_get_height (widget);

  if (self->pixels == NULL) {
    draw_icon (widget, snapshot, width, height);
    return;
  }
  if (self->node == NULL)
    self->node = mos_pixels_node_new (
        self->pixels, WIDTH * SCALE, HEIGHT * SCALE,
        &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height),
        mos_renderer_is_cairo (widget));
  gtk_snapshot_append_node (snapshot, self->node);
}

static void
mos_thumbnail_measure (GtkWidget     *widget,
                       GtkOrientation orientation,
                       int            for_size,
                       int           *minimum,
                       int           *natural,
                       int           *minimum_baseline,
                       int           *natural_baseline)
{
  *minimum = *natural =
      orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : HEIGHT;
  *minimum_baseline = *natural_baseline = -1;
}

static void
mos_thumbnail_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_thumbnail_parent_class)->map (widget);
  update (MOS_THUMBNAIL (widget));
}

static void
mos_thumbnail_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  g_clear_pointer (&MOS_THUMBNAIL (widget)->node, gsk_render_node_unref);
}

static void
mos_thumbnail_unmap (GtkWidget *widget)
{
  /* Its window may come back with another renderer. */
  g_clear_pointer (&MOS_THUMBNAIL (widget)->node, gsk_render_node_unref);
  GTK_WIDGET_CLASS (mos_thumbnail_parent_class)->unmap (widget);
  update (MOS_THUMBNAIL (widget));
}

static void
mos_thumbnail_dispose (GObject *object)
{
  MosThumbnail *self = MOS_THUMBNAIL (object);

  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_clear_handle_id (&self->timeout, g_source_remove);
  g_clear_object (&self->vm);
  set_pixels (self, NULL);
  g_clear_object (&self->cancellable);
  G_OBJECT_CLASS (mos_thumbnail_parent_class)->dispose (object);
}

static void
mos_thumbnail_class_init (MosThumbnailClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_thumbnail_dispose;
  widget_class->snapshot = mos_thumbnail_snapshot;
  widget_class->measure = mos_thumbnail_measure;
  widget_class->size_allocate = mos_thumbnail_size_allocate;
  widget_class->map = mos_thumbnail_map;
  widget_class->unmap = mos_thumbnail_unmap;
  gtk_widget_class_set_css_name (widget_class, "thumbnail");
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
mos_thumbnail_init (MosThumbnail *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *
mos_thumbnail_new (void)
{
  return g_object_new (MOS_TYPE_THUMBNAIL, NULL);
}

void
mos_thumbnail_set_vm (MosThumbnail *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_THUMBNAIL (self));

  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_set_object (&self->vm, vm);
  if (vm != NULL)
    g_signal_connect_swapped (vm, "notify::state", G_CALLBACK (update), self);
  update (self);
}
