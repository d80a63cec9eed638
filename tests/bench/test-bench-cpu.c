/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The loops of `multios bench cpu`, once each on the software CPU: what comes
 * out must be right. How long it takes is of no interest here.
 */

#include <string.h>

#include "app/cli/bench/measure.h"
#include "app/cli/bench/workloads.h"
#include "engine/cpu/soft/soft.h"

#define PRIMES_BELOW_2_20 82025

static guint64
run_once (const char *name)
{
  MosBenchResult result = { 0 };
  g_autoptr (GError) error = NULL;

  mos_bench_run_guest (mos_bench_find (name), &mos_soft_backend, 0, &result,
                       &error);
  g_assert_no_error (error);
  g_assert_cmpuint (result.times, ==, 1);
  g_assert_cmpfloat (result.per_s, >, 0);
  g_assert_cmpfloat (result.instructions_s, >, 0);
  return result.checksum;
}

/* Every loop that user mode may run gives in the guest what it gives here. */
static void
test_native (gconstpointer data)
{
  const MosBenchLoop *loop = data;
  MosBenchResult      native = { 0 };
  g_autoptr (GError) error = NULL;

  mos_bench_run_native (loop, 0, &native, &error);
  g_assert_no_error (error);
  g_assert_cmphex (run_once (loop->name), ==, native.checksum);
}

static void
test_sieve (void)
{
  g_assert_cmpuint (run_once ("sieve"), ==, PRIMES_BELOW_2_20);
}

static void
test_sha256 (void)
{
  g_autofree guint8 *text = g_malloc (WORK_HASH_BYTES);
  g_autofree char   *digest = NULL;
  g_autofree char   *found = NULL;

  for (guint i = 0; i < WORK_HASH_BYTES; i++)
    text[i] = (guint8) (i * 7);
  digest =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, text, WORK_HASH_BYTES);
  digest[16] = '\0';
  found = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", run_once ("sha256"));
  g_assert_cmpstr (found, ==, digest);
}

/* The loops that only a kernel may run count what they did. */
static void
test_system (void)
{
  g_assert_cmpuint (run_once ("syscall"), ==, WORK_SYSCALLS);
  g_assert_cmpuint (run_once ("context-switch"), ==, WORK_SWITCHES);
  g_assert_cmpuint (run_once ("port"), ==, WORK_PORT_ROUNDS * 2);
}

/* At level 2 and 3 comes out what comes out at level 1 and here. */
static void
test_nested (void)
{
  const MosBenchLoop *base = NULL;
  MosBenchResult      native = { 0 };

  for (const MosBenchLoop *loop = mos_bench_nested_loops; loop->name != NULL;
       loop++) {
    MosBenchResult result = { 0 };
    g_autoptr (GError) error = NULL;

    mos_bench_run_guest (loop, &mos_soft_backend, 0, &result, &error);
    g_assert_no_error (error);
    if (loop->native) {
      base = loop;
      mos_bench_run_native (loop, 0, &native, &error);
      g_assert_no_error (error);
    }
    if (base == NULL)
      g_assert_cmpuint (result.checksum, ==, loop->amount);
    else
      g_assert_cmphex (result.checksum, ==, native.checksum);
  }
}

/* The image is what a multiboot loader expects at 1 MiB. */
static void
test_image (void)
{
  g_autoptr (GBytes) image = mos_bench_get_image ();
  gsize         size = 0;
  const guint8 *bytes = g_bytes_get_data (image, &size);
  guint32       header[8];

  g_assert_cmpuint (size, >, sizeof header);
  memcpy (header, bytes, sizeof header);
  g_assert_cmphex (header[0], ==, 0x1badb002);
  g_assert_cmphex (header[0] + header[1] + header[2], ==, 0);
  g_assert_cmphex (header[4], ==, 0x100000);
  g_assert_cmphex (header[5] - header[4], ==, size);
  g_assert_cmphex (header[7] - header[4], <, size);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const MosBenchLoop *loop = mos_bench_loops; loop->name != NULL; loop++)
    if (loop->native) {
      g_autofree char *path = g_strconcat ("/bench/cpu/", loop->name, NULL);

      g_test_add_data_func (path, loop, test_native);
    }
  g_test_add_func ("/bench/cpu/known/sieve", test_sieve);
  g_test_add_func ("/bench/cpu/known/sha256", test_sha256);
  g_test_add_func ("/bench/cpu/known/system", test_system);
  g_test_add_func ("/bench/cpu/image", test_image);
  g_test_add_func ("/bench/nested", test_nested);
  return g_test_run ();
}
