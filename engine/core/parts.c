/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the program was composed of, and how machines get at it.
 *
 * Backends are probed once, on the thread that asks first. "auto" takes the
 * fastest that can do what the machine needs, by measured speed; what could not
 * be measured comes in the order in which the program added it.
 */
#include <glib/gi18n-lib.h>

#include "engine/base/error.h"
#include "engine/core/hypervisor-private.h"
#include "engine/cpu/calibrate.h"

/* -- backends ------------------------------------------------------------ */

void
mos_parts_probe (MosParts *self)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->backends->len && !self->probed; i++) {
    MosBackendReport *report =
        &g_array_index (self->backends, MosBackendReport, i);

    report->klass->probe (&report->info);
  }
  self->probed = TRUE;
  g_mutex_unlock (&self->lock);
}

void
mos_parts_measure (MosParts *self)
{
  mos_parts_probe (self);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->backends->len && !self->measured; i++) {
    MosBackendReport *report =
        &g_array_index (self->backends, MosBackendReport, i);
    MosCalibration speed;

    /* One that cannot be measured is taken last; its own error comes up if it
     * is asked for by name. */
    if (report->mips > 0 || !report->info.usable ||
        !mos_backend_calibrate (report->klass, &speed, NULL))
      continue;
    report->mips = speed.mips;
    report->exits_per_s = speed.exits_per_s;
  }
  self->measured = TRUE;
  g_mutex_unlock (&self->lock);
}

static const MosBackendReport *
find_backend (MosParts *self, const char *name)
{
  for (guint i = 0; i < self->backends->len; i++) {
    const MosBackendReport *report =
        &g_array_index (self->backends, MosBackendReport, i);

    if (g_str_equal (report->klass->name, name))
      return report;
  }
  return NULL;
}

/* What @report lacks of @needs, or NULL. */
static const char *
find_lack (const MosBackendReport *report, const MosVmNeeds *needs)
{
  const MosBackendInfo *info = &report->info;

  if (!info->usable)
    return info->why_not;
  if (needs->deterministic && !info->deterministic)
    return _ ("it cannot run deterministically");
  if (needs->pmu && !info->pmu)
    return _ ("it offers no performance counters to guests here");
  if (needs->nested && !info->nested_svm && !info->nested_vmx)
    return _ ("it offers neither AMD-V nor Intel VT-x to guests here");
  if (info->max_vcpus != 0 && needs->n_vcpus > info->max_vcpus)
    return _ ("it cannot have so many processors");
  return NULL;
}

static void
set_lack (const MosVmNeeds *needs, const char *reasons, GError **error)
{
  if (needs->nested)
    g_set_error (error, MOS_ERROR, MOS_ERROR_NO_NESTING,
                 _ ("Nested Virtualization Not Supported: %s; switch "
                    "features.nested off, or choose another cpu.accel"),
                 reasons);
  else
    g_set_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
                 _ ("Insufficient Hardware Support: %s; choose another "
                    "cpu.accel"),
                 reasons);
}

/* With what is in the way of nesting, and what helps. */
static char *
explain_lack (MosParts               *self,
              const MosBackendReport *report,
              const MosVmNeeds       *needs,
              const char             *lack)
{
  g_autoptr (GPtrArray) blockers = NULL;
  g_autofree char *text = NULL;

  if (needs->nested)
    blockers = mos_parts_nesting_blockers (self, report, NULL);
  if (blockers == NULL || blockers->len == 0)
    return g_strdup_printf ("%s: %s", report->klass->title, lack);
  text = mos_nesting_describe (blockers, "- ");
  return g_strdup_printf ("%s: %s\n%s\n%s", report->klass->title, lack, text,
                          _ ("The software CPU nests on every host (cpu.accel "
                             "= \"soft\")"));
}

static const MosBackendReport *
choose_named (MosParts *self, const MosVmNeeds *needs, GError **error)
{
  const MosBackendReport *report = find_backend (self, needs->accel);
  g_autofree char        *reason = NULL;
  const char             *lack;

  if (report == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
                 _ ("Insufficient Hardware Support: this program has no "
                    "processor “%s”; use cpu.accel = \"auto\""),
                 needs->accel);
    return NULL;
  }
  lack = find_lack (report, needs);
  if (lack == NULL)
    return report;
  reason = explain_lack (self, report, needs, lack);
  set_lack (needs, reason, error);
  return NULL;
}

static MosCalibration
speed_of (const MosBackendReport *report)
{
  return (MosCalibration){ .mips = report->mips,
                           .exits_per_s = report->exits_per_s };
}

static gboolean
is_faster (const MosBackendReport *a, const MosBackendReport *b)
{
  MosCalibration x = speed_of (a);
  MosCalibration y = speed_of (b);

  return mos_calibration_score (&x) > mos_calibration_score (&y);
}

static guint
count_usable (MosParts *self)
{
  guint n = 0;

  for (guint i = 0; i < self->backends->len; i++)
    n +=
        g_array_index (self->backends, MosBackendReport, i).info.usable ? 1 : 0;
  return n;
}

static const MosBackendReport *
choose_auto (MosParts *self, const MosVmNeeds *needs, GError **error)
{
  g_autoptr (GString) reasons = g_string_new (NULL);
  const MosBackendReport *best = NULL;

  for (guint i = 0; i < self->backends->len; i++) {
    const MosBackendReport *report =
        &g_array_index (self->backends, MosBackendReport, i);
    const char *lack = find_lack (report, needs);

    if (lack == NULL && (best == NULL || is_faster (report, best)))
      best = report;
    if (lack != NULL)
      g_string_append_printf (reasons, "%s%s: %s", reasons->len > 0 ? "; " : "",
                              report->klass->title, lack);
  }
  if (best == NULL)
    set_lack (needs,
              reasons->len > 0 ? reasons->str : _ ("there is no processor"),
              error);
  return best;
}

