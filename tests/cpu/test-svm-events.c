/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: events into and out of guests, nested paging, address spaces.
 *
 * AMD64 APM volume 2, "Event Injection", "Interrupt and Local APIC Support",
 * "Global Interrupt Flag", "Nested Paging", "TLB Control".
 */
#include "engine/cpu/nested.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/run.h"
#include "tests/cpu/svm-rig.h"

#define VALID 0x80000000u

static const guint8 vmrun[] = { 0x0f, 0x01, 0xd8, 0xf4 };

/* Where the guest was when it left by its VMMCALL. */
static guint64
left_at (SvmRig *rig)
{
  return svm_rig_get (rig, MOS_VMCB_RIP);
}

static guint64
pushed (SvmRig *rig, guint slot)
{
  guint64 rsp = svm_rig_get (rig, MOS_VMCB_RSP), value;

  memcpy (&value, rig->ram + rsp + 8 * slot, 8);
  return value;
}

static void
test_inject_interrupt (void)
{
  SvmRig rig;

  svm_rig_init (&rig, NULL);
  svm_rig_put (&rig, MOS_VMCB_EVENTINJ, VALID | 0x51); /* though IF is clear */
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (left_at (&rig), ==, RIG_HANDLER + 4 * 0x51);
  g_assert_cmphex (pushed (&rig, 0), ==, RIG_GUEST);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EVENTINJ) & VALID, ==, 0);
  svm_rig_clear (&rig);
}

static void
test_inject_exception (void)
{
  SvmRig rig;

  svm_rig_init (&rig, NULL);
  /* The intercept does not see it: it was injected. */
  svm_rig_or (&rig, MOS_VMCB_EXCEPTIONS, 1u << MOS_EXC_PF);
  svm_rig_put (&rig, MOS_VMCB_EVENTINJ,
               (guint64) 0x1234 << 32 | VALID | 0xb00 | MOS_EXC_PF);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (left_at (&rig), ==, RIG_HANDLER + 4 * MOS_EXC_PF);
  g_assert_cmphex (pushed (&rig, 0), ==, 0x1234);
  g_assert_cmphex (pushed (&rig, 1), ==, RIG_GUEST);
  svm_rig_clear (&rig);
}

static void
test_inject_software (void)
{
  SvmRig rig;

  svm_rig_init (&rig, NULL);
  svm_rig_put (&rig, MOS_VMCB_EVENTINJ, VALID | 0x400 | 0x80);
  svm_rig_put (&rig, MOS_VMCB_NRIP, RIG_GUEST + 2);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (left_at (&rig), ==, RIG_HANDLER + 4 * 0x80);
  g_assert_cmphex (pushed (&rig, 0), ==, RIG_GUEST + 2);
  svm_rig_clear (&rig);
}

/* Delivery that fails says what was being delivered. */
static void
test_interrupted_event (void)
{
  SvmRig rig;

  svm_rig_init (&rig, NULL);
  *svm_rig_npte (&rig, RIG_IDT) = 0;
  svm_rig_put (&rig, MOS_VMCB_EVENTINJ, VALID | 0x51);
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==,
                   RIG_IDT + 16 * 0x51);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINTINFO), ==, VALID | 0x51);
  g_assert_cmphex (left_at (&rig), ==, RIG_GUEST);
  /* The same by an exception of the guest's own, with an error code. */
  svm_rig_or (&rig, MOS_VMCB_EXCEPTIONS, 1u << MOS_EXC_DF);
  *svm_rig_npte (&rig, RIG_IDT) = RIG_IDT | 7;
  rig.ram[RIG_IDT + 16 * MOS_EXC_GP + 5] = 0; /* no gate: #GP twice */
  svm_rig_put (&rig, MOS_VMCB_EVENTINJ,
               (guint64) 8 << 32 | VALID | 0xb00 | MOS_EXC_GP);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x40 + MOS_EXC_DF);
  svm_rig_clear (&rig);
}

