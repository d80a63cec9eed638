/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A hypervisor of a few instructions on the software CPU, for tests of VT-x.
 *
 * Level 1 is 64-bit code in identity-mapped memory: it writes the fields that
 * a test asked for, enters the guest, and after the exit reads all fields it
 * has and halts. Everything goes through VMWRITE and VMREAD.
 */
#pragma once

#include "engine/cpu/soft/run.h"
#include "engine/cpu/x86/vmx.h"
#include "tests/cpu/soft-machine.h"

/* Physical addresses of the machine. */
enum {
  VMX_VMXON = 0x10000,
  VMX_VMCS = 0x11000,
  VMX_BITMAPS = 0x12000, /* I/O A, I/O B, MSR, VMREAD, VMWRITE: a page each */
  VMX_APIC = 0x17000,    /* the virtual-APIC page */
  VMX_APIC_ACCESS = 0x18000,
  VMX_SHADOW = 0x19000,
  VMX_MSRS = 0x1a000, /* areas, 0x100 bytes each */
  VMX_GDT = 0x1b000,
  VMX_IDT = 0x1c000,
  VMX_STUB = 0x20000,   /* level 1's code */
  VMX_WRITES = 0x28000, /* encoding and value, -1 ends */
  VMX_READS = 0x2c000,  /* the same, filled by level 1 */
  VMX_STACK = 0x30000,  /* grows down */
  VMX_EPT = 0x32000,    /* four pages of tables, 4 KiB pages for 2 MiB */
  VMX_CODE = 0x40000,   /* the guest's code */
  VMX_GUEST_STACK = 0x50000,
  VMX_DATA = 0x60000,
  VMX_RAM = 4 << 20
};

typedef struct {
  SoftMachine machine;
  MosVmcs     want;    /* what the next entry writes */
  MosVmcs     got;     /* what was read after it */
  guint64     flags;   /* RFLAGS if the entry failed with VMfail */
  gboolean    entered; /* level 1 came to its exit handler */
  gboolean    launched;
} VmxWorld;

/* A 64-bit guest at VMX_CODE with nothing intercepted but what always is. */
void vmx_world_init (VmxWorld *self, MosNestedObserver *observer);
void vmx_world_clear (VmxWorld *self);

/* Fields and controls of the next entry. */
void vmx_world_set (VmxWorld *self, MosVmcsField field, guint64 value);
void vmx_world_on (VmxWorld *self, MosVmxControl control);
void vmx_world_off (VmxWorld *self, MosVmxControl control);
/* EPT with everything readable, writable and executable, 4 KiB pages. */
void vmx_world_ept (VmxWorld *self);
/* The entry of the last level for @gpa, below 2 MiB. */
guint64 *vmx_world_ept_entry (VmxWorld *self, guint64 gpa);

gpointer vmx_world_at (VmxWorld *self, guint64 address);
void     vmx_world_code (VmxWorld *self, gconstpointer code, gsize size);

/* Enters and runs until level 1 halts. */
void vmx_world_run (VmxWorld *self);
/* The same, and the guest must have left for @reason. */
void vmx_world_expect (VmxWorld *self, guint32 reason);

guint64 vmx_world_get (VmxWorld *self, MosVmcsField field);

/* The same as vmx_world_init(), and the guest has an IDT whose handlers are one
 * VMCALL each: handler n at VMX_HANDLERS + 8 n. */
#define VMX_HANDLERS   (VMX_DATA + 0x1000)
#define VMX_INFO_VALID 0x80000000u
#define VMX_VMCALL     "\x0f\x01\xc1"
void vmx_world_handlers (VmxWorld *w);
void vmx_world_start (VmxWorld *w);
/* Where the guest left, and word @n of what lies on its stack. */
guint64 vmx_world_rip (VmxWorld *w);
guint64 vmx_world_pushed (VmxWorld *w, guint n);
/* The event of the next entry; @info without the valid bit. */
void vmx_world_inject (VmxWorld *w, guint32 info, guint32 error, guint length);
void vmx_world_no_inject (VmxWorld *w);
void vmx_world_flags (VmxWorld *w, guint64 value);
/* A secondary control, and the control that makes those count. */
void vmx_world_secondary (VmxWorld *w, MosVmxControl control);
/* A guest in real mode with its code at VMX_CODE: EPT, unrestricted. */
void vmx_world_real (VmxWorld *w);
/* 32-bit code with PAE paging, the page directory pointers at 0x7000. */
void vmx_world_pae (VmxWorld *w);
/* Lets the local APIC in, and sends it an interrupt. */
void vmx_world_interrupt (VmxWorld *w, guint vector);
/* Runs @code of level 1 at VMX_CODE up to its HLT, RAX pointing to a copy of
 * @pointer. */
MosStop
vmx_world_root (VmxWorld *w, gconstpointer code, gsize size, guint64 pointer);
/* What level 1 reads from an MSR. */
guint64 vmx_world_msr (VmxWorld *w, guint32 index);
