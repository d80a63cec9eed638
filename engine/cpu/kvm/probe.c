/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Looking at the host's KVM: is it there, what has it, what does it lack.
 *
 * Everything that can be missing is a row: what cannot be done without makes
 * the backend unusable with a reason, the rest is degraded and named in one
 * line. Kernel documentation, "The Definitive KVM API Documentation".
 */

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"
#include "engine/cpu/x86/features.h"

#define DEVICE      "/dev/kvm"
#define API_VERSION 12

typedef struct {
  int         number;
  gboolean    needed;
  const char *name; /* as the kernel's documentation has it */
} Capability;

static const Capability capabilities[] = {
  { KVM_CAP_IRQCHIP, TRUE, "KVM_CAP_IRQCHIP" },
  { KVM_CAP_PIT2, TRUE, "KVM_CAP_PIT2" },
  { KVM_CAP_PIT_STATE2, TRUE, "KVM_CAP_PIT_STATE2" },
  { KVM_CAP_IRQ_ROUTING, TRUE, "KVM_CAP_IRQ_ROUTING" },
  { KVM_CAP_SIGNAL_MSI, TRUE, "KVM_CAP_SIGNAL_MSI" },
  { KVM_CAP_IMMEDIATE_EXIT, TRUE, "KVM_CAP_IMMEDIATE_EXIT" },
  { KVM_CAP_USER_MEMORY, TRUE, "KVM_CAP_USER_MEMORY" },
  { KVM_CAP_DESTROY_MEMORY_REGION_WORKS, TRUE,
    "KVM_CAP_DESTROY_MEMORY_REGION_WORKS" },
  { KVM_CAP_SET_TSS_ADDR, TRUE, "KVM_CAP_SET_TSS_ADDR" },
  { KVM_CAP_SET_IDENTITY_MAP_ADDR, TRUE, "KVM_CAP_SET_IDENTITY_MAP_ADDR" },
  { KVM_CAP_EXT_CPUID, TRUE, "KVM_CAP_EXT_CPUID" },
  { KVM_CAP_MP_STATE, TRUE, "KVM_CAP_MP_STATE" },
  { KVM_CAP_VCPU_EVENTS, TRUE, "KVM_CAP_VCPU_EVENTS" },
  { KVM_CAP_DEBUGREGS, TRUE, "KVM_CAP_DEBUGREGS" },
  { KVM_CAP_XSAVE, TRUE, "KVM_CAP_XSAVE" },
  { KVM_CAP_XCRS, TRUE, "KVM_CAP_XCRS" },
  { KVM_CAP_READONLY_MEM, FALSE, "KVM_CAP_READONLY_MEM" },
  { KVM_CAP_SREGS2, FALSE, "KVM_CAP_SREGS2" },
  { KVM_CAP_NESTED_STATE, FALSE, "KVM_CAP_NESTED_STATE" },
  { KVM_CAP_BINARY_STATS_FD, FALSE, "KVM_CAP_BINARY_STATS_FD" },
  { KVM_CAP_TSC_DEADLINE_TIMER, FALSE, "KVM_CAP_TSC_DEADLINE_TIMER" },
  { KVM_CAP_GET_TSC_KHZ, FALSE, "KVM_CAP_GET_TSC_KHZ" },
  { KVM_CAP_IOEVENTFD, FALSE, "KVM_CAP_IOEVENTFD" },
  { KVM_CAP_IRQFD, FALSE, "KVM_CAP_IRQFD" },
  { KVM_CAP_COALESCED_MMIO, FALSE, "KVM_CAP_COALESCED_MMIO" },
};

static int
check (int fd, int capability)
{
  return MAX (ioctl (fd, KVM_CHECK_EXTENSION, capability), 0);
}

static gboolean
open_failed (GError **error)
{
  if (errno != ENOENT && errno != ENODEV && errno != ENXIO)
    return mos_kvm_fail (error, "Opening " DEVICE);
  g_set_error (
      error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
      _ ("There is no %s. Turn on AMD-V (SVM) or Intel VT-x in the "
         "firmware's setup and load the module (sudo modprobe kvm_amd or "
         "kvm_intel), or use the software CPU."),
      DEVICE);
  return FALSE;
}

static gboolean
check_needed (int fd, GError **error)
{
  int version = ioctl (fd, KVM_GET_API_VERSION, NULL);

  if (version != API_VERSION) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
                 _ ("%s speaks version %d of its interface, not %d. Install a "
                    "newer kernel or use the software CPU."),
                 DEVICE, version, API_VERSION);
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (capabilities); i++) {
    const Capability *c = &capabilities[i];

    if (!c->needed || check (fd, c->number) > 0)
      continue;
    g_set_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
                 _ ("This host's KVM lacks %s. Install a newer kernel or use "
                    "the software CPU."),
                 c->name);
    return FALSE;
  }
  return TRUE;
}

/* The processor below, as we see it: without SVM or VMX its KVM runs guests
 * by page-table tricks and instruction emulation. */
