/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: consistency checks, intercepts and the tables that describe them.
 *
 * Each check is violated alone and each intercept is tried with and without
 * its bit (AMD64 APM volume 2, "Canonicalization and Consistency Checks",
 * "Instruction Intercepts").
 */
#include "engine/cpu/soft/control.h"
#include "tests/cpu/svm-rig.h"

#define HIGH G_GUINT64_CONSTANT (0x100000000)

/* What VMRUN refuses: a field, what is done to it. */
typedef struct {
  const char *name;
  guint       offset;
  guint64     clear, set;
} Check;

static const Check checks[] = {
  { "efer-svme", MOS_VMCB_EFER, 1u << 12, 0 },
  { "efer-reserved", MOS_VMCB_EFER, 0, 1u << 1 },
  { "efer-reserved-high", MOS_VMCB_EFER, 0, HIGH },
  { "cr0-high", MOS_VMCB_CR0, 0, HIGH },
  { "cr0-nw-without-cd", MOS_VMCB_CR0, 0, 1u << 29 },
  { "cr3-reserved", MOS_VMCB_CR3, 0, G_GUINT64_CONSTANT (1) << 51 },
  { "cr3-top", MOS_VMCB_CR3, 0, G_GUINT64_CONSTANT (1) << 63 },
  { "cr4-reserved", MOS_VMCB_CR4, 0, 1u << 15 },
  { "cr4-high", MOS_VMCB_CR4, 0, HIGH },
  { "dr6-high", MOS_VMCB_DR6, 0, HIGH },
  { "dr7-high", MOS_VMCB_DR7, 0, HIGH },
  { "long-without-pae", MOS_VMCB_CR4, MOS_CR4_PAE, 0 },
  { "long-without-pe", MOS_VMCB_CR0, MOS_CR0_PE, 0 },
  { "cs-l-and-d", MOS_VMCB_SEG + 16, 0, 1u << 26 },
  { "vmrun-not-intercepted", MOS_VMCB_MISC2, MOS_SVM2_VMRUN, 0 },
  { "asid-zero", MOS_VMCB_ASID, 0xffffffff, 0 },
  { "iopm-too-high", MOS_VMCB_IOPM, 0, G_GUINT64_CONSTANT (1) << 45 },
  { "iopm-end-too-high", MOS_VMCB_IOPM, 0, ((guint64) 1 << 40) - 0x2000 },
  { "msrpm-too-high", MOS_VMCB_MSRPM, 0, G_GUINT64_CONSTANT (1) << 45 },
  { "msrpm-end-too-high", MOS_VMCB_MSRPM, 0, ((guint64) 1 << 40) - 0x1000 },
  { "inject-reserved-type", MOS_VMCB_EVENTINJ, 0, 0x80000100 },
  { "inject-exception-nmi", MOS_VMCB_EVENTINJ, 0, 0x80000302 },
  { "inject-exception-32", MOS_VMCB_EVENTINJ, 0, 0x80000320 },
  { "ncr3-too-high", MOS_VMCB_NCR3, 0, G_GUINT64_CONSTANT (1) << 50 },
  { "gpat-type-2", MOS_VMCB_GPAT, 0xff, 2 },
  { "gpat-type-3", MOS_VMCB_GPAT, 0xff00, 0x300 },
  { "gpat-reserved", MOS_VMCB_GPAT, 0, 0x80 },
};

static void
test_check (gconstpointer data)
{
  const Check *check = data;
  SvmRig       rig;
  guint64      value;

  svm_rig_init (&rig, NULL);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  value = svm_rig_get (&rig, check->offset);
  value = (value & ~check->clear) | check->set;
  svm_rig_put (&rig, check->offset, value);
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_INVALID);
  /* Nothing of the guest changed, and the host goes on with GIF clear. */
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==, RIG_GUEST);
  g_assert_cmphex (rig.m.cpu->cr3, ==, 0x1000);
  svm_rig_clear (&rig);
}

/* VMRUN needs paging for nested paging. */
static void
test_check_host_paging (void)
{
  SvmRig rig;

  svm_rig_init (&rig, NULL);
  soft_machine_protected (&rig.m, RIG_HOST);
  mos_set_efer (rig.m.cpu, MOS_EFER_SVME);
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_INVALID);
  svm_rig_clear (&rig);
}