static void
test_shutdown (void)
{
  static const guint8 code[] = { 0x0f, 0x0b };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  memset (rig.vmcb + MOS_VMCB_IDTR + 4, 0, 4);
  svm_rig_code (&rig, code, sizeof code);
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_SHUTDOWN);
  g_assert_false (rig.m.cpu->shutdown);
  svm_rig_clear (&rig);
}

/* A guest that halts is idle, also behind an IRET, which asks for a look at
 * what guest mode may have had it wait for. Else its processor would turn
 * round for ever, and its blocks would not be linked before. */
static void
test_idle_guest (void)
{
  static const guint8 code[] = {
    0x48, 0x89, 0xe0,                         /* mov rax, rsp */
    0x8c, 0xd1, 0x51,                         /* mov ecx, ss; push rcx */
    0x50, 0x9c,                               /* push rax; pushfq */
    0x8c, 0xc9, 0x51,                         /* mov ecx, cs; push rcx */
    0x48, 0x8d, 0x05, 0x03, 0x00, 0x00, 0x00, /* lea rax, [halt] */
    0x50, 0x48, 0xcf,                         /* push rax; iretq */
    0xf4,                                     /* halt: hlt */
  };
  SvmRig      rig;
  MosSoftCpu *cpu;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, code, sizeof code);
  cpu = rig.m.cpu;
  memcpy (rig.ram + RIG_HOST, vmrun, sizeof vmrun);
  cpu->gpr[MOS_SLOT_RIP] = RIG_HOST;
  cpu->gpr[MOS_RAX] = RIG_VMCB;
  g_assert_cmpint (mos_cpu_execute (cpu, 0), ==, MOS_STOP_IDLE);
  g_assert_true (cpu->guest.active);
  g_assert_true (cpu->halted);
  g_assert_cmphex (cpu->gpr[MOS_SLOT_RIP], ==, RIG_GUEST + sizeof code);
  svm_rig_clear (&rig);
}

/* sti; nop; nop ...: the virtual interrupt comes when IF and V_TPR allow. */
static void
test_virtual_interrupt (void)
{
  static const guint8 code[] = { 0xfb, 0x90, 0x90 };
  SvmRig              rig;
  guint64 irq = MOS_VINTR_IRQ | MOS_VINTR_MASKING | (guint64) 0x61 << 32;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, code, sizeof code);
  svm_rig_put (&rig, MOS_VMCB_VINTR, irq | 5 << 16 | 5); /* priority 5, TPR 5 */
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (left_at (&rig), ==, RIG_GUEST + 3);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  svm_rig_put (&rig, MOS_VMCB_RFLAGS, 2);
  svm_rig_put (&rig, MOS_VMCB_VINTR, irq | 6 << 16 | 5);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (left_at (&rig), ==, RIG_HANDLER + 4 * 0x61);
  /* Behind the shadow, before the instruction that leaves. */
  g_assert_cmphex (pushed (&rig, 0), >=, RIG_GUEST + 2);
  g_assert_cmphex (pushed (&rig, 0), <=, RIG_GUEST + 3);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_VINTR) & MOS_VINTR_IRQ, ==, 0);
  /* Intercepted, it waits. */
  svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_VINTR);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  svm_rig_put (&rig, MOS_VMCB_RFLAGS, 2);
  svm_rig_put (&rig, MOS_VMCB_VINTR, irq | MOS_VINTR_IGN_TPR | 15);
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_VINTR);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_VINTR) & MOS_VINTR_IRQ, !=, 0);
  svm_rig_clear (&rig);
}