static gboolean
host_virtualizes (void)
{
  guint eax, ebx, ecx, edx;

  if (__get_cpuid (1, &eax, &ebx, &ecx, &edx) &&
      (ecx & MOS_CPUID_1_ECX_VMX) != 0)
    return TRUE;
  return __get_cpuid (0x80000001, &eax, &ebx, &ecx, &edx) &&
         (ecx & MOS_CPUID_80000001_ECX_SVM) != 0;
}

/* Where in a vCPU's mapping the ring of posted writes is: the capability's
 * value is a page's number. */
static gsize
ring_at (int fd, gsize run_bytes)
{
  gsize at = (gsize) check (fd, KVM_CAP_COALESCED_MMIO) * MOS_PAGE_SIZE;

  return at + MOS_PAGE_SIZE <= run_bytes ? at : 0;
}

int
mos_kvm_open (MosKvmCaps *caps, GError **error)
{
  int fd = open (DEVICE, O_RDWR | O_CLOEXEC);
  int run_bytes;

  if (fd < 0) {
    open_failed (error);
    return -1;
  }
  if (!check_needed (fd, error)) {
    close (fd);
    return -1;
  }
  run_bytes = ioctl (fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
  if (run_bytes < (int) sizeof (struct kvm_run)) {
    mos_kvm_fail (error, "KVM_GET_VCPU_MMAP_SIZE");
    close (fd);
    return -1;
  }
  *caps = (MosKvmCaps){
    .emulates = !host_virtualizes (),
    .readonly_mem = check (fd, KVM_CAP_READONLY_MEM) > 0,
    .sregs2 = check (fd, KVM_CAP_SREGS2) > 0,
    .nested_state = check (fd, KVM_CAP_NESTED_STATE) > 0,
    .tsc_deadline = check (fd, KVM_CAP_TSC_DEADLINE_TIMER) > 0,
    .stats = check (fd, KVM_CAP_BINARY_STATS_FD) > 0,
    .sync_regs = (check (fd, KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_REGS) != 0,
    .ioeventfd = check (fd, KVM_CAP_IOEVENTFD) > 0,
    .irqfd = check (fd, KVM_CAP_IRQFD) > 0,
    .max_messages =
        (guint) CLAMP (check (fd, KVM_CAP_IRQ_ROUTING) - 64, 0, 512),
    .max_vcpus = MAX (check (fd, KVM_CAP_MAX_VCPUS), 1),
    .max_slots = MAX (check (fd, KVM_CAP_NR_MEMSLOTS), 32),
    .run_bytes = (gsize) run_bytes,
    .posted_at = ring_at (fd, (gsize) run_bytes),
  };
  return fd;
}

/* Does a virtual machine with the chips inside really come into being? */
static gboolean
try_machine (int fd, GError **error)
{
  int      vm = ioctl (fd, KVM_CREATE_VM, 0);
  gboolean ok;

  if (vm < 0)
    return mos_kvm_fail (error, "KVM_CREATE_VM");
  ok = mos_kvm_call (vm, KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP", NULL, error);
  close (vm);
  return ok;
}

static char *
describe (int fd, const MosBackendInfo *info, const MosKvmCaps *caps)
{
  GString *out = g_string_new (NULL);

  g_string_printf (out,
                   _ ("Linux KVM API %d, up to %u vCPUs, interrupt chips in "
                      "the kernel"),
                   API_VERSION, caps->max_vcpus);
  if (info->nested_svm)
    g_string_append (out, _ (", nested AMD-V"));
  if (info->nested_vmx)
    g_string_append (out, _ (", nested VT-x"));
  if (!info->nested_svm && !info->nested_vmx)
    g_string_append (out, _ (", no nesting"));
  if (caps->emulates)
    g_string_append (out, _ ("; the processor has neither AMD-V nor VT-x, so "
                             "this KVM may emulate instructions slowly"));
  for (gsize i = 0; i < G_N_ELEMENTS (capabilities); i++)
    if (check (fd, capabilities[i].number) == 0)
      g_string_append_printf (out, _ ("; no %s"), capabilities[i].name);
  return g_string_free (out, FALSE);
}

void
mos_kvm_probe (MosBackendInfo *info)
{
  g_autoptr (GError) error = NULL;
  MosKvmCaps  caps;
  MosCpuModel offer;
  int         fd = mos_kvm_open (&caps, &error);

  *info = (MosBackendInfo){ 0 };
  if (fd < 0 || !try_machine (fd, &error) ||
      !mos_kvm_cpuid_offer (fd, &offer, &error)) {
    info->why_not = g_strdup (error->message);
    if (fd >= 0)
      close (fd);
    return;
  }
  info->usable = TRUE;
  info->irqchip = TRUE;
  info->max_vcpus = caps.max_vcpus;
  info->nested_svm = caps.nested_state &&
                     (offer.leaf80000001_ecx & MOS_CPUID_80000001_ECX_SVM) != 0;
  info->nested_vmx =
      caps.nested_state && (offer.leaf1_ecx & MOS_CPUID_1_ECX_VMX) != 0;
  info->details = describe (fd, info, &caps);
  close (fd);
}
