/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * main() for a fuzz target that is run as an ordinary test.  It calls
 * LLVMFuzzerTestOneInput() on every file of the corpus folder and then on
 * seeded mutations of them (and on plain random bytes, if there are none).
 * The same seed gives the same inputs, so a failure comes back.
 *
 *   PROGRAM NAME CORPUS [--runs N] [--seed S] [--seconds T]
 *   PROGRAM NAME FILE --runs 0           replay one input
 *
 * It stops after N inputs or T seconds, whichever is first; by default 2000
 * and 4, with MOS_TEST_LONG set 50000 and 60.  An input that takes longer
 * than ten seconds of processor time is a hang, and so is one that waits for
 * two minutes: a busy machine may well keep it waiting for less.  When the
 * target dies, the input is left as NAME.crash in the working folder.
 */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX_BYTES 65536
#define HANG_S          10
#define STUCK_S         120

typedef struct {
  GPtrArray *corpus; /* of GBytes */
  GRand     *random;
  guint8     input[INPUT_MAX_BYTES];
  gsize      size;
  double     slowest_s; /* of processor time */
} Fuzzer;

void __sanitizer_set_death_callback (void (*callback) (void))
    __attribute__ ((weak));

/* For the signal handler, which gets no argument. */
static Fuzzer the_fuzzer;
static char  *crash_path;

