/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of pages, and what makes those of this folder fit into it. Main
 * thread.
 */
#include "app/pages.h"

#include <glib/gi18n-lib.h>

#include "app/alerts-page.h"
#include "app/console.h"
#include "app/demo-page.h"
#include "app/details-page.h"
#include "app/hierarchy-page.h"
#include "app/log-page.h"
#include "app/performance-page.h"
#include "app/profile-page.h"
#include "app/serial-page.h"
#include "app/text-page.h"
#include "app/trace-page.h"

static GtkWidget *
console_new (MosHypervisor *hypervisor)
{
  return g_object_new (MOS_TYPE_CONSOLE, NULL);
}

static void
console_set_vm (GtkWidget *page, MosVm *vm)
{
  mos_console_set_vm (MOS_CONSOLE (page), vm);
}

static GtkWidget *
serial_new (MosHypervisor *hypervisor)
{
  return g_object_new (MOS_TYPE_SERIAL_PAGE, NULL);
}

static void
serial_set_vm (GtkWidget *page, MosVm *vm)
{
  mos_serial_page_set_vm (MOS_SERIAL_PAGE (page), vm);
}

static GtkWidget *
log_new (MosHypervisor *hypervisor)
{
  return g_object_new (MOS_TYPE_LOG_PAGE, NULL);
}

static void
log_set_vm (GtkWidget *page, MosVm *vm)
{
  mos_log_page_set_log (MOS_LOG_PAGE (page),
                        vm != NULL ? mos_vm_get_log (vm) : NULL);
}

static GtkWidget *
details_new (MosHypervisor *hypervisor)
{
  return g_object_new (MOS_TYPE_DETAILS_PAGE, NULL);
}

static void
details_set_vm (GtkWidget *page, MosVm *vm)
{
  mos_details_page_set_vm (MOS_DETAILS_PAGE (page), vm);
}

static GtkWidget *
performance_new (MosHypervisor *hypervisor)
{
  return mos_performance_page_new (mos_watch_of (hypervisor), FALSE);
}

static void
performance_set_vm (GtkWidget *page, MosVm *vm)
{
  mos_performance_page_set_vm (MOS_PERFORMANCE_PAGE (page), vm);
}

static GtkWidget *
profile_new (MosHypervisor *hypervisor)
{
  return mos_profile_page_new (mos_watch_of (hypervisor));
}

static void
profile_set_vm (GtkWidget *page, MosVm *vm)
{
  mos_profile_page_set_vm (MOS_PROFILE_PAGE (page), vm);
}

static GtkWidget *
trace_new (MosHypervisor *hypervisor)
{
  return mos_trace_page_new ();
}

static void
trace_set_vm (GtkWidget *page, MosVm *vm)
{
  mos_trace_page_set_vm (MOS_TRACE_PAGE (page), vm);
}

static GtkWidget *
alerts_new (MosHypervisor *hypervisor)
{
  return mos_alerts_page_new (mos_watch_of (hypervisor));
}

static GtkWidget *
overview_new (MosHypervisor *hypervisor)
{
  return mos_performance_page_new (mos_watch_of (hypervisor), TRUE);
}

const MosPageInfo mos_pages[] = {
  { "console", N_ ("Console"), "video-display-symbolic", MOS_PAGE_MACHINE,
    "<Alt>1", console_new, console_set_vm },
  { "serial", N_ ("Serial"), "utilities-terminal-symbolic", MOS_PAGE_MACHINE,
    "<Alt>2", serial_new, serial_set_vm, TRUE },
  { "text", N_ ("Text"), "accessories-text-editor-symbolic", MOS_PAGE_MACHINE,
    "<Alt>5", mos_text_page_new, mos_text_page_set_vm },
  { "log", N_ ("Log"), "view-list-symbolic", MOS_PAGE_MACHINE, "<Alt>3",
    log_new, log_set_vm },
  { "details", N_ ("Details"), "preferences-system-symbolic", MOS_PAGE_MACHINE,
    "<Alt>4", details_new, details_set_vm },
  { "demo", N_ ("Demo Device"), "application-x-addon-symbolic",
    MOS_PAGE_MACHINE, "<Alt>6", mos_demo_page_new, mos_demo_page_set_vm },
  { "performance", N_ ("Performance"), "power-profile-performance-symbolic",
    MOS_PAGE_MACHINE, "<Alt>7", performance_new, performance_set_vm },
  { "profile", N_ ("Profile"), "system-run-symbolic", MOS_PAGE_MACHINE, NULL,
    profile_new, profile_set_vm },
  { "trace", N_ ("Trace"), "media-record-symbolic", MOS_PAGE_MACHINE, NULL,
    trace_new, trace_set_vm },
  { "overview", N_ ("Overview"), "power-profile-performance-symbolic",
    MOS_PAGE_LAB, "<Alt>9", overview_new, NULL },
  { "alerts", N_ ("Alerts"), "dialog-warning-symbolic", MOS_PAGE_LAB, NULL,
    alerts_new, NULL },
  { "hierarchy", N_ ("Hierarchy"), "view-list-symbolic", MOS_PAGE_LAB, "<Alt>8",
    mos_hierarchy_page_new, NULL },
  { NULL },
};

const MosPageInfo *
mos_page_find (const char *id)
{
  g_return_val_if_fail (id != NULL, NULL);

  for (const MosPageInfo *info = mos_pages; info->id != NULL; info++)
    if (g_str_equal (info->id, id))
      return info;
  return NULL;
}
