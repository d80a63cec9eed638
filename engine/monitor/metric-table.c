/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of metrics. To add one: a value in metric.h, a row here, and the
 * line that reads it in collect.c.
 */
#include <glib/gi18n-lib.h>

#include "engine/monitor/metric.h"

/* clang-format off */
const MosMetricInfo mos_metric_infos[MOS_N_METRICS] = {
  [MOS_METRIC_HOST_CPU] = {
    "host_cpu", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_HOST, NULL,
    "/proc/stat", N_ ("Host processors"),
    N_ ("Time the host's processors were busy, with anything") },
  [MOS_METRIC_HOST_STEAL] = {
    "host_steal", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_HOST, NULL,
    "/proc/stat", N_ ("Stolen time"),
    N_ ("Time the host itself, being a virtual machine, was kept waiting") },
  [MOS_METRIC_HOST_LOAD] = {
    "host_load", MOS_UNIT_MILLI, MOS_METRIC_GAUGE, MOS_SCOPE_HOST, NULL,
    "/proc/loadavg", N_ ("Host load"),
    N_ ("Tasks that ran or wanted to, averaged over a minute") },
  [MOS_METRIC_HOST_MEMORY_TOTAL] = {
    "host_memory_total", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_HOST,
    NULL, "/proc/meminfo", N_ ("Host memory"),
    N_ ("Memory the host has") },
  [MOS_METRIC_HOST_MEMORY_AVAILABLE] = {
    "host_memory_available", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_HOST,
    NULL, "/proc/meminfo", N_ ("Host memory available"),
    N_ ("Memory the host could still give away without swapping") },
  [MOS_METRIC_HOST_MEMORY_USED] = {
    "host_memory_used", MOS_UNIT_PERCENT, MOS_METRIC_GAUGE, MOS_SCOPE_HOST,
    NULL, "/proc/meminfo", N_ ("Host memory in use"),
    N_ ("Part of the host's memory that is not available") },
  [MOS_METRIC_HOST_DISK_FREE] = {
    "host_disk_free", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_HOST, NULL,
    "statvfs", N_ ("Free disk space"),
    N_ ("Space left where the lab keeps its machines") },
  [MOS_METRIC_HOST_DISK_USED] = {
    "host_disk_used", MOS_UNIT_PERCENT, MOS_METRIC_GAUGE, MOS_SCOPE_HOST, NULL,
    "statvfs", N_ ("Disk in use"),
    N_ ("Part of the disk with the lab's machines that is full") },
  [MOS_METRIC_LAB_CPU] = {
    "lab_cpu", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_LAB, NULL,
    "getrusage", N_ ("Processor time of the lab"),
    N_ ("Time this program, guests included, used processors") },
  [MOS_METRIC_LAB_RUN_DELAY] = {
    "lab_run_delay", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_LAB, NULL,
    "/proc/self/task/*/schedstat", N_ ("Run-queue delay"),
    N_ ("Time threads of this program waited for a processor") },
  [MOS_METRIC_LAB_RESIDENT] = {
    "lab_resident", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_LAB, NULL,
    "/proc/self/statm", N_ ("Memory of the lab"),
    N_ ("Host memory this program holds, guests included") },
  [MOS_METRIC_LAB_MACHINES] = {
    "lab_machines", MOS_UNIT_COUNT, MOS_METRIC_GAUGE, MOS_SCOPE_LAB, NULL,
    "the lab", N_ ("Machines with power"),
    N_ ("Machines that are running or paused") },
  [MOS_METRIC_LAB_PROMISED] = {
    "lab_promised", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_LAB, NULL,
    "the lab", N_ ("Promised memory"),
    N_ ("Memory that all machines with power were promised") },
  [MOS_METRIC_LAB_OVERCOMMIT] = {
    "lab_overcommit", MOS_UNIT_PERCENT, MOS_METRIC_GAUGE, MOS_SCOPE_LAB, NULL,
    "the lab", N_ ("Overcommitment"),
    N_ ("Promised memory as part of the host's memory") },
  [MOS_METRIC_LAB_SAMPLER] = {
    "lab_sampler", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_LAB, NULL,
    "CLOCK_THREAD_CPUTIME_ID", N_ ("Cost of watching"),
    N_ ("Processor time that taking and keeping samples used") },
  [MOS_METRIC_LAB_STORE] = {
    "lab_store", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_LAB, NULL,
    "the store", N_ ("Size of the samples"),
    N_ ("Disk space that the samples take") },
  [MOS_METRIC_LAB_PERF] = {
    "lab_perf", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_LAB, "event",
    "perf_event_open", N_ ("Hardware counters"),
    N_ ("Events the host's processor counted for this program") },
  [MOS_METRIC_UPTIME] = {
    "uptime", MOS_UNIT_NS, MOS_METRIC_GAUGE, MOS_SCOPE_MACHINE, NULL,
    "the machine's clock", N_ ("Time since the start"),
    N_ ("How long the machine has run, pauses left out") },
  [MOS_METRIC_MEMORY_SIZE] = {
    "memory_size", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_MACHINE, NULL,
    "the memory map", N_ ("Memory promised"),
    N_ ("Memory the guest was promised") },
  [MOS_METRIC_MEMORY_RESIDENT] = {
    "memory_resident", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_MACHINE,
    NULL, "the memory file", N_ ("Memory resident"),
    N_ ("Guest memory that really lies in the host's memory") },
  [MOS_METRIC_MEMORY_BALLOONED] = {
    "memory_ballooned", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_MACHINE,
    NULL, "the balloon", N_ ("Memory ballooned"),
    N_ ("Guest memory that the balloon has taken back") },
  [MOS_METRIC_MEMORY_DIRTIED] = {
    "memory_dirtied", MOS_UNIT_BYTES, MOS_METRIC_GAUGE, MOS_SCOPE_MACHINE,
    NULL, "128 pages, compared", N_ ("Memory changed"),
    N_ ("Guest memory that changed between two samples, estimated") },
  [MOS_METRIC_FRAMES] = {
    "frames", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_MACHINE, NULL,
    "the screen", N_ ("Frames"),
    N_ ("Pictures of the guest's screen that were painted") },
  [MOS_METRIC_SILENT] = {
    "silent", MOS_UNIT_SECONDS, MOS_METRIC_GAUGE, MOS_SCOPE_MACHINE, NULL,
    "exits and interrupts", N_ ("Silence"),
    N_ ("How long the guest has computed without any exit or interrupt") },
  [MOS_METRIC_RESETS] = {
    "resets", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_MACHINE, NULL,
    "the machine", N_ ("Resets"),
    N_ ("How often the guest reset itself, triple faults included") },
  [MOS_METRIC_GUEST_CPU] = {
    "guest_cpu", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_VCPU, NULL,
    "the backend", N_ ("Guest processor time"),
    N_ ("Host processor time that went into running guest code") },
  [MOS_METRIC_INSTRUCTIONS] = {
    "instructions", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_VCPU, NULL,
    "the backend", N_ ("Instructions"),
    N_ ("Guest instructions that were completed") },
  [MOS_METRIC_INTERRUPTS] = {
    "interrupts", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_VCPU, NULL,
    "the backend", N_ ("Interrupts injected"),
    N_ ("Interrupts that were delivered to the guest") },
  [MOS_METRIC_EXITS] = {
    "exits", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_LEVEL, "reason",
    "the backend", N_ ("Exits"),
    N_ ("How often the guest was left, by reason, level and who took it") },
  [MOS_METRIC_LEVEL_TIME] = {
    "level_time", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_LEVEL, NULL,
    "the hierarchy", N_ ("Time by level"),
    N_ ("Time in guests of a level themselves, if there are levels") },
  [MOS_METRIC_FAULTS] = {
    "faults", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_VCPU, "vector",
    "the backend", N_ ("Faults"),
    N_ ("Exceptions the guest caused, by vector") },
  [MOS_METRIC_TLB_MISSES] = {
    "tlb_misses", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_VCPU, NULL,
    "the backend", N_ ("TLB misses"),
    N_ ("Translations that had to be looked up") },
  [MOS_METRIC_PAGE_WALKS] = {
    "page_walks", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_VCPU, NULL,
    "the backend", N_ ("Page walks"),
    N_ ("Walks through page tables") },
  [MOS_METRIC_BACKEND] = {
    "backend", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_VCPU, "statistic",
    "KVM_GET_STATS_FD", N_ ("Statistics of the backend"),
    N_ ("What else the backend counts, under its own names") },
  [MOS_METRIC_DEVICE_READS] = {
    "device_reads", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the bus", N_ ("Device reads"),
    N_ ("Reads of the device's registers and memory") },
  [MOS_METRIC_DEVICE_WRITES] = {
    "device_writes", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE,
    NULL, "the bus", N_ ("Device writes"),
    N_ ("Writes of the device's registers and memory") },
  [MOS_METRIC_DEVICE_BYTES] = {
    "device_bytes", MOS_UNIT_BYTES, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the bus", N_ ("Device bytes"),
    N_ ("Bytes that went into and out of the device") },
  [MOS_METRIC_DEVICE_INTERRUPTS] = {
    "device_interrupts", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE,
    NULL, "the bus", N_ ("Device interrupts"),
    N_ ("Interrupts the device asked for") },
  [MOS_METRIC_DEVICE_TIME] = {
    "device_time", MOS_UNIT_NS, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the bus", N_ ("Time in device"),
    N_ ("How long virtual processors were in the device for their accesses") },
  [MOS_METRIC_DISK_READS] = {
    "disk_reads", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the image", N_ ("Disk reads"), N_ ("Read requests answered") },
  [MOS_METRIC_DISK_WRITES] = {
    "disk_writes", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the image", N_ ("Disk writes"),
    N_ ("Write, flush and discard requests answered") },
  [MOS_METRIC_DISK_READ_BYTES] = {
    "disk_read_bytes", MOS_UNIT_BYTES, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE,
    NULL, "the image", N_ ("Disk bytes read"),
    N_ ("Bytes that came from the image") },
  [MOS_METRIC_DISK_WRITE_BYTES] = {
    "disk_write_bytes", MOS_UNIT_BYTES, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE,
    NULL, "the image", N_ ("Disk bytes written"),
    N_ ("Bytes that went into the image") },
  [MOS_METRIC_DISK_ERRORS] = {
    "disk_errors", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the image", N_ ("Disk errors"), N_ ("Requests that failed") },
  [MOS_METRIC_DISK_LATENCY] = {
    "disk_latency", MOS_UNIT_COUNT, MOS_METRIC_HISTOGRAM, MOS_SCOPE_DEVICE,
    "le_us", "the image", N_ ("Disk latency"),
    N_ ("Requests by the microseconds from submission to answer") },
  [MOS_METRIC_NET_TX_FRAMES] = {
    "net_tx_frames", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE,
    NULL, "the cable", N_ ("Frames sent"), N_ ("Frames from the guest") },
  [MOS_METRIC_NET_TX_BYTES] = {
    "net_tx_bytes", MOS_UNIT_BYTES, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the cable", N_ ("Bytes sent"), N_ ("Bytes from the guest") },
  [MOS_METRIC_NET_RX_FRAMES] = {
    "net_rx_frames", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE,
    NULL, "the cable", N_ ("Frames received"), N_ ("Frames to the guest") },
  [MOS_METRIC_NET_RX_BYTES] = {
    "net_rx_bytes", MOS_UNIT_BYTES, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the cable", N_ ("Bytes received"), N_ ("Bytes to the guest") },
  [MOS_METRIC_NET_DROPPED] = {
    "net_dropped", MOS_UNIT_COUNT, MOS_METRIC_COUNTER, MOS_SCOPE_DEVICE, NULL,
    "the cable", N_ ("Frames dropped"),
    N_ ("Frames that nobody took or that did not fit") },
  [MOS_METRIC_NET_LATENCY] = {
    "net_latency", MOS_UNIT_COUNT, MOS_METRIC_HISTOGRAM, MOS_SCOPE_DEVICE,
    "le_us", "the cable", N_ ("Network latency"),
    N_ ("Frames by the microseconds from being sent to being taken") },
};
/* clang-format on */
