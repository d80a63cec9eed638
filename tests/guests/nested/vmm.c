/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A small virtual machine monitor as the only process of a Linux kernel.
 *
 * It is the init of level 1: it loads the kernel's KVM modules from the root
 * of its initial RAM disk, makes a machine of one real-mode processor through
 * /dev/kvm and runs four tiny guests in it: port writes and writes to device
 * memory, which come back to this process, CPUIDs, which the kernel answers,
 * and a loop. It says on the console when a guest begins, then how many exits
 * came and how long each took by its own clock, then "vmm: done", and switches
 * the machine off. The kernel's command line may say "exits=N".
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TIMES     2000 /* exits of each guest, unless it is told */
#define RAM_BYTES 0x10000
#define CODE      0x1000

typedef struct {
  const char *name;
  size_t      size;
  size_t      times_at; /* where in the code, four bytes; 0: nowhere */
  uint8_t     code[20];
} Guest;

static const Guest guests[] = {
  /* mov ecx, times; l: out dx, al; dec ecx; jnz l; hlt */
  { "port",
    12,
    2,
    { 0x66, 0xb9, 0, 0, 0, 0, 0xee, 0x66, 0x49, 0x75, 0xfb, 0xf4 } },
  /* mov ax, 0xd000; mov ds, ax; mov ecx, times; l: mov [0], al; … */
  { "mmio",
    19,
    7,
    { 0xb8, 0x00, 0xd0, 0x8e, 0xd8, 0x66, 0xb9, 0, 0, 0, 0, 0xa2, 0, 0, 0x66,
      0x49, 0x75, 0xf9, 0xf4 } },
  /* mov esi, times; l: xor eax, eax; cpuid; dec esi; jnz l; hlt */
  { "cpuid",
    16,
    2,
    { 0x66, 0xbe, 0, 0, 0, 0, 0x66, 0x31, 0xc0, 0x0f, 0xa2, 0x66, 0x4e, 0x75,
      0xf7, 0xf4 } },
  /* mov ecx, 1000000; l: dec ecx; jnz l; hlt */
  { "loop",
    11,
    0,
    { 0x66, 0xb9, 0x40, 0x42, 0x0f, 0, 0x66, 0x49, 0x75, 0xfc, 0xf4 } },
};

typedef struct {
  int             vcpu;
  struct kvm_run *run;
  uint8_t        *ram;
} Machine;

static double
now_us (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static void
load_module (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (syscall (SYS_finit_module, fd, "", 0) != 0)
    perror (path);
  close (fd);
}

static int
make_machine (Machine *self)
{
  struct kvm_userspace_memory_region region = { 0 };
  int kvm = open ("/dev/kvm", O_RDWR | O_CLOEXEC);
  int vm, size;

  if (kvm < 0)
    return 0;
  vm = ioctl (kvm, KVM_CREATE_VM, 0);
  self->ram = mmap (NULL, RAM_BYTES, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  region.memory_size = RAM_BYTES;
  region.userspace_addr = (uintptr_t) self->ram;
  ioctl (vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
  if (ioctl (vm, KVM_SET_USER_MEMORY_REGION, &region) != 0)
    return 0;
  self->vcpu = ioctl (vm, KVM_CREATE_VCPU, 0);
  size = ioctl (kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (self->vcpu < 0 || size <= 0)
    return 0;
  self->run = mmap (NULL, (size_t) size, PROT_READ | PROT_WRITE, MAP_SHARED,
                    self->vcpu, 0);
  return self->run != MAP_FAILED;
}

static void
start_at_code (Machine *self)
{
  struct kvm_sregs sregs;
  struct kvm_regs  regs = { .rip = CODE, .rflags = 2, .rdx = 0x3f8 };

  ioctl (self->vcpu, KVM_GET_SREGS, &sregs);
  sregs.cs.base = sregs.cs.selector = 0;
  sregs.ds.base = sregs.ds.selector = 0;
  ioctl (self->vcpu, KVM_SET_SREGS, &sregs);
  ioctl (self->vcpu, KVM_SET_REGS, &regs);
}

static void
run (Machine *self, const Guest *guest, uint32_t times)
{
  unsigned exits = 0;
  double   start;

  memcpy (self->ram + CODE, guest->code, guest->size);
  if (guest->times_at != 0)
    memcpy (self->ram + CODE + guest->times_at, &times, sizeof times);
  start_at_code (self);
  /* Who measures from outside takes the time of this line and the next. */
  printf ("vmm: %s begins\n", guest->name);
  fflush (stdout);
  tcdrain (STDOUT_FILENO);
  start = now_us ();
  for (;;) {
    if (ioctl (self->vcpu, KVM_RUN, 0) != 0) {
      perror ("KVM_RUN");
      return;
    }
    if (self->run->exit_reason != KVM_EXIT_IO &&
        self->run->exit_reason != KVM_EXIT_MMIO)
      break;
    exits++;
  }
  if (self->run->exit_reason == KVM_EXIT_HLT)
    printf ("vmm: %s: %u exits, %.1f us each\n", guest->name, exits,
            (now_us () - start) / times);
  else
    printf ("vmm: %s: exit reason %u\n", guest->name, self->run->exit_reason);
  fflush (stdout);
}

int
main (void)
{
  static const char *const modules[] = { "/irqbypass.ko", "/kvm.ko", "/ccp.ko",
                                         "/kvm-amd.ko", "/kvm-intel.ko" };
  Machine                  machine = { 0 };
  const char              *exits = getenv ("exits");
  uint32_t times = exits != NULL ? (uint32_t) strtoul (exits, NULL, 10) : TIMES;

  mkdir ("/dev", 0755);
  mount ("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
    load_module (modules[i]);
  if (make_machine (&machine)) {
    for (size_t i = 0; i < sizeof guests / sizeof *guests; i++)
      run (&machine, &guests[i], times);
  } else {
    perror ("vmm: no machine");
  }
  printf ("vmm: done\n");
  fflush (stdout);
  reboot (RB_POWER_OFF);
  return 1;
}