/* An instruction, and what leaves with it. */
typedef struct {
  const char *name;
  guint8      code[10];
  guint       len;
  guint       word;
  guint32     bits;
  guint64     exit;
  guint64     info1;
  guint       before; /* bytes of code in front of it */
} Case;

#define MOVED G_GUINT64_CONSTANT (0x8000000000000000)

static const Case cases[] = {
  { "cpuid", { 0x0f, 0xa2 }, 2, MOS_VMCB_MISC1, 1u << 18, 0x72 },
  { "hlt", { 0xf4 }, 1, MOS_VMCB_MISC1, 1u << 24, 0x78 },
  { "invd", { 0x0f, 0x08 }, 2, MOS_VMCB_MISC1, 1u << 22, 0x76 },
  { "wbinvd", { 0x0f, 0x09 }, 2, MOS_VMCB_MISC2, 1u << 9, 0x89 },
  { "pause", { 0xf3, 0x90 }, 2, MOS_VMCB_MISC1, 1u << 23, 0x77 },
  { "rdtsc", { 0x0f, 0x31 }, 2, MOS_VMCB_MISC1, 1u << 14, 0x6e },
  { "rdtscp", { 0x0f, 0x01, 0xf9 }, 3, MOS_VMCB_MISC2, 1u << 7, 0x87 },
  { "rdpmc", { 0x0f, 0x33 }, 2, MOS_VMCB_MISC1, 1u << 15, 0x6f },
  { "pushf", { 0x9c }, 1, MOS_VMCB_MISC1, 1u << 16, 0x70 },
  { "popf", { 0x9d }, 1, MOS_VMCB_MISC1, 1u << 17, 0x71 },
  { "iret", { 0x48, 0xcf }, 2, MOS_VMCB_MISC1, 1u << 20, 0x74 },
  { "int", { 0xcd, 0x45 }, 2, MOS_VMCB_MISC1, 1u << 21, 0x75, 0x45 },
  { "int1", { 0xf1 }, 1, MOS_VMCB_MISC2, 1u << 8, 0x88 },
  { "int3", { 0xcc }, 1, MOS_VMCB_EXCEPTIONS, 1u << 3, 0x43 },
  { "ud2", { 0x0f, 0x0b }, 0, MOS_VMCB_EXCEPTIONS, 1u << 6, 0x46 },
  { "invlpg", { 0x0f, 0x01, 0x38 }, 3, MOS_VMCB_MISC1, 1u << 25, 0x79 },
  { "invlpga", { 0x0f, 0x01, 0xdf }, 3, MOS_VMCB_MISC1, 1u << 26, 0x7a },
  { "sgdt", { 0x0f, 0x01, 0x04, 0x24 }, 4, MOS_VMCB_MISC1, 1u << 7, 0x67 },
  { "sidt", { 0x0f, 0x01, 0x0c, 0x24 }, 4, MOS_VMCB_MISC1, 1u << 6, 0x66 },
  { "sldt", { 0x0f, 0x00, 0xc0 }, 3, MOS_VMCB_MISC1, 1u << 8, 0x68 },
  { "str", { 0x0f, 0x00, 0xc8 }, 3, MOS_VMCB_MISC1, 1u << 9, 0x69 },
  { "lidt", { 0x0f, 0x01, 0x1c, 0x24 }, 4, MOS_VMCB_MISC1, 1u << 10, 0x6a },
  { "lgdt", { 0x0f, 0x01, 0x14, 0x24 }, 4, MOS_VMCB_MISC1, 1u << 11, 0x6b },
  { "lldt", { 0x0f, 0x00, 0xd0 }, 3, MOS_VMCB_MISC1, 1u << 12, 0x6c },
  { "ltr", { 0x0f, 0x00, 0xd8 }, 3, MOS_VMCB_MISC1, 1u << 13, 0x6d },
  { "vmrun", { 0x0f, 0x01, 0xd8 }, 3, MOS_VMCB_MISC2, 1u << 0, 0x80 },
  { "vmmcall", { 0x0f, 0x01, 0xd9 }, 3, MOS_VMCB_MISC2, 1u << 1, 0x81 },
  { "vmload", { 0x0f, 0x01, 0xda }, 3, MOS_VMCB_MISC2, 1u << 2, 0x82 },
  { "vmsave", { 0x0f, 0x01, 0xdb }, 3, MOS_VMCB_MISC2, 1u << 3, 0x83 },
  { "stgi", { 0x0f, 0x01, 0xdc }, 3, MOS_VMCB_MISC2, 1u << 4, 0x84 },
  { "clgi", { 0x0f, 0x01, 0xdd }, 3, MOS_VMCB_MISC2, 1u << 5, 0x85 },
  { "mov-from-cr0",
    { 0x0f, 0x20, 0xc3 },
    3,
    MOS_VMCB_CR,
    1u << 0,
    0x00,
    MOVED | 3 },
  { "mov-to-cr0",
    { 0x0f, 0x22, 0xc3 },
    3,
    MOS_VMCB_CR,
    1u << 16,
    0x10,
    MOVED | 3 },
  { "mov-to-cr3",
    { 0x41, 0x0f, 0x22, 0xdf },
    4,
    MOS_VMCB_CR,
    1u << 19,
    0x13,
    MOVED | 15 },
  { "mov-from-cr4",
    { 0x0f, 0x20, 0xe0 },
    3,
    MOS_VMCB_CR,
    1u << 4,
    0x04,
    MOVED },
  { "mov-from-cr8",
    { 0x44, 0x0f, 0x20, 0xc1 },
    4,
    MOS_VMCB_CR,
    1u << 8,
    0x08,
    MOVED | 1 },
  { "mov-to-cr8",
    { 0x44, 0x0f, 0x22, 0xc1 },
    4,
    MOS_VMCB_CR,
    1u << 24,
    0x18,
    MOVED | 1 },
  { "clts", { 0x0f, 0x06 }, 2, MOS_VMCB_CR, 1u << 16, 0x10, 0 },
  { "smsw", { 0x0f, 0x01, 0xe0 }, 3, MOS_VMCB_CR, 1u << 0, 0x00, 0 },
  { "lmsw", { 0x0f, 0x01, 0xf0 }, 3, MOS_VMCB_MISC1, 1u << 5, 0x65, 0 },
  { "cr0-selective",
    { 0x0f, 0x22, 0xc3 },
    3,
    MOS_VMCB_MISC1,
    1u << 5,
    0x65,
    MOVED | 3 },
  { "mov-from-dr7", { 0x0f, 0x21, 0xfa }, 3, MOS_VMCB_DR, 1u << 7, 0x27, 2 },
  { "mov-to-dr0", { 0x0f, 0x23, 0xc2 }, 3, MOS_VMCB_DR, 1u << 16, 0x30, 2 },
  { "xsetbv", { 0x0f, 0x01, 0xd1 }, 3, MOS_VMCB_MISC2, 1u << 13, 0x8d },
  { "invpcid",
    { 0x66, 0x0f, 0x38, 0x82, 0x04, 0x24 },
    6,
    MOS_VMCB_MISC3,
    1u << 2,
    0xa2 },
};

