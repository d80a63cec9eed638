/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The host's numbers and this program's own, from /proc, statvfs, getrusage
 * and, where the host allows it, the processor's counters (perf_event_open(2)).
 * What cannot be read is left out.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/monitor/collect.h"

static const struct {
  const char *name;
  guint64     config;
} events[] = {
  { "instructions", PERF_COUNT_HW_INSTRUCTIONS },
  { "cycles", PERF_COUNT_HW_CPU_CYCLES },
  { "cache-misses", PERF_COUNT_HW_CACHE_MISSES },
  { "branch-misses", PERF_COUNT_HW_BRANCH_MISSES },
};

struct MosCollectHost {
  char  *path;
  gint64 ns_per_tick;
  gint64 page_bytes;
  int    perf[G_N_ELEMENTS (events)]; /* -1: not here */
};

typedef struct {
  MosReadingFunc func;
  gpointer       user_data;
} Emit;

static void
value (const Emit *emit, MosMetric metric, gint64 number)
{
  MosSeriesKey key;

  mos_series_key_init (&key, metric, NULL);
  emit->func (emit->user_data, &key, number);
}

/* This thread and all that come after, user space only, so that most hosts
 * allow it. */
static int
open_event (guint64 config)
{
  struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE,
                                  .size = sizeof attr,
                                  .config = config,
                                  .inherit = 1,
                                  .exclude_kernel = 1,
                                  .exclude_hv = 1 };

  return (int) syscall (SYS_perf_event_open, &attr, 0, -1, -1,
                        PERF_FLAG_FD_CLOEXEC);
}

MosCollectHost *
mos_collect_host_new (const char *path)
{
  MosCollectHost *self = g_new0 (MosCollectHost, 1);

  self->path = g_strdup (path);
  self->ns_per_tick = 1000000000 / MAX (sysconf (_SC_CLK_TCK), 1);
  self->page_bytes = MAX (sysconf (_SC_PAGESIZE), 1);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    self->perf[i] = open_event (events[i].config);
  return self;
}

void
mos_collect_host_free (MosCollectHost *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    if (self->perf[i] >= 0)
      close (self->perf[i]);
  g_free (self->path);
  g_free (self);
}

/* The beginning of a file of /proc; FALSE if there is none. */
static gboolean
read_start (const char *path, char *text, gsize size)
{
  int    fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize n;

  if (fd < 0)
    return FALSE;
  n = read (fd, text, size - 1);
  close (fd);
  text[MAX (n, 0)] = '\0';
  return n > 0;
}

/* proc(5), "/proc/stat": user nice system idle iowait irq softirq steal. */
static void
collect_stat (const MosCollectHost *self, const Emit *emit)
{
  char          text[256];
  unsigned long t[8] = { 0 };

  if (!read_start ("/proc/stat", text, sizeof text) ||
      sscanf (text, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &t[0], &t[1], &t[2],
              &t[3], &t[4], &t[5], &t[6], &t[7]) < 8)
    return;
  value (emit, MOS_METRIC_HOST_CPU,
         (gint64) (t[0] + t[1] + t[2] + t[5] + t[6]) * self->ns_per_tick);
  value (emit, MOS_METRIC_HOST_STEAL, (gint64) t[7] * self->ns_per_tick);
}

static void
collect_load (const Emit *emit)
{
  char text[64];

  if (read_start ("/proc/loadavg", text, sizeof text))
    value (emit, MOS_METRIC_HOST_LOAD,
           (gint64) (g_ascii_strtod (text, NULL) * 1000));
}

static gint64
meminfo (const char *text, const char *name)
{
  const char *at = strstr (text, name);

  return at != NULL ? g_ascii_strtoll (at + strlen (name), NULL, 10) * 1024 : 0;
}