/* mov ecx, 9; mov cr8, rcx; mov rdx, cr8: the guest's, not the machine's. */
static void
test_own_tpr (void)
{
  static const guint8 code[] = { 0xb9, 0x09, 0,    0,    0,    0x44, 0x0f,
                                 0x22, 0xc1, 0x44, 0x0f, 0x20, 0xc2 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, code, sizeof code);
  svm_rig_put (&rig, MOS_VMCB_VINTR, MOS_VINTR_MASKING);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (rig.m.cpu->gpr[MOS_RDX], ==, 9);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_VINTR) & 0xff, ==, 9);
  g_assert_cmphex (mos_lapic_get_cr8 (rig.m.cpu), ==, 0);
  svm_rig_clear (&rig);
}

/* STGI and CLGI of a guest that has a flag of its own. */
static void
test_virtual_gif (void)
{
  static const guint8 code[] = { 0x0f, 0x01, 0xdd, 0xfb, 0x90,
                                 0x0f, 0x01, 0xdc, 0x90 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, code, sizeof code);
  svm_rig_put (&rig, MOS_VMCB_VINTR,
               MOS_VINTR_GIF_ENABLE | MOS_VINTR_GIF | MOS_VINTR_IRQ |
                   MOS_VINTR_IGN_TPR | (guint64) 0x62 << 32);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (left_at (&rig), ==, RIG_HANDLER + 4 * 0x62);
  g_assert_cmphex (pushed (&rig, 0), >=, RIG_GUEST + 8); /* behind STGI */
  svm_rig_clear (&rig);
}

/* NMI while GIF is clear waits for STGI; in a guest it leaves. */
static void
test_nmi (void)
{
  static const guint8 code[] = { 0x0f, 0x01, 0xdd, 0x0f, 0x01,
                                 0xd8, /* clgi;
      vmrun; stgi; hlt */
                                 0x0f, 0x01, 0xdc, 0x90, 0xf4 };
  SvmRig              rig;
  MosSoftCpu         *cpu;

  svm_rig_init (&rig, NULL);
  cpu = rig.m.cpu;
  cpu->idt = (MosTableRegister){ .base = RIG_IDT, .limit = 0xfff };
  cpu->gdt = (MosTableRegister){ .base = RIG_GDT, .limit = 0xfff };
  cpu->gpr[MOS_RSP] = RIG_STACK;
  rig.ram[RIG_HANDLER + 4 * MOS_EXC_NMI] = 0xf4;
  svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_NMI);
  /* It arrives before the host's first instruction that matters. */
  memcpy (rig.ram + RIG_HOST, code, sizeof code);
  g_assert_cmpint (mos_cpu_execute (cpu, 1), ==, MOS_STOP_LOOK);
  mos_lapic_send_nmi (cpu->cpus);
  cpu->gpr[MOS_RAX] = RIG_VMCB;
  while (mos_cpu_execute (cpu, 1000) == MOS_STOP_LOOK && !cpu->halted)
    ;
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITCODE), ==, MOS_SVM_NMI);
  g_assert_cmphex (left_at (&rig), ==, RIG_GUEST);
  g_assert_cmphex (cpu->gpr[MOS_SLOT_RIP], ==,
                   RIG_HANDLER + 4 * MOS_EXC_NMI + 1);
  svm_rig_clear (&rig);
}