/* Without its bit an instruction does not leave so. VMMCALL ends all guests
 * here, VMRUN has to have its bit, and HLT would wait for ever. */
static gboolean
must_leave (const Case *c)
{
  return c->word == MOS_VMCB_MISC2
             ? c->bits <= 2
             : c->word == MOS_VMCB_MISC1 && c->bits == 1u << 24;
}

static void
test_intercept (gconstpointer data)
{
  const Case *c = data;
  SvmRig      rig;

  for (guint with = must_leave (c); with < 2; with++) {
    svm_rig_init (&rig, NULL);
    svm_rig_put (&rig, MOS_VMCB_CR4,
                 MOS_CR4_PAE | MOS_CR4_OSFXSR | MOS_CR4_OSXSAVE);
    svm_rig_code (&rig, c->code, MAX (c->len, 2));
    if (with)
      svm_rig_or (&rig, c->word, c->bits);
    if (!with) {
      g_assert_cmphex (svm_rig_run (&rig), !=, c->exit);
      svm_rig_clear (&rig);
      continue;
    }
    g_assert_cmphex (svm_rig_run (&rig), ==, c->exit);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==, RIG_GUEST);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_NRIP), ==,
                     c->len > 0 ? RIG_GUEST + c->len : 0);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==, c->info1);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINTINFO), ==, 0);
    svm_rig_clear (&rig);
  }
}