static void
leave_input (void)
{
  int fd = open (crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

  if (fd < 0)
    return;
  if (write (fd, the_fuzzer.input, the_fuzzer.size) >= 0)
    close (fd);
}

static void
die_cb (int signal_number)
{
  leave_input ();
  signal (signal_number, SIG_DFL);
  raise (signal_number);
}

static void
watch_for_death (void)
{
  if (__sanitizer_set_death_callback != NULL) {
    __sanitizer_set_death_callback (leave_input);
  } else {
    signal (SIGSEGV, die_cb);
    signal (SIGBUS, die_cb);
    signal (SIGFPE, die_cb);
    signal (SIGILL, die_cb);
  }
  signal (SIGABRT, die_cb);
  signal (SIGTRAP, die_cb);
  signal (SIGALRM, die_cb);
  signal (SIGPROF, die_cb);
}

static void
load_file (Fuzzer *fuzzer, const char *path)
{
  char *text = NULL;
  gsize size = 0;

  if (g_file_get_contents (path, &text, &size, NULL))
    g_ptr_array_add (fuzzer->corpus,
                     g_bytes_new_take (text, MIN (size, INPUT_MAX_BYTES)));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* PATH is a folder, a single file, or nothing at all. */
static void
load_corpus (Fuzzer *fuzzer, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL) {
    load_file (fuzzer, path);
    return;
  }
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    load_file (fuzzer, g_ptr_array_index (names, i));
}

/* A number in [0, LIMIT); 0 when LIMIT is 0. */
static gsize
pick (Fuzzer *fuzzer, gsize limit)
{
  return limit > 0 ? g_rand_int (fuzzer->random) % limit : 0;
}

static guint8
interesting_byte (Fuzzer *fuzzer)
{
  static const guint8 bytes[] = { 0,    1,   7,   8,   0x7f, 0x80, 0xff,
                                  '\n', '"', '.', '=', '[',  '\\', 0x20 };

  return pick (fuzzer, 2) ? bytes[pick (fuzzer, sizeof bytes)]
                          : (guint8) g_rand_int (fuzzer->random);
}

static void
insert_bytes (Fuzzer *fuzzer, gsize at, const guint8 *bytes, gsize count)
{
  count = MIN (count, INPUT_MAX_BYTES - fuzzer->size);
  memmove (fuzzer->input + at + count, fuzzer->input + at, fuzzer->size - at);
  memcpy (fuzzer->input + at, bytes, count);
  fuzzer->size += count;
}

static void
remove_bytes (Fuzzer *fuzzer, gsize at, gsize count)
{
  count = MIN (count, fuzzer->size - at);
  memmove (fuzzer->input + at, fuzzer->input + at + count,
           fuzzer->size - at - count);
  fuzzer->size -= count;
}

static void
splice_other (Fuzzer *fuzzer)
{
  GBytes       *other;
  const guint8 *bytes;
  gsize         size, from;

  if (fuzzer->corpus->len == 0)
    return;
  other =
      g_ptr_array_index (fuzzer->corpus, pick (fuzzer, fuzzer->corpus->len));
  bytes = g_bytes_get_data (other, &size);
  if (size == 0)
    return;
  from = pick (fuzzer, size);
  insert_bytes (fuzzer, pick (fuzzer, fuzzer->size + 1), bytes + from,
                1 + pick (fuzzer, size - from));
}

static void
mutate_once (Fuzzer *fuzzer)
{
  gsize  at = pick (fuzzer, fuzzer->size);
  guint8 byte = interesting_byte (fuzzer);

  switch (pick (fuzzer, 6)) {
  case 0:
    if (fuzzer->size > 0)
      fuzzer->input[at] ^= 1u << pick (fuzzer, 8);
    break;
  case 1:
    if (fuzzer->size > 0)
      fuzzer->input[at] = byte;
    break;
  case 2:
    insert_bytes (fuzzer, at, &byte, 1);
    break;
  case 3:
    remove_bytes (fuzzer, at, 1 + pick (fuzzer, 16));
    break;
  case 4:
    splice_other (fuzzer);
    break;
  default:
    fuzzer->size = pick (fuzzer, 16) ? fuzzer->size : at;
    break;
  }
}

static void
make_input (Fuzzer *fuzzer)
{
  gsize mutations = 1 + pick (fuzzer, 8);

  fuzzer->size = 0;
  if (fuzzer->corpus->len > 0 && pick (fuzzer, 16) != 0) {
    splice_other (fuzzer);
    if (pick (fuzzer, 4) != 0) {
      GBytes *whole = g_ptr_array_index (fuzzer->corpus,
                                         pick (fuzzer, fuzzer->corpus->len));

      fuzzer->size = 0;
      insert_bytes (fuzzer, 0, g_bytes_get_data (whole, NULL),
                    g_bytes_get_size (whole));
    }
  } else {
    fuzzer->size = pick (fuzzer, 600);
    for (gsize i = 0; i < fuzzer->size; i++)
      fuzzer->input[i] = (guint8) g_rand_int (fuzzer->random);
  }
  for (gsize i = 0; i < mutations; i++)
    mutate_once (fuzzer);
}

static double
processor_s (void)
{
  struct timespec now = { 0 };

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* SIGPROF and SIGALRM come after so much; 0: never. */
static void
watch_time (int busy_s, int waiting_s)
{
  struct itimerval busy = { .it_value.tv_sec = busy_s };

  setitimer (ITIMER_PROF, &busy, NULL);
  alarm ((unsigned) waiting_s);
}

/* The target gets a copy of exact size, so that a sanitizer sees its end. */
static void
run_input (Fuzzer *fuzzer)
{
  g_autofree guint8 *copy = g_malloc (fuzzer->size + !fuzzer->size);
  double             start_s;

  memcpy (copy, fuzzer->input, fuzzer->size);
  watch_time (HANG_S, STUCK_S);
  start_s = processor_s ();
  LLVMFuzzerTestOneInput (copy, fuzzer->size);
  fuzzer->slowest_s = MAX (fuzzer->slowest_s, processor_s () - start_s);
  watch_time (0, 0);
}

int
main (int argc, char **argv)
{
  gboolean is_long = g_getenv ("MOS_TEST_LONG") != NULL;
  int      runs = is_long ? 50000 : 2000;
  int      seconds = is_long ? 60 : 4;
  int      seed = 1;
  int      done = 0;
  Fuzzer  *fuzzer = &the_fuzzer;
  gint64   end_us;

  const GOptionEntry entries[] = {
    { "runs", 0, 0, G_OPTION_ARG_INT, &runs, "Inputs to make", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &seed, "Seed of the inputs", "S" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Time to spend", "T" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("NAME CORPUS");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 3) {
    fprintf (stderr, "%s\n", error ? error->message : "NAME CORPUS expected");
    return 2;
  }

  if (fuzz_skip_reason != NULL && fuzz_skip_reason () != NULL) {
    printf ("1..1\nok 1 %s # SKIP %s\n", argv[1], fuzz_skip_reason ());
    return 0;
  }
  crash_path = g_strconcat (argv[1], ".crash", NULL);
  fuzzer->corpus =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  fuzzer->random = g_rand_new_with_seed ((guint32) seed);
  load_corpus (fuzzer, argv[2]);
  watch_for_death ();
  printf ("1..1\n");
  fflush (stdout);

  for (guint i = 0; i < fuzzer->corpus->len; i++) {
    fuzzer->size = 0;
    insert_bytes (fuzzer, 0, g_bytes_get_data (fuzzer->corpus->pdata[i], NULL),
                  g_bytes_get_size (fuzzer->corpus->pdata[i]));
    run_input (fuzzer);
  }
  end_us = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  for (; done < runs && g_get_monotonic_time () < end_us; done++) {
    make_input (fuzzer);
    run_input (fuzzer);
  }

  printf ("ok 1 %s # %u files, %d mutations, seed %d, slowest %.0f ms\n",
          argv[1], fuzzer->corpus->len, done, seed, 1e3 * fuzzer->slowest_s);
  g_ptr_array_unref (fuzzer->corpus);
  g_rand_free (fuzzer->random);
  g_free (crash_path);
  return 0;
}
