/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * OpenGL tells by the name of its renderer whether it is software; see
 * renderer.h. GTK 4 looks at the display's "gsk-renderer" before it tries
 * OpenGL; should a later one not, all that is lost is speed.
 */
#include "display/renderer.h"

#include <epoxy/gl.h>
#include <string.h>

/* Mesa's three, and ANGLE's. */
static const char *const software[] = { "llvmpipe", "softpipe",
                                        "Software Rasterizer", "SwiftShader" };

static gboolean
is_software (const char *name)
{
  for (gsize i = 0; name != NULL && i < G_N_ELEMENTS (software); i++)
    if (strstr (name, software[i]) != NULL)
      return TRUE;
  return FALSE;
}

void
mos_renderer_choose (GdkDisplay *display)
{
  g_autoptr (GdkGLContext) context = NULL;

  g_return_if_fail (GDK_IS_DISPLAY (display));

  if (g_getenv ("GSK_RENDERER") != NULL)
    return;
  /* Without OpenGL the toolkit takes Cairo by itself. */
  context = gdk_display_create_gl_context (display, NULL);
  if (context == NULL || !gdk_gl_context_realize (context, NULL))
    return;
  gdk_gl_context_make_current (context);
  if (is_software ((const char *) glGetString (GL_RENDERER)))
    g_object_set_data (G_OBJECT (display), "gsk-renderer", (gpointer) "cairo");
  gdk_gl_context_clear_current ();
}

gboolean
mos_renderer_is_cairo (GtkWidget *widget)
{
  GtkNative   *native = gtk_widget_get_native (widget);
  GskRenderer *renderer =
      native != NULL ? gtk_native_get_renderer (native) : NULL;

  return renderer != NULL && GSK_IS_CAIRO_RENDERER (renderer);
}