/* Without its bit, CPUID of the guest is executed. */
static void
test_not_intercepted (void)
{
  static const guint8 code[] = { 0x31, 0xc0, 0x31, 0xc9, 0x0f, 0xa2 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, code, sizeof code);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==,
                   RIG_GUEST + sizeof code);
  g_assert_cmphex (rig.m.cpu->gpr[MOS_RBX], ==, 0x68747541); /* "Auth" */
  svm_rig_clear (&rig);
}

/* What CPUID does not announce is no instruction, whatever the bit says. */
static const struct {
  guint8  code[3];
  guint   len;
  guint   word;
  guint32 bits;
  guint64 exit;
} unknown[] = {
  { { 0x0f, 0xaa }, 2, MOS_VMCB_MISC1, 1u << 19, 0x73 },       /* RSM */
  { { 0x0f, 0x01, 0xde }, 3, MOS_VMCB_MISC2, 1u << 6, 0x86 },  /* SKINIT */
  { { 0x0f, 0x01, 0xc8 }, 3, MOS_VMCB_MISC2, 1u << 10, 0x8a }, /* MONITOR */
  { { 0x0f, 0x01, 0xc9 }, 3, MOS_VMCB_MISC2, 3u << 11, 0x8b }, /* MWAIT */
  { { 0x0f, 0x01, 0xfd }, 3, MOS_VMCB_MISC2, 1u << 14, 0x8e }, /* RDPRU */
  { { 0x0f, 0x01, 0xfe }, 3, MOS_VMCB_MISC3, 3u << 0, 0xa0 },  /* INVLPGB */
  { { 0x0f, 0x01, 0xff }, 3, MOS_VMCB_MISC3, 1u << 4, 0xa4 },  /* TLBSYNC */
};

static void
test_unknown (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++) {
    SvmRig rig;

    svm_rig_init (&rig, NULL);
    svm_rig_code (&rig, unknown[i].code, unknown[i].len);
    svm_rig_or (&rig, unknown[i].word, unknown[i].bits);
    svm_rig_or (&rig, MOS_VMCB_EXCEPTIONS, 1u << MOS_EXC_UD);
    g_assert_cmphex (svm_rig_run (&rig), ==, 0x40 + MOS_EXC_UD);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==, RIG_GUEST);
    svm_rig_clear (&rig);
  }
}

/* Every instruction that the table lets leave has a case. */
static void
test_every_instruction (void)
{
  for (const MosVmcbExit *e = mos_vmcb_exits; e->name != NULL; e++) {
    gboolean found = e->intercept == MOS_INTERCEPT_NONE;

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
      found |= cases[i].exit == e->first;
    for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
      found |= unknown[i].exit == e->first;
    if (!found)
      g_error ("%s has no case", e->name);
  }
}

/* CPL faults go before the intercept. */
static void
test_privilege_first (void)
{
  static const guint8 code[] = { 0xf4 };
  SvmRig              rig;
  guint16             ss = 0xcf3, cs = 0xafb;

  svm_rig_init (&rig, NULL);
  memcpy (rig.vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_SS + 2, &ss, 2);
  memcpy (rig.vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_CS + 2, &cs, 2);
  rig.vmcb[MOS_VMCB_CPL] = 3;
  svm_rig_or (&rig, MOS_VMCB_MISC1, 1u << 24);
  svm_rig_or (&rig, MOS_VMCB_EXCEPTIONS, 1u << MOS_EXC_GP);
  svm_rig_code (&rig, code, sizeof code);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x40 + MOS_EXC_GP);
  g_assert_cmpuint (rig.vmcb[MOS_VMCB_CPL], ==, 3);
  svm_rig_clear (&rig);
}

static void
test_ports (void)
{
  static const guint8 in[] = { 0xe5, 0x71 };        /* in eax, 0x71 */
  static const guint8 out[] = { 0xf3, 0x66, 0x6f }; /* rep outsw */
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_IOIO);
  svm_rig_code (&rig, in, sizeof in);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81); /* the map is clear */
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  rig.ram[RIG_IOPM + 0x74 / 8] = 1 << 4; /* the last of the four bytes */
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_IOIO);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   0x710000 | 8u << 6 | 4u << 4 | 1);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==, RIG_GUEST + 2);
  svm_rig_code (&rig, out, sizeof out);
  rig.m.cpu->gpr[MOS_RDX] = 0xffff; /* its second byte wraps into the pad */
  rig.m.cpu->gpr[MOS_RCX] = 5;
  rig.ram[RIG_IOPM + 0x2000] = 1;
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_IOIO);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   0xffff0000 | MOS_SEG_DS << 10 | 8u << 6 | 2u << 4 | 8 | 4);
  svm_rig_clear (&rig);
}

