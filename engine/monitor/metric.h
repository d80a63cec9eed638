/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Every number that is shown, described once.
 *
 * A row of mos_metric_infos says what a number is called, in which unit it is
 * counted, whether it grows or goes up and down, and what it belongs to. The
 * sampler, the store, graphs, alert rules and the names in CSV, JSON and
 * Prometheus text all read the row. All values are whole numbers in the row's
 * unit, so that what is stored is exactly what was counted.
 *
 * A metric has a series for each thing it is measured on: MosSeriesKey.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  /* The host. */
  MOS_METRIC_HOST_CPU,
  MOS_METRIC_HOST_STEAL,
  MOS_METRIC_HOST_LOAD,
  MOS_METRIC_HOST_MEMORY_TOTAL,
  MOS_METRIC_HOST_MEMORY_AVAILABLE,
  MOS_METRIC_HOST_MEMORY_USED,
  MOS_METRIC_HOST_DISK_FREE,
  MOS_METRIC_HOST_DISK_USED,
  /* This program. */
  MOS_METRIC_LAB_CPU,
  MOS_METRIC_LAB_RUN_DELAY,
  MOS_METRIC_LAB_RESIDENT,
  MOS_METRIC_LAB_MACHINES,
  MOS_METRIC_LAB_PROMISED,
  MOS_METRIC_LAB_OVERCOMMIT,
  MOS_METRIC_LAB_SAMPLER,
  MOS_METRIC_LAB_STORE,
  MOS_METRIC_LAB_PERF,
  /* A machine. */
  MOS_METRIC_UPTIME,
  MOS_METRIC_MEMORY_SIZE,
  MOS_METRIC_MEMORY_RESIDENT,
  MOS_METRIC_MEMORY_BALLOONED,
  MOS_METRIC_MEMORY_DIRTIED,
  MOS_METRIC_FRAMES,
  MOS_METRIC_SILENT,
  MOS_METRIC_RESETS,
  /* A virtual processor. */
  MOS_METRIC_GUEST_CPU,
  MOS_METRIC_INSTRUCTIONS,
  MOS_METRIC_INTERRUPTS,
  MOS_METRIC_EXITS,
  MOS_METRIC_LEVEL_TIME,
  MOS_METRIC_FAULTS,
  MOS_METRIC_TLB_MISSES,
  MOS_METRIC_PAGE_WALKS,
  MOS_METRIC_BACKEND,
  /* A device, a drive, a network adapter. */
  MOS_METRIC_DEVICE_READS,
  MOS_METRIC_DEVICE_WRITES,
  MOS_METRIC_DEVICE_BYTES,
  MOS_METRIC_DEVICE_INTERRUPTS,
  MOS_METRIC_DEVICE_TIME,
  MOS_METRIC_DISK_READS,
  MOS_METRIC_DISK_WRITES,
  MOS_METRIC_DISK_READ_BYTES,
  MOS_METRIC_DISK_WRITE_BYTES,
  MOS_METRIC_DISK_ERRORS,
  MOS_METRIC_DISK_LATENCY,
  MOS_METRIC_NET_TX_FRAMES,
  MOS_METRIC_NET_TX_BYTES,
  MOS_METRIC_NET_RX_FRAMES,
  MOS_METRIC_NET_RX_BYTES,
  MOS_METRIC_NET_DROPPED,
  MOS_METRIC_NET_LATENCY,
  MOS_N_METRICS
} MosMetric;

typedef enum {
  MOS_METRIC_COUNTER,  /* only grows; shown as a rate a second */
  MOS_METRIC_GAUGE,    /* shown as it is */
  MOS_METRIC_HISTOGRAM /* counters by upper bound, which is the label */
} MosMetricKind;

typedef enum {
  MOS_SCOPE_HOST,
  MOS_SCOPE_LAB,
  MOS_SCOPE_MACHINE,
  MOS_SCOPE_VCPU,
  MOS_SCOPE_DEVICE,
  MOS_SCOPE_LEVEL, /* a vCPU, by nesting level */
  MOS_N_SCOPES
} MosMetricScope;

