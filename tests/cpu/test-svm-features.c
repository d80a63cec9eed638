/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: what CPUID announces, each with a guest that uses it, and what leaves
 * a guest without being an instruction.
 *
 * A feature that is announced and has no row here fails the test, and so does
 * a row that is not announced (AMD64 APM volume 3, "Function 8000_000Ah: SVM
 * Features"; volume 2, "Secure Virtual Machine").
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/x86/features.h"
#include "tests/cpu/svm-rig.h"

static const guint8 load[] = { 0x8a, 0x04, 0x25, 0, 0, 0x40, 0 };
static const guint8 cpuid[] = { 0x31, 0xc0, 0x0f, 0xa2 };

/* Runs the guest from its beginning. */
static guint64
again (SvmRig *rig)
{
  svm_rig_put (rig, MOS_VMCB_RIP, RIG_GUEST);
  return svm_rig_run (rig);
}

/* -- what is announced ----------------------------------------------------- */

static void
nested_paging (SvmRig *rig)
{
  svm_rig_code (rig, load, sizeof load);
  rig->ram[RIG_DATA + 0x200000] = 0x5a;
  *svm_rig_npte (rig, RIG_DATA) = (RIG_DATA + 0x200000) | 0x87;
  g_assert_cmphex (again (rig), ==, 0x81);
  g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_RAX) & 0xff, ==, 0x5a);
}

static void
next_rip (SvmRig *rig)
{
  svm_rig_code (rig, cpuid, sizeof cpuid);
  svm_rig_or (rig, MOS_VMCB_MISC1, 1u << 18);
  g_assert_cmphex (again (rig), ==, 0x72);
  g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_NRIP), ==, RIG_GUEST + 4);
}

/* All bits set and nothing changed is as good as none; a group whose bit is
 * clear is read again. */
static void
clean_bits (SvmRig *rig)
{
  svm_rig_code (rig, cpuid, sizeof cpuid);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmphex (again (rig), ==, i < 2 ? 0x81 : 0x72);
    svm_rig_or (rig, MOS_VMCB_CLEAN, 0x1fff);
    if (i == 1) {
      svm_rig_or (rig, MOS_VMCB_MISC1, 1u << 18);
      rig->vmcb[MOS_VMCB_CLEAN] &= (guint8) ~1u;
    }
  }
}

static void
flush_by_asid (SvmRig *rig)
{
  svm_rig_code (rig, load, sizeof load);
  for (guint i = 0; i < 2; i++) {
    guint64 page = RIG_DATA + i * 0x200000;

    rig->ram[page] = (guint8) (1 + i);
    *svm_rig_npte (rig, RIG_DATA) = page | 0x87;
    rig->vmcb[MOS_VMCB_TLB_CONTROL] = MOS_TLB_FLUSH_ASID;
    g_assert_cmphex (again (rig), ==, 0x81);
    g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_RAX) & 0xff, ==, 1 + i);
  }
}

/* The register of a MOV to CR3, the address of INVLPG, an instruction. */
static void
decode_assists (SvmRig *rig)
{
  static const guint8 to_cr3[] = { 0x41, 0x0f, 0x22, 0xdd };
  static const guint8 invlpg[] = {
    0x0f, 0x01, 0x3c, 0x25, 0x78, 0x56, 0x34, 0
  };

  svm_rig_or (rig, MOS_VMCB_CR, 1u << 19);
  svm_rig_or (rig, MOS_VMCB_MISC1, 1u << 25);
  svm_rig_code (rig, to_cr3, sizeof to_cr3);
  g_assert_cmphex (again (rig), ==, 0x13);
  g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_EXITINFO1), ==,
                   (guint64) 1 << 63 | 13);
  svm_rig_code (rig, invlpg, sizeof invlpg);
  g_assert_cmphex (again (rig), ==, 0x79);
  g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_EXITINFO1), ==, 0x345678);
  svm_rig_code (rig, load, sizeof load);
  *svm_rig_npte (rig, RIG_DATA) = 0;
  rig->vmcb[MOS_VMCB_TLB_CONTROL] = MOS_TLB_FLUSH_ALL;
  g_assert_cmphex (again (rig), ==, MOS_SVM_NPF);
  g_assert_cmpmem (rig->vmcb + MOS_VMCB_INSN_BYTES, sizeof load, load,
                   sizeof load);
}

