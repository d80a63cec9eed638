/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Measuring a backend, remembering it, and the sentence that comes of it.
 * No test looks at how fast anything is.
 */

#include <glib/gstdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/cpu/calibrate.h"
#include "engine/cpu/kvm/kvm.h"
#include "engine/cpu/soft/soft.h"

/* How long it took is told: 300 ms is the goal for all, without other load. */
static void
test_measure (gconstpointer data)
{
  const MosBackendClass *klass = data;
  MosBackendInfo         info = { 0 };
  MosCalibration         result = { 0 };
  gint64                 start_us;
  g_autoptr (GError) error = NULL;

  klass->probe (&info);
  if (!info.usable) {
    g_test_skip (info.why_not);
  } else {
    start_us = g_get_monotonic_time ();
    mos_backend_measure (klass, &result, &error);
    g_test_message ("%s: %.0f ms", klass->name,
                    (double) (g_get_monotonic_time () - start_us) / 1e3);
    g_assert_no_error (error);
    g_assert_cmpfloat (result.mips, >, 0);
    g_assert_cmpfloat (result.exits_per_s, >, 0);
    g_assert_false (result.cached);
    g_test_message ("%.1f MIPS, %.0f exits a second", result.mips,
                    result.exits_per_s);
  }
  mos_backend_info_clear (&info);
}

static void
test_cache (void)
{
  MosBackendInfo   info = { 0 };
  MosCalibration   first = { 0 }, second = { 0 };
  g_autofree char *path = g_build_filename (
      g_get_user_cache_dir (), "multios-lab", "calibration.ini", NULL);
  g_autoptr (GError) error = NULL;

  mos_kvm_backend.probe (&info);
  if (!info.usable) {
    g_test_skip (info.why_not);
    mos_backend_info_clear (&info);
    return;
  }
  mos_backend_info_clear (&info);
  g_remove (path);
  mos_backend_calibrate (&mos_kvm_backend, &first, &error);
  g_assert_no_error (error);
  g_assert_false (first.cached);
  g_assert_true (mos_backend_calibrate (&mos_kvm_backend, &second, NULL));
  g_assert_true (second.cached);
  g_assert_cmpfloat_with_epsilon (second.mips, first.mips, 1e-3);

  /* A damaged cache is no error: it is measured again. */
  g_assert_true (g_file_set_contents (path, "[kvm\nnonsense", -1, NULL));
  g_assert_true (mos_backend_calibrate (&mos_kvm_backend, &second, NULL));
  g_assert_false (second.cached);
  g_remove (path);
}

/* A processor that only fails. */
static MosCpus *
refuse (const MosCpusSpec *spec, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED, "no such processor");
  return NULL;
}

static const MosBackendClass broken = { .name = "broken",
                                        .title = "Broken CPU",
                                        .create = refuse };

static void
test_failure (void)
{
  MosCalibration result = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (mos_backend_calibrate (&broken, &result, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_FAILED);
}

static const MosBackendClass other = { .name = "soft",
                                       .title = "Software CPU" };

static void
test_explain (void)
{
  MosCalibration   emulating = { .mips = 2, .exits_per_s = 120000 };
  MosCalibration   hardware = { .mips = 4000, .exits_per_s = 800000 };
  MosCalibration   software = { .mips = 400, .exits_per_s = 20000000 };
  MosCalibration   nothing = { 0 };
  g_autofree char *slow =
      mos_calibration_explain (&other, &software, &mos_kvm_backend, &emulating);
  g_autofree char *fast =
      mos_calibration_explain (&mos_kvm_backend, &hardware, &other, &software);

  g_assert_nonnull (strstr (slow, "emulates every instruction"));
  g_assert_nonnull (strstr (slow, "Software CPU runs 400 million"));
  g_assert_nonnull (strstr (fast, "Linux KVM runs 4000 million"));
  g_assert_cmpfloat (mos_calibration_score (&hardware), >,
                     mos_calibration_score (&software));
  g_assert_cmpfloat (mos_calibration_score (&software), >,
                     mos_calibration_score (&emulating));
  g_assert_cmpfloat (mos_calibration_score (&nothing), ==, 0);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = g_dir_make_tmp ("mos-calibrate-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (cache, "multios-lab", NULL);
  int              status;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/calibrate/measure/kvm", &mos_kvm_backend,
                        test_measure);
  g_test_add_data_func ("/calibrate/measure/soft", &mos_soft_backend,
                        test_measure);
  g_test_add_func ("/calibrate/cache", test_cache);
  g_test_add_func ("/calibrate/failure", test_failure);
  g_test_add_func ("/calibrate/explain", test_explain);
  status = g_test_run ();
  g_rmdir (folder);
  g_rmdir (cache);
  return status;
}