static void
test_msrs (void)
{
  static const guint8 rdmsr[] = { 0x0f, 0x32 };
  static const guint8 wrmsr[] = { 0x0f, 0x30 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_MSR);
  svm_rig_code (&rig, rdmsr, sizeof rdmsr);
  rig.m.cpu->gpr[MOS_RCX] = 0xc0000082;
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  rig.m.cpu->gpr[MOS_RCX] = 0xc0000082;
  rig.ram[RIG_MSRPM + 0x800 + 0x82 / 4] = 1 << 4; /* reads only */
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_MSR);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==, 0);
  svm_rig_code (&rig, wrmsr, sizeof wrmsr);
  rig.m.cpu->gpr[MOS_RDX] = 0;
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  rig.m.cpu->gpr[MOS_RCX] = 0x40000000; /* in no range of the map */
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_MSR);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==, 1);
  svm_rig_clear (&rig);
}

/* Two PAUSEs are let through, the third leaves. */
static void
test_pause_filter (void)
{
  static const guint8 code[] = { 0xf3, 0x90, 0xf3, 0x90, 0xf3, 0x90 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_PAUSE);
  rig.vmcb[MOS_VMCB_PAUSE_COUNT] = 2;
  svm_rig_code (&rig, code, sizeof code);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x77);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==, RIG_GUEST + 4);
  svm_rig_clear (&rig);
}

static void
test_vmload_vmsave (void)
{
  static const guint8 code[] = {
    0x0f, 0x01, 0xda, 0x0f, 0x01, 0xdb, 0xf4
  }; /* vmload; vmsave */
  static const guint fields[] = {
    MOS_VMCB_KERNEL_GS,    MOS_VMCB_STAR,        MOS_VMCB_LSTAR,
    MOS_VMCB_CSTAR,        MOS_VMCB_SFMASK,      MOS_VMCB_SYSENTER_CS,
    MOS_VMCB_SYSENTER_ESP, MOS_VMCB_SYSENTER_EIP
  };
  SvmRig rig;

  svm_rig_init (&rig, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    svm_rig_put (&rig, fields[i], 0x1000 + i);
  svm_rig_put (&rig, MOS_VMCB_SEG + 16 * MOS_SEG_GS + 8, 0x123456789);
  svm_rig_put (&rig, MOS_VMCB_TR + 8, 0xfeed000);
  svm_rig_run_host (&rig, code, sizeof code);
  g_assert_cmphex (rig.m.cpu->kernel_gs_base, ==, 0x1000);
  g_assert_cmphex (rig.m.cpu->seg[MOS_SEG_GS].base, ==, 0x123456789);
  g_assert_cmphex (rig.m.cpu->seg[MOS_SEG_TR].base, ==, 0xfeed000);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    g_assert_cmphex (svm_rig_get (&rig, fields[i]), ==, 0x1000 + i);
  svm_rig_clear (&rig);
}

/* A guest's own VMLOAD works on guest-physical memory. */
static void
test_virtual_vmload (void)
{
  static const guint8 code[] = { 0x0f, 0x01, 0xda };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_put (&rig, MOS_VMCB_VIRT, MOS_VIRT_VMLOAD);
  svm_rig_put (&rig, MOS_VMCB_RAX, 0x50000);
  *svm_rig_npte (&rig, 0x50000) = 0x60000 | 7;
  mos_vmcb_put64 (rig.ram + 0x60000, MOS_VMCB_LSTAR, 0xabc);
  svm_rig_code (&rig, code, sizeof code);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (rig.m.cpu->lstar, ==, 0xabc);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  *svm_rig_npte (&rig, 0x50000) = 0;
  rig.vmcb[MOS_VMCB_TLB_CONTROL] = MOS_TLB_FLUSH_ASID;
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==, 0x50000);
  svm_rig_clear (&rig);
}