static char *
explain_speed (const MosBackendReport *winner, const MosBackendReport *loser)
{
  MosCalibration x = speed_of (winner);
  MosCalibration y = speed_of (loser);

  return mos_calibration_explain (winner->klass, &x, loser->klass, &y);
}

static char *
explain (MosParts               *self,
         const MosVmNeeds       *needs,
         const MosBackendReport *chosen)
{
  if (!g_str_equal (needs->accel, "auto"))
    return g_strdup (_ ("the settings ask for it"));
  for (guint i = 0; i < self->backends->len; i++) {
    const MosBackendReport *other =
        &g_array_index (self->backends, MosBackendReport, i);
    const char *lack;

    if (other == chosen)
      continue;
    lack = find_lack (other, needs);
    if (lack != NULL)
      return g_strdup_printf (_ ("%s does not come into question: %s"),
                              other->klass->title, lack);
    if (chosen->mips > 0 && other->mips > 0)
      return explain_speed (chosen, other);
    return g_strdup_printf (
        _ ("it is preferred to %s because they could not be "
           "measured"),
        other->klass->title);
  }
  return g_strdup (_ ("there is no other"));
}

const MosBackendClass *
mos_parts_choose (MosParts              *self,
                  const MosVmNeeds      *needs,
                  const MosBackendInfo **info,
                  char                 **why,
                  GError               **error)
{
  const MosBackendReport *report;

  mos_parts_probe (self);
  if (g_str_equal (needs->accel, "auto") && count_usable (self) > 1)
    mos_parts_measure (self);
  report = g_str_equal (needs->accel, "auto")
               ? choose_auto (self, needs, error)
               : choose_named (self, needs, error);
  if (report == NULL)
    return NULL;
  if (why != NULL)
    *why = explain (self, needs, report);
  if (info != NULL)
    *info = &report->info;
  return report->klass;
}

GPtrArray *
mos_parts_nesting_blockers (MosParts               *self,
                            const MosBackendReport *report,
                            const MosNestingWish   *wish)
{
  if (!g_str_equal (report->klass->name, "kvm"))
    return g_ptr_array_new ();
  return mos_nesting_find_blockers (self->root, &report->info, wish);
}

/* -- services ------------------------------------------------------------ */

static const MosBackendClass *
choose_backend (MosVmServices         *services,
                const MosVmNeeds      *needs,
                const MosBackendInfo **info,
                char                 **why,
                GError               **error)
{
  return mos_parts_choose ((MosParts *) services, needs, info, why, error);
}

static const MosBoardClass *
find_board (MosVmServices *services, GError **error)
{
  MosParts *self = (MosParts *) services;

  if (self->boards->len > 0)
    return g_ptr_array_index (self->boards, 0);
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("This program was built without any board"));
  return NULL;
}

static GBytes *
make_guest (MosVmServices *services,
            const char    *name,
            const char    *arguments,
            char         **command_line,
            GError       **error)
{
  MosParts *self = (MosParts *) services;
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < self->n_guests; i++) {
    if (g_str_equal (self->guests[i].name, name))
      return self->guests[i].make (arguments, command_line, error);
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            self->guests[i].name);
  }
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("there is no built-in guest of this name; there are: %s"),
               names->str);
  return NULL;
}

static MosBlockStore *
open_image (MosVmServices *services,
            const char    *path,
            const char    *format,
            gboolean       read_only,
            GError       **error)
{
  MosParts *self = (MosParts *) services;

  if (self->open_image != NULL)
    return self->open_image (path, format, read_only, error);
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("%s: this program was built without disk images"), path);
  return NULL;
}

static MosNetLink *
connect_net (MosVmServices    *services,
             const MosNetWish *wish,
             MosNetPort       *port,
             GMainContext     *io_context,
             MosLog           *log,
             GError          **error)
{
  MosParts *self = (MosParts *) services;

  if (self->networks != NULL)
    return self->networks->connect (self->networks, wish, port, io_context, log,
                                    error);
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("this program was built without networks"));
  return NULL;
}

static void
parts_free (MosVmServices *services)
{
  MosParts *self = (MosParts *) services;

  for (guint i = 0; i < self->backends->len; i++)
    mos_backend_info_clear (
        &g_array_index (self->backends, MosBackendReport, i).info);
  g_array_unref (self->backends);
  g_ptr_array_unref (self->boards);
  mos_networks_unref (self->networks);
  g_mutex_clear (&self->lock);
  g_free (self);
}

MosParts *
mos_parts_new (MosHypervisor *owner)
{
  MosParts *self = g_new0 (MosParts, 1);

  g_atomic_ref_count_init (&self->base.refs);
  self->base.free = parts_free;
  self->base.choose_backend = choose_backend;
  self->base.find_board = find_board;
  self->base.make_guest = make_guest;
  self->base.open_image = open_image;
  self->base.connect_net = connect_net;
  self->owner = owner;
  self->root = "/";
  self->boards = g_ptr_array_new ();
  self->backends = g_array_new (FALSE, TRUE, sizeof (MosBackendReport));
  g_mutex_init (&self->lock);
  return self;
}