static void
pause_filter (SvmRig *rig)
{
  static const guint8 code[] = { 0xf3, 0x90, 0xf3, 0x90, 0xf3, 0x90 };

  svm_rig_code (rig, code, sizeof code);
  svm_rig_or (rig, MOS_VMCB_MISC1, MOS_SVM1_PAUSE);
  for (guint count = 0; count < 5; count++) {
    rig->vmcb[MOS_VMCB_PAUSE_COUNT] = (guint8) count;
    g_assert_cmphex (again (rig), ==, count < 3 ? 0x77 : 0x81);
    g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_RIP), ==,
                     RIG_GUEST + 2 * MIN (count, 3));
  }
}

/* Three PAUSEs, fifty instructions apart. */
static void
pause_threshold (SvmRig *rig)
{
  static const guint8 code[] = { 0xf3, 0x90, 0xb9, 50, 0, 0, 0, 0xe2, 0xfe,
                                 0xf3, 0x90, 0xb9, 50, 0, 0, 0, 0xe2, 0xfe,
                                 0xf3, 0x90, 0xb9, 50, 0, 0, 0, 0xe2, 0xfe };

  svm_rig_code (rig, code, sizeof code);
  svm_rig_or (rig, MOS_VMCB_MISC1, MOS_SVM1_PAUSE);
  rig->vmcb[MOS_VMCB_PAUSE_COUNT] = 1;
  rig->vmcb[MOS_VMCB_PAUSE_THRESHOLD] = 20; /* each begins anew */
  g_assert_cmphex (again (rig), ==, 0x81);
  rig->vmcb[MOS_VMCB_PAUSE_THRESHOLD] = 200; /* the second is one too many */
  g_assert_cmphex (again (rig), ==, 0x77);
  g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_RIP), ==, RIG_GUEST + 9);
}

/* VMSAVE of a guest writes to its own memory. */
static void
virtual_vmsave (SvmRig *rig)
{
  static const guint8 code[] = { 0x0f, 0x01, 0xdb };

  svm_rig_code (rig, code, sizeof code);
  svm_rig_put (rig, MOS_VMCB_VIRT, MOS_VIRT_VMLOAD);
  svm_rig_put (rig, MOS_VMCB_RAX, 0x50000);
  *svm_rig_npte (rig, 0x50000) = 0x60000 | 7;
  rig->m.cpu->lstar = 0xabcdef;
  g_assert_cmphex (again (rig), ==, 0x81);
  g_assert_cmphex (mos_vmcb_get64 (rig->ram + 0x60000, MOS_VMCB_LSTAR), ==,
                   0xabcdef);
  g_assert_cmphex (mos_vmcb_get64 (rig->ram + 0x50000, MOS_VMCB_LSTAR), ==, 0);
}

static void
virtual_gif (SvmRig *rig)
{
  static const guint8 clgi[] = { 0x0f, 0x01, 0xdd };
  static const guint8 stgi[] = { 0x0f, 0x01, 0xdc };

  svm_rig_put (rig, MOS_VMCB_VINTR, MOS_VINTR_GIF_ENABLE | MOS_VINTR_GIF);
  svm_rig_code (rig, clgi, sizeof clgi);
  g_assert_cmphex (again (rig), ==, 0x81);
  g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_VINTR) & MOS_VINTR_GIF, ==, 0);
  svm_rig_code (rig, stgi, sizeof stgi);
  g_assert_cmphex (again (rig), ==, 0x81);
  g_assert_cmphex (svm_rig_get (rig, MOS_VMCB_VINTR) & MOS_VINTR_GIF, !=, 0);
}

static const struct {
  guint32 bit;
  void (*use) (SvmRig *rig);
} features[] = {
  { MOS_CPUID_8000000A_EDX_NP, nested_paging },
  { MOS_CPUID_8000000A_EDX_NRIPS, next_rip },
  { MOS_CPUID_8000000A_EDX_VMCBCLEAN, clean_bits },
  { MOS_CPUID_8000000A_EDX_FLUSHBYASID, flush_by_asid },
  { MOS_CPUID_8000000A_EDX_DECODEASSISTS, decode_assists },
  { MOS_CPUID_8000000A_EDX_PAUSEFILTER, pause_filter },
  { MOS_CPUID_8000000A_EDX_PAUSETHRESHOLD, pause_threshold },
  { MOS_CPUID_8000000A_EDX_VLS, virtual_vmsave },
  { MOS_CPUID_8000000A_EDX_VGIF, virtual_gif },
};