static void
collect_memory (const Emit *emit, const MosCollectLab *lab)
{
  char   text[512];
  gint64 total, available;

  if (!read_start ("/proc/meminfo", text, sizeof text))
    return;
  total = meminfo (text, "MemTotal:");
  available = meminfo (text, "MemAvailable:");
  if (total <= 0)
    return;
  value (emit, MOS_METRIC_HOST_MEMORY_TOTAL, total);
  value (emit, MOS_METRIC_HOST_MEMORY_AVAILABLE, available);
  value (emit, MOS_METRIC_HOST_MEMORY_USED,
         (total - available) / (total / 10000 + 1));
  value (emit, MOS_METRIC_LAB_OVERCOMMIT,
         (gint64) (lab->promised_bytes / ((guint64) total / 10000 + 1)));
}

static void
collect_disk (const MosCollectHost *self, const Emit *emit)
{
  struct statvfs facts;
  guint64        size, left;

  if (self->path == NULL || statvfs (self->path, &facts) != 0 ||
      facts.f_blocks == 0)
    return;
  size = (guint64) facts.f_blocks * facts.f_frsize;
  left = (guint64) facts.f_bavail * facts.f_frsize;
  value (emit, MOS_METRIC_HOST_DISK_FREE, (gint64) left);
  value (emit, MOS_METRIC_HOST_DISK_USED,
         (gint64) ((size - MIN (left, size)) / (size / 10000 + 1)));
}

/* Kernel documentation, "Scheduler Statistics": time run, time waited. */
static void
collect_delay (const Emit *emit)
{
  DIR                 *folder = opendir ("/proc/self/task");
  const struct dirent *entry;
  gint64               sum = 0;

  while (folder != NULL && (entry = readdir (folder)) != NULL) {
    char  path[64], text[64];
    char *end;

    if (entry->d_name[0] == '.')
      continue;
    g_snprintf (path, sizeof path, "/proc/self/task/%.10s/schedstat",
                entry->d_name);
    if (!read_start (path, text, sizeof text))
      continue;
    g_ascii_strtoll (text, &end, 10);
    sum += g_ascii_strtoll (end, NULL, 10);
  }
  if (folder != NULL)
    closedir (folder);
  value (emit, MOS_METRIC_LAB_RUN_DELAY, sum);
}

static void
collect_self (const MosCollectHost *self, const Emit *emit)
{
  struct rusage usage;
  char          text[64];
  char         *end;

  if (getrusage (RUSAGE_SELF, &usage) == 0)
    value (emit, MOS_METRIC_LAB_CPU,
           (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
                   G_GINT64_CONSTANT (1000000000) +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000);
  if (read_start ("/proc/self/statm", text, sizeof text)) {
    g_ascii_strtoll (text, &end, 10);
    value (emit, MOS_METRIC_LAB_RESIDENT,
           g_ascii_strtoll (end, NULL, 10) * self->page_bytes);
  }
}

static void
collect_perf (const MosCollectHost *self, const Emit *emit)
{
  for (guint i = 0; i < G_N_ELEMENTS (events); i++) {
    MosSeriesKey key;
    guint64      count;

    if (self->perf[i] < 0 ||
        read (self->perf[i], &count, sizeof count) != sizeof count)
      continue;
    mos_series_key_init (&key, MOS_METRIC_LAB_PERF, NULL);
    mos_series_key_set_label (&key, events[i].name);
    emit->func (emit->user_data, &key, (gint64) count);
  }
}

void
mos_collect_host (MosCollectHost      *self,
                  const MosCollectLab *lab,
                  MosReadingFunc       func,
                  gpointer             user_data)
{
  const Emit emit = { func, user_data };

  collect_stat (self, &emit);
  collect_load (&emit);
  collect_memory (&emit, lab);
  collect_disk (self, &emit);
  collect_self (self, &emit);
  collect_delay (&emit);
  collect_perf (self, &emit);
  value (&emit, MOS_METRIC_LAB_MACHINES, lab->machines);
  value (&emit, MOS_METRIC_LAB_PROMISED, (gint64) lab->promised_bytes);
  value (&emit, MOS_METRIC_LAB_SAMPLER, lab->sampler_ns);
  value (&emit, MOS_METRIC_LAB_STORE, (gint64) lab->store_bytes);
}