/* mov al, [RIG_DATA] and its like against nested rights. */
static void
test_nested_faults (void)
{
  static const guint8 load[] = { 0x8a, 0x04, 0x25, 0, 0, 0x40, 0 };
  static const guint8 store[] = { 0x88, 0x04, 0x25, 0, 0, 0x40, 0 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, load, sizeof load);
  *svm_rig_npte (&rig, RIG_DATA) &= ~MOS_PTE_P;
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   MOS_NPF_FINAL | MOS_PF_U);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==, RIG_DATA);
  g_assert_cmpuint (rig.vmcb[MOS_VMCB_INSN_LENGTH], ==, 15);
  g_assert_cmpmem (rig.vmcb + MOS_VMCB_INSN_BYTES, sizeof load, load,
                   sizeof load);
  *svm_rig_npte (&rig, RIG_DATA) = RIG_DATA | 0x85; /* read only */
  rig.vmcb[MOS_VMCB_TLB_CONTROL] = MOS_TLB_FLUSH_ASID;
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  svm_rig_code (&rig, store, sizeof store);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   MOS_NPF_FINAL | MOS_PF_U | MOS_PF_W | MOS_PF_P);
  *svm_rig_npte (&rig, RIG_GUEST) |= MOS_PTE_XD;
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   MOS_NPF_FINAL | MOS_PF_U | MOS_PF_I | MOS_PF_P);
  /* Reserved bits, supervisor pages. */
  *svm_rig_npte (&rig, RIG_GUEST) = RIG_GUEST | 7 | (guint64) 1 << 48;
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   MOS_NPF_FINAL | MOS_PF_U | MOS_PF_I | MOS_PF_R | MOS_PF_P);
  *svm_rig_npte (&rig, RIG_GUEST) = RIG_GUEST | 3;
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  /* The guest's own tables are written, whatever the access. */
  *svm_rig_npte (&rig, RIG_GUEST) = RIG_GUEST | 7;
  *svm_rig_npte (&rig, 0x2000) &= ~MOS_PTE_RW;
  g_assert_cmphex (svm_rig_run (&rig), ==, MOS_SVM_NPF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   MOS_NPF_WALK | MOS_PF_U | MOS_PF_W | MOS_PF_P);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==, 0x2000);
  svm_rig_clear (&rig);
}

/* Accessed and dirty bits come up in nested entries. */
static void
test_nested_bits (void)
{
  static const guint8 store[] = { 0x88, 0x04, 0x25, 0, 0, 0x40, 0 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (*svm_rig_npte (&rig, RIG_GUEST) & 0x60, ==, MOS_PTE_A);
  g_assert_cmphex (*svm_rig_npte (&rig, RIG_DATA) & 0x60, ==, 0);
  svm_rig_code (&rig, store, sizeof store);
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (*svm_rig_npte (&rig, RIG_DATA) & 0x60, ==, 0x60);
  svm_rig_clear (&rig);
}

/* Two address spaces with other pages behind one address, and no flush. */
static void
test_asids (void)
{
  static const guint8 load[] = { 0x8a, 0x04, 0x25, 0, 0, 0x40, 0 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, load, sizeof load);
  rig.ram[RIG_DATA] = 1;
  rig.ram[RIG_DATA + 0x200000] = 2;
  for (guint i = 0; i < 6; i++) {
    guint64 page = RIG_DATA + (i & 1) * 0x200000;

    *svm_rig_npte (&rig, RIG_DATA) = page | 0x87;
    rig.vmcb[MOS_VMCB_ASID] = (guint8) (1 + (i & 1));
    svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
    g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RAX) & 0xff, ==, 1 + (i & 1));
  }
  /* The host sees its own page at that address. */
  g_assert_cmphex (rig.m.cpu->cr3, ==, 0x1000);
  svm_rig_clear (&rig);
}

/* A changed nested entry is seen after each kind of flush. */
static void
test_flushes (void)
{
  static const guint8 load[] = { 0x8a, 0x04, 0x25, 0, 0, 0x40, 0 };
  static const guint8 invlpga[] = { 0x50, 0xb8, 0,    0,    0x40, 0,    0xb9,
                                    1,    0,    0,    0,    0x0f, 0x01, 0xdf,
                                    0x58, 0x0f, 0x01, 0xd8, 0xf4 };
  static const guint8 kinds[] = { MOS_TLB_FLUSH_ALL, MOS_TLB_FLUSH_ASID,
                                  MOS_TLB_FLUSH_ASID_LOCAL, MOS_TLB_KEEP };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, load, sizeof load);
  rig.m.cpu->gpr[MOS_RSP] = RIG_STACK;
  rig.ram[RIG_DATA] = 1;
  rig.ram[RIG_DATA + 0x200000] = 2;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (guint k = 0; k < 2; k++) {
      *svm_rig_npte (&rig, RIG_DATA) = (RIG_DATA + k * 0x200000) | 0x87;
      rig.vmcb[MOS_VMCB_TLB_CONTROL] = kinds[i];
      svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
      if (kinds[i] == MOS_TLB_KEEP)
        svm_rig_run_host (&rig, invlpga, sizeof invlpga);
      else
        svm_rig_run (&rig);
      g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITCODE), ==, 0x81);
      g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RAX) & 0xff, ==, 1 + k);
    }
  svm_rig_clear (&rig);
}