/* The host asks CPUID itself, so that nothing is missed. */
static void
test_features (void)
{
  static const guint8 ask[] = { 0xb8, 0x0a, 0, 0, 0x80, 0x0f, 0xa2, 0xf4 };
  SvmRig              rig;
  guint32             announced, used = 0;

  svm_rig_init (&rig, NULL);
  svm_rig_run_host (&rig, ask, sizeof ask);
  announced = (guint32) rig.m.cpu->gpr[MOS_RDX];
  svm_rig_clear (&rig);
  for (guint i = 0; i < G_N_ELEMENTS (features); i++) {
    svm_rig_init (&rig, NULL);
    features[i].use (&rig);
    svm_rig_clear (&rig);
    used |= features[i].bit;
  }
  g_assert_cmphex (announced, ==, used);
}

/* -- what leaves besides instructions -------------------------------------- */

/* 32-bit code without paging. */
static void
make_legacy (SvmRig *rig)
{
  guint16 code = 0xc9b;

  svm_rig_put (rig, MOS_VMCB_EFER, MOS_EFER_SVME);
  svm_rig_put (rig, MOS_VMCB_CR0, MOS_CR0_PE | MOS_CR0_NE | MOS_CR0_ET);
  memcpy (rig->vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_CS + 2, &code, 2);
}

/* A far jump to a task state segment. */
static void
test_task_switch (void)
{
  static const guint8 code[] = { 0xea, 0, 0, 0, 0, 0x18, 0 };
  SvmRig              rig;
  guint64            *gdt;

  svm_rig_init (&rig, NULL);
  gdt = (guint64 *) (gpointer) (rig.ram + RIG_GDT);
  gdt[3] = G_GUINT64_CONSTANT (0x0000890260000067);
  make_legacy (&rig);
  svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_TASK);
  svm_rig_code (&rig, code, sizeof code);
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_TASK_SWITCH);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==, 0x18);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==,
                   (guint64) 1 << 38);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==, RIG_GUEST);
  svm_rig_clear (&rig);
}

/* VMRUN of a guest without nested paging loads its page directory pointers. */
static void
test_pointers (void)
{
  SvmRig   rig;
  guint64 *pointers;

  svm_rig_init (&rig, NULL);
  make_legacy (&rig);
  pointers = (guint64 *) (gpointer) (rig.ram + 0x8000);
  pointers[0] = 0x3001;
  svm_rig_put (&rig, MOS_VMCB_NESTED, 0);
  svm_rig_put (&rig, MOS_VMCB_CR0,
               MOS_CR0_PE | MOS_CR0_NE | MOS_CR0_ET | MOS_CR0_PG);
  svm_rig_put (&rig, MOS_VMCB_CR3, 0x8000);
  g_assert_cmphex (again (&rig), ==, 0x81);
  pointers[2] = 0x3003; /* bit 1 is reserved */
  g_assert_cmphex (again (&rig), ==, MOS_SVM_INVALID);
  svm_rig_clear (&rig);
}

/* INIT leaves a guest and waits for STGI, or resets the processor. */
static void
test_init (void)
{
  static const guint8 host[] = { 0x0f, 0x01, 0xdd, 0x0f, 0x01, 0xd8, 0xf4 };

  for (guint intercepted = 0; intercepted < 2; intercepted++) {
    SvmRig      rig;
    MosSoftCpu *cpu;

    svm_rig_init (&rig, NULL);
    cpu = rig.m.cpu;
    if (intercepted)
      svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_INIT);
    memcpy (rig.ram + RIG_HOST, host, sizeof host);
    mos_cpu_execute (cpu, 1); /* CLGI */
    mos_cpu_notify (cpu, MOS_PENDING_INIT);
    cpu->gpr[MOS_RAX] = RIG_VMCB;
    while (!cpu->halted && !cpu->waiting && (cpu->cr0 & MOS_CR0_PE) != 0)
      mos_cpu_execute (cpu, 10);
    g_assert_false (cpu->guest.active);
    g_assert_cmpint (cpu->halted, ==, intercepted);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITCODE), ==,
                     intercepted ? MOS_SVM_INIT : 0);
    svm_rig_clear (&rig);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/svm/features", test_features);
  g_test_add_func ("/svm/task-switch", test_task_switch);
  g_test_add_func ("/svm/check/pointers", test_pointers);
  g_test_add_func ("/svm/init", test_init);
  return g_test_run ();
}