typedef enum {
  MOS_UNIT_COUNT,
  MOS_UNIT_BYTES,
  MOS_UNIT_NS,
  MOS_UNIT_MILLI,   /* thousandths of one */
  MOS_UNIT_PERCENT, /* hundredths of a percent */
  MOS_UNIT_SECONDS,
  MOS_N_UNITS
} MosMetricUnit;

typedef struct {
  const char    *name; /* stable: "guest_cpu" */
  MosMetricUnit  unit;
  MosMetricKind  kind;
  MosMetricScope scope;
  const char    *label;  /* what MosSeriesKey.label says, "reason"; or NULL */
  const char    *source; /* where the number is read, for people */
  const char    *title;  /* translatable, a graph's heading */
  const char    *help;   /* translatable, one sentence */
} MosMetricInfo;

/* Indexed by MosMetric. */
extern const MosMetricInfo mos_metric_infos[MOS_N_METRICS];

/* By name; FALSE if there is none. */
gboolean mos_metric_find (const char *name, MosMetric *metric);

/* "bytes", "ns", …, for JSON; and what one unit is worth in what people read
 * (bytes, seconds, percent, …), with that unit's name for Prometheus
 * ("_bytes", "_seconds", ""). */
const char *mos_unit_name (MosMetricUnit unit);
double      mos_unit_scale (MosMetricUnit unit);
const char *mos_unit_suffix (MosMetricUnit unit);

const char *mos_scope_name (MosMetricScope scope);
const char *mos_kind_name (MosMetricKind kind);

/* A number of @metric for people: "12.5 %", "3.2 MiB/s". @shown is the gauge's
 * value, or the counter's growth a second, in the row's unit. */
char *mos_metric_format (MosMetric metric, double shown);
/* The same for a counter's sum or a gauge. */
char *mos_metric_format_total (MosMetric metric, gint64 value);

/* -- series -------------------------------------------------------------- */

#define MOS_SERIES_NONE (-1)

/* What a number was measured on. Plain bytes: zero it before filling it in,
 * so that two equal keys have equal bytes. */
typedef struct {
  char   machine[40]; /* a uuid; "" for host and lab */
  gint32 metric;      /* MosMetric */
  gint16 vcpu;        /* MOS_SERIES_NONE: not by vCPU */
  gint16 level;       /* 1: the machine itself, 2: its guest, …; or NONE */
  gint16 handled_by;  /* level whose hypervisor took it, 0: the lab; or NONE */
  gint16 reserved;    /* 0 */
  char   device[32];  /* or "" */
  char   label[48];   /* exit reason, fault, bound, statistic; or "" */
} MosSeriesKey;

/* Zeroes and sets; @machine may be NULL. */
void
mos_series_key_init (MosSeriesKey *self, MosMetric metric, const char *machine);
void mos_series_key_set_device (MosSeriesKey *self, const char *device);
void mos_series_key_set_label (MosSeriesKey *self, const char *label);

/* For GHashTable. */
guint    mos_series_key_hash (gconstpointer self);
gboolean mos_series_key_equal (gconstpointer a, gconstpointer b);
/* Removes what belongs to @machine from a table whose keys are MosSeriesKey. */
void mos_series_key_forget (GHashTable *table, const char *machine);

/* exits{vcpu=0,level=1,reason=cpuid,handled_by=0}; without the machine. Stable:
 * the name of a CSV column. */
char *mos_series_key_to_string (const MosSeriesKey *self);
/* For people: "cpuid", "serial0", "vCPU 1 level 2 cpuid". Never empty. */
char *mos_series_key_to_title (const MosSeriesKey *self);

/* One number, as it was read. */
typedef struct {
  MosSeriesKey key;
  gint64       value;
} MosReading;

typedef void (*MosReadingFunc) (gpointer            user_data,
                                const MosSeriesKey *key,
                                gint64              value);

G_END_DECLS
