/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Failures of KVM in words: which call, why, what to do.
 *
 * The kernel gives a number only; what a person can do about it depends on
 * that number and hardly on the call, so the advice is one table.
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/ioctl.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"

typedef struct {
  int         number;
  MosError    code;
  const char *advice;
} Advice;

static const Advice advices[] = {
  { EACCES, MOS_ERROR_NO_HARDWARE,
    N_ ("Add yourself to the group “kvm” (sudo usermod -aG kvm $USER) and log "
        "in again, or use the software CPU") },
  { EPERM, MOS_ERROR_NO_HARDWARE,
    N_ ("Something on this host forbids it (a container, a sandbox, or "
        "another hypervisor); use the software CPU") },
  { ENOMEM, MOS_ERROR_NO_MEMORY,
    N_ ("Stop another machine or give this one less memory") },
  { ENOSPC, MOS_ERROR_NO_MEMORY,
    N_ ("Stop another machine or give this one less memory") },
  { EMFILE, MOS_ERROR_FAILED,
    N_ ("Too many files are open; raise the limit (ulimit -n) or stop another "
        "machine") },
  { EBUSY, MOS_ERROR_NO_HARDWARE,
    N_ ("Another hypervisor may hold the processor; close it, or use the "
        "software CPU") },
  { EEXIST, MOS_ERROR_FAILED,
    N_ ("The kernel already has one; stop the machine and start it again") },
  { EINVAL, MOS_ERROR_NO_HARDWARE,
    N_ ("This host's KVM does not accept these values; use the software CPU "
        "(--accel soft) or another CPU model") },
  { ENOTTY, MOS_ERROR_NO_HARDWARE,
    N_ ("This host's KVM lacks it; install a newer kernel or use the software "
        "CPU") },
  { ENXIO, MOS_ERROR_NO_HARDWARE,
    N_ ("This host's KVM lacks it; install a newer kernel or use the software "
        "CPU") },
};

gboolean
mos_kvm_fail (GError **error, const char *name)
{
  int         number = errno;
  MosError    code = MOS_ERROR_FAILED;
  const char *advice =
      N_ ("Look at the kernel's messages (dmesg), or use the software CPU");

  for (gsize i = 0; i < G_N_ELEMENTS (advices); i++)
    if (advices[i].number == number) {
      code = advices[i].code;
      advice = advices[i].advice;
    }
  /* Translators: a kernel call, the reason, what to do */
  g_set_error (error, MOS_ERROR, code, _ ("%s failed: %s. %s."), name,
               g_strerror (number), _ (advice));
  return FALSE;
}

gboolean
mos_kvm_call (int           fd,
              unsigned long request,
              const char   *name,
              gpointer      argument,
              GError      **error)
{
  int result;

  do
    result = ioctl (fd, request, argument);
  while (result < 0 && errno == EINTR);
  return result >= 0 || mos_kvm_fail (error, name);
}