/* Without nested paging the VMCB's CR3 is the machine's. */
static void
test_shadow_paging (void)
{
  static const guint8 load[] = { 0x8a, 0x04, 0x25, 0, 0, 0x40, 0 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_put (&rig, MOS_VMCB_NESTED, 0);
  svm_rig_put (&rig, MOS_VMCB_NCR3, 0);
  svm_rig_code (&rig, load, sizeof load);
  rig.ram[RIG_DATA] = 0x77;
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x81);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RAX) & 0xff, ==, 0x77);
  svm_rig_or (&rig, MOS_VMCB_EXCEPTIONS, 1u << MOS_EXC_PF);
  rig.ram[0x3010] = 0; /* the guest's PDE of RIG_DATA, and the host's */
  rig.vmcb[MOS_VMCB_TLB_CONTROL] = MOS_TLB_FLUSH_ASID;
  svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
  svm_rig_put (&rig, MOS_VMCB_CR2, 0x1111);
  g_assert_cmphex (svm_rig_run (&rig), ==, 0x40 + MOS_EXC_PF);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==, RIG_DATA);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_CR2), ==, 0x1111);
  svm_rig_clear (&rig);
}

/* Saved in the middle of a guest, loaded into another machine, goes on. */
static void
test_saved (void)
{
  static const guint8 code[] = { 0xff, 0xc0, 0xff, 0xc0, 0xff, 0xc0 };
  SvmRig              a, b;
  MosCpuState         state = { 0 };
  g_autoptr (GBytes) bad = NULL;

  svm_rig_init (&a, NULL);
  svm_rig_init (&b, NULL);
  svm_rig_code (&a, code, sizeof code);
  memcpy (a.ram + RIG_HOST, vmrun, sizeof vmrun);
  a.m.cpu->gpr[MOS_RAX] = RIG_VMCB;
  a.m.cpu->dr7 |= 1; /* one instruction at a time */
  a.m.cpu->dr[0] = 0x5555;
  svm_rig_put (&a, MOS_VMCB_DR7, MOS_DR7_RESET | 1);
  mos_mode_update (a.m.cpu);
  while (a.m.cpu->gpr[MOS_SLOT_RIP] != RIG_GUEST + 2)
    mos_cpu_execute (a.m.cpu, 1);
  g_assert_true (a.m.cpu->guest.active);
  g_assert_true (
      mos_vcpu_get_state (mos_cpus_vcpu (a.m.cpus, 0), &state, NULL));
  g_assert_nonnull (state.nested);
  memcpy (b.ram, a.ram, RIG_RAM);
  g_assert_true (
      mos_vcpu_set_state (mos_cpus_vcpu (b.m.cpus, 0), &state, NULL));
  g_assert_true (b.m.cpu->guest.active);
  while (mos_cpu_execute (b.m.cpu, 100) == MOS_STOP_LOOK && !b.m.cpu->halted)
    ;
  g_assert_cmphex (svm_rig_get (&b, MOS_VMCB_EXITCODE), ==, 0x81);
  g_assert_cmphex (svm_rig_get (&b, MOS_VMCB_RAX), ==, 3);
  g_assert_cmphex (b.m.cpu->gpr[MOS_RAX], ==, RIG_VMCB);
  /* What nobody saved is refused. */
  bad = g_bytes_new_static ("x", 1);
  g_bytes_unref (state.nested);
  state.nested = g_bytes_ref (bad);
  g_assert_false (
      mos_vcpu_set_state (mos_cpus_vcpu (b.m.cpus, 0), &state, NULL));
  mos_cpu_state_clear (&state);
  svm_rig_clear (&a);
  svm_rig_clear (&b);
}

