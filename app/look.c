/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Contrast, motion and direction; see look.h. Main thread.
 */
#include "app/look.h"

#include <adwaita.h>

gboolean
mos_look_contrast (void)
{
  return adw_style_manager_get_high_contrast (adw_style_manager_get_default ());
}

gboolean
mos_look_animated (GtkWidget *widget)
{
  gboolean animated = TRUE;

  g_return_val_if_fail (GTK_IS_WIDGET (widget), FALSE);

  g_object_get (gtk_widget_get_settings (widget), "gtk-enable-animations",
                &animated, NULL);
  return animated;
}

gboolean
mos_look_mirrored (GtkWidget *widget)
{
  g_return_val_if_fail (GTK_IS_WIDGET (widget), FALSE);

  return gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
}

gboolean
mos_look_put_away (GtkWidget *widget)
{
  GtkNative  *native = gtk_widget_get_native (widget);
  GdkSurface *surface = native != NULL ? gtk_native_get_surface (native) : NULL;

  return GDK_IS_TOPLEVEL (surface) &&
         (gdk_toplevel_get_state (GDK_TOPLEVEL (surface)) &
          GDK_TOPLEVEL_STATE_MINIMIZED) != 0;
}