/* #UD without EFER.SVME, #GP for a bad address. */
static void
test_refused (void)
{
  static const guint8 ops[] = { 0xd8, 0xda, 0xdb, 0xdc, 0xdd, 0xdf };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  rig.m.cpu->idt = (MosTableRegister){ .base = RIG_IDT, .limit = 0xfff };
  rig.m.cpu->gdt = (MosTableRegister){ .base = RIG_GDT, .limit = 0xfff };
  rig.m.cpu->gpr[MOS_RSP] = RIG_STACK;
  for (guint i = 0; i < 256; i++)
    rig.ram[RIG_HANDLER + 4 * i] = 0xf4;
  mos_set_efer (rig.m.cpu, rig.m.cpu->efer & ~MOS_EFER_SVME);
  for (guint i = 0; i < G_N_ELEMENTS (ops); i++) {
    guint8 code[] = { 0x0f, 0x01, ops[i], 0xf4 };

    svm_rig_run_host (&rig, code, sizeof code);
    g_assert_cmphex (rig.m.cpu->gpr[MOS_SLOT_RIP], ==,
                     RIG_HANDLER + 4 * MOS_EXC_UD + 1);
  }
  mos_set_efer (rig.m.cpu, rig.m.cpu->efer | MOS_EFER_SVME);
  for (guint i = 0; i < 3; i++) {
    guint8 code[] = { 0x48, 0xff, 0xc0, 0x0f, 0x01, ops[i], 0xf4 };

    svm_rig_run_host (&rig, code, sizeof code); /* inc rax */
    g_assert_cmphex (rig.m.cpu->gpr[MOS_SLOT_RIP], ==,
                     RIG_HANDLER + 4 * MOS_EXC_GP + 1);
  }
  svm_rig_clear (&rig);
}

static void
test_tables (void)
{
  guint end = 0;

  for (const MosVmcbField *f = mos_vmcb_fields; f->name != NULL; f++) {
    g_assert_cmpuint (f->offset, >=, end);
    end = f->offset + f->bytes;
    g_assert_cmpuint (end, <=, MOS_VMCB_BYTES);
    g_assert_cmpstr (f->help, !=, "");
    g_assert_true (mos_vmcb_field_find (f->offset) == f);
    for (const MosField *b = f->fields; b != NULL && b->name != NULL; b++)
      g_assert_cmpuint (b->lsb + b->bits, <=, 64);
  }
  for (const MosVmcbExit *e = mos_vmcb_exits; e->name != NULL; e++) {
    g_assert_true (mos_vmcb_exit_find (e->first) == e ||
                   e->first == G_MAXUINT32);
    g_assert_true (mos_vmcb_exit_find (e->first + e->count - 1) == e ||
                   e->first == G_MAXUINT32);
    g_assert_cmpuint (e->reason, <, MOS_N_EXITS);
    g_assert_cmpstr (e->help, !=, "");
  }
  g_assert_cmpstr (mos_vmcb_exit_find (MOS_SVM_INVALID)->name, ==, "INVALID");
  g_assert_null (mos_vmcb_exit_find (0x12345678));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (checks); i++) {
    g_autofree char *path = g_strconcat ("/svm/check/", checks[i].name, NULL);

    g_test_add_data_func (path, &checks[i], test_check);
  }
  g_test_add_func ("/svm/check/host-paging", test_check_host_paging);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path =
        g_strconcat ("/svm/intercept/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_intercept);
  }
  g_test_add_func ("/svm/intercept/none", test_not_intercepted);
  g_test_add_func ("/svm/intercept/unknown", test_unknown);
  g_test_add_func ("/svm/intercept/every", test_every_instruction);
  g_test_add_func ("/svm/intercept/privilege", test_privilege_first);
  g_test_add_func ("/svm/intercept/ports", test_ports);
  g_test_add_func ("/svm/intercept/msrs", test_msrs);
  g_test_add_func ("/svm/intercept/pause-filter", test_pause_filter);
  g_test_add_func ("/svm/vmload", test_vmload_vmsave);
  g_test_add_func ("/svm/vmload/virtual", test_virtual_vmload);
  g_test_add_func ("/svm/refused", test_refused);
  g_test_add_func ("/svm/tables", test_tables);
  return g_test_run ();
}