/* What the observer is told, and what level 0 handles itself. */
typedef struct {
  MosNestedObserver parent;
  guint64           counters[MOS_N_EXITS];
  MosNestedEntry    entry;
  MosNestedExit     exit;
  guint             entries, exits, forgotten;
} Watcher;

static guint64 *
watcher_entered (MosNestedObserver    *self,
                 MosVcpu              *vcpu,
                 const MosNestedEntry *entry)
{
  Watcher *w = (Watcher *) self;

  w->entry = *entry;
  w->entries++;
  return w->counters;
}

static void
watcher_left (MosNestedObserver *self, MosVcpu *vcpu, const MosNestedExit *exit)
{
  Watcher *w = (Watcher *) self;

  w->exit = *exit;
  w->exits++;
}

static void
watcher_forgot (MosNestedObserver *self, MosVcpu *vcpu)
{
  ((Watcher *) self)->forgotten++;
}

static void
test_observer (void)
{
  static const guint8 code[] = { 0x0f, 0xa2, 0x0f, 0xa2 };
  Watcher             w = { .parent = { .entered = watcher_entered,
                                        .left = watcher_left,
                                        .forgot = watcher_forgot } };
  SvmRig              rig;

  svm_rig_init (&rig, &w.parent);
  svm_rig_code (&rig, code, sizeof code);
  svm_rig_run (&rig);
  g_assert_cmpuint (w.entries, ==, 1);
  g_assert_cmpuint (w.exits, ==, 1);
  g_assert_cmphex (w.entry.block, ==, RIG_VMCB);
  g_assert_cmphex (w.entry.root, ==, RIG_NPT);
  g_assert_cmphex (w.entry.rip, ==, RIG_GUEST);
  g_assert_true (w.entry.nested_paging);
  g_assert_cmpuint (w.counters[MOS_EXIT_CPUID], ==, 2);
  g_assert_cmpint (w.exit.reason, ==, MOS_EXIT_HYPERCALL);
  g_assert_cmphex (w.exit.code, ==, 0x81);
  svm_rig_put (&rig, MOS_VMCB_ASID, 0);
  svm_rig_run (&rig);
  g_assert_cmpuint (w.entries, ==, 2);
  g_assert_true (w.exit.failed);
  g_assert_cmpuint (w.forgotten, ==, 0);
  svm_rig_clear (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/svm/idle-guest", test_idle_guest);
  g_test_add_func ("/svm/inject/interrupt", test_inject_interrupt);
  g_test_add_func ("/svm/inject/exception", test_inject_exception);
  g_test_add_func ("/svm/inject/software", test_inject_software);
  g_test_add_func ("/svm/interrupted-event", test_interrupted_event);
  g_test_add_func ("/svm/shutdown", test_shutdown);
  g_test_add_func ("/svm/virtual/interrupt", test_virtual_interrupt);
  g_test_add_func ("/svm/virtual/tpr", test_own_tpr);
  g_test_add_func ("/svm/virtual/gif", test_virtual_gif);
  g_test_add_func ("/svm/nmi", test_nmi);
  g_test_add_func ("/svm/nested/faults", test_nested_faults);
  g_test_add_func ("/svm/nested/bits", test_nested_bits);
  g_test_add_func ("/svm/nested/asids", test_asids);
  g_test_add_func ("/svm/nested/flushes", test_flushes);
  g_test_add_func ("/svm/shadow-paging", test_shadow_paging);
  g_test_add_func ("/svm/saved", test_saved);
  g_test_add_func ("/svm/observer", test_observer);
  return g_test_run ();
}
