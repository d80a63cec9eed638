/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: intercepts that are not an instruction each (those are test-svm.c's).
 *
 * Every control and debug register with its own bit and with all the others,
 * every exception by code that raises it, external interrupts, and the bits of
 * what CPUID does not announce, which do nothing. A row of the table of exits
 * that is tried nowhere fails the test (AMD64 APM volume 2, "MOV to and from
 * CRx", "Exception Intercepts", "Interrupt Intercepts"; appendix C, "SVM
 * Intercept Exit Codes").
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/lapic.h"
#include "tests/cpu/svm-rig.h"

#define VMMCALL 0x81
#define REX_R   0x44

/* -- control and debug registers ------------------------------------------- */

typedef struct {
  const char *name;
  guint       word;
  guint64     first;  /* code of reading register 0; writing is 16 behind */
  guint8      opcode; /* of reading; writing is 2 behind */
  guint32     there;  /* which registers there are */
  guint64     moved;  /* what EXITINFO1 says besides the GPR's number */
} Registers;

static const Registers registers[] = {
  { "cr", MOS_VMCB_CR, MOS_SVM_CR_READ, 0x20, 0x11d, (guint64) 1 << 63 },
  { "dr", MOS_VMCB_DR, MOS_SVM_DR_READ, 0x21, 0x0cf, 0 },
};

/* mov rbx, register; mov register, rbx */
static guint
move_twice (SvmRig *rig, const Registers *kind, guint n)
{
  guint8 code[8];
  guint  size = 0;

  for (guint i = 0; i < 2; i++) {
    if (n >= 8)
      code[size++] = REX_R;
    code[size++] = 0x0f;
    code[size++] = (guint8) (kind->opcode + 2 * i);
    code[size++] = (guint8) (0xc0 | (n & 7) << 3 | MOS_RBX);
  }
  svm_rig_code (rig, code, size);
  return size / 2;
}

static guint64
try_register (const Registers *kind, guint n, guint32 bits)
{
  SvmRig  rig;
  guint   size;
  guint64 code, rip;

  svm_rig_init (&rig, NULL);
  svm_rig_put (&rig, MOS_VMCB_CR4, MOS_CR4_PAE | MOS_CR4_OSFXSR | MOS_CR4_DE);
  size = move_twice (&rig, kind, n);
  svm_rig_or (&rig, kind->word, bits);
  svm_rig_or (&rig, MOS_VMCB_EXCEPTIONS, 1u << MOS_EXC_UD);
  code = svm_rig_run (&rig);
  rip = svm_rig_get (&rig, MOS_VMCB_RIP) - RIG_GUEST;
  if (code == kind->first + n) {
    g_assert_cmphex (rip, ==, 0);
  } else if (code == kind->first + 16 + n) {
    g_assert_cmphex (rip, ==, size);
  } else {
    svm_rig_clear (&rig);
    return code;
  }
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==,
                   kind->moved | MOS_RBX);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_NRIP), ==,
                   RIG_GUEST + rip + size);
  svm_rig_clear (&rig);
  return code;
}

static void
test_registers (gconstpointer data)
{
  const Registers *kind = data;

  for (guint n = 0; n < 16; n++) {
    guint32 read = 1u << n, write = 1u << (16 + n);

    if ((kind->there & read) == 0) {
      g_assert_cmphex (try_register (kind, n, G_MAXUINT32), ==,
                       MOS_SVM_EXCEPTION + MOS_EXC_UD);
      continue;
    }
    g_assert_cmphex (try_register (kind, n, ~(read | write)), ==, VMMCALL);
    g_assert_cmphex (try_register (kind, n, read), ==, kind->first + n);
    g_assert_cmphex (try_register (kind, n, write), ==, kind->first + 16 + n);
  }
}

/* -- exceptions ------------------------------------------------------------ */

#define LINEAR   G_GUINT64_CONSTANT (0x700000000000) /* nothing is there */
#define SELECTOR 0x18

typedef struct {
  const char *name;
  guint       vector;
  guint8      code[24];
  guint       size;
  guint       at; /* where it is raised */
  guint32     error;
  guint64     address;
  void (*prepare) (SvmRig *rig); /* or NULL */
} Exception;

static void
set_trap (SvmRig *rig)
{
  svm_rig_put (rig, MOS_VMCB_RFLAGS, 2 | MOS_RFLAGS_TF);
}

static void
set_legacy (SvmRig *rig)
{
  guint16 code = 0xc9b;

  svm_rig_put (rig, MOS_VMCB_EFER, MOS_EFER_SVME);
  svm_rig_put (rig, MOS_VMCB_CR0, MOS_CR0_PE | MOS_CR0_NE | MOS_CR0_ET);
  svm_rig_put (rig, MOS_VMCB_RFLAGS, 2 | MOS_RFLAGS_OF);
  svm_rig_put (rig, MOS_VMCB_RAX, 5); /* outside of 0 to 0 */
  memcpy (rig->vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_CS + 2, &code, 2);
}

static void
set_task (SvmRig *rig)
{
  guint64 *gdt = (guint64 *) (gpointer) (rig->ram + RIG_GDT);

  set_legacy (rig);
  gdt[SELECTOR / 8] = G_GUINT64_CONSTANT (0x0000890260000010); /* too short */
}

static void
set_switched (SvmRig *rig)
{
  svm_rig_put (rig, MOS_VMCB_CR0, svm_rig_get (rig, MOS_VMCB_CR0) | MOS_CR0_TS);
}

static void
set_no_gate (SvmRig *rig)
{
  rig->ram[RIG_IDT + 16 * MOS_EXC_GP + 5] = 0;
}

static void
set_not_present (SvmRig *rig)
{
  guint64 *gdt = (guint64 *) (gpointer) (rig->ram + RIG_GDT);

  gdt[SELECTOR / 8] = G_GUINT64_CONSTANT (0x00cf13000000ffff);
}

static void
set_control_word (SvmRig *rig)
{
  rig->ram[RIG_DATA] = 0x40; /* all x87 exceptions are unmasked */
  rig->ram[RIG_DATA + 1] = 0x03;
}

static void
set_user (SvmRig *rig)
{
  guint16 ss = 0xcf3, cs = 0xafb;

  memcpy (rig->vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_SS + 2, &ss, 2);
  memcpy (rig->vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_CS + 2, &cs, 2);
  rig->vmcb[MOS_VMCB_CPL] = 3;
  svm_rig_put (rig, MOS_VMCB_CR0, svm_rig_get (rig, MOS_VMCB_CR0) | MOS_CR0_AM);
  svm_rig_put (rig, MOS_VMCB_RFLAGS, 2 | MOS_RFLAGS_AC);
}

static void
set_sse (SvmRig *rig)
{
  svm_rig_put (rig, MOS_VMCB_CR4,
               MOS_CR4_PAE | MOS_CR4_OSFXSR | MOS_CR4_OSXMMEXCPT);
  memset (rig->ram + RIG_DATA, 0, 4); /* all of MXCSR's are unmasked */
}

/* clang-format off */
static const Exception exceptions[] = {
  /* xor ecx, ecx; div ecx */
  { "de", MOS_EXC_DE, { 0x31, 0xc9, 0xf7, 0xf1 }, 4, 2 },
  { "db", MOS_EXC_DB, { 0x90, 0x90 }, 2, 1, .prepare = set_trap },
  { "bp", MOS_EXC_BP, { 0xcc }, 1, 0 },
  { "of", MOS_EXC_OF, { 0xce }, 1, 0, .prepare = set_legacy },
  /* bound eax, [RIG_DATA] */
  { "br", MOS_EXC_BR, { 0x62, 0x05, 0, 0, 0x40, 0 }, 6, 0,
    .prepare = set_legacy },
  { "ud", MOS_EXC_UD, { 0x0f, 0x0b }, 2, 0 },
  /* fld1 */
  { "nm", MOS_EXC_NM, { 0xd9, 0xe8 }, 2, 0, .prepare = set_switched },
  /* mov eax, 0xffff; mov ds, eax */
  { "df", MOS_EXC_DF, { 0xb8, 0xff, 0xff, 0, 0, 0x8e, 0xd8 }, 7, 5,
    .prepare = set_no_gate },
  /* jmp SELECTOR:0 */
  { "ts", MOS_EXC_TS, { 0xea, 0, 0, 0, 0, SELECTOR, 0 }, 7, 0, SELECTOR,
    .prepare = set_task },
  /* mov eax, SELECTOR; mov ds, eax; or ss */
  { "np", MOS_EXC_NP, { 0xb8, SELECTOR, 0, 0, 0, 0x8e, 0xd8 }, 7, 5, SELECTOR,
    .prepare = set_not_present },
  { "ss", MOS_EXC_SS, { 0xb8, SELECTOR, 0, 0, 0, 0x8e, 0xd0 }, 7, 5, SELECTOR,
    .prepare = set_not_present },
  { "gp", MOS_EXC_GP, { 0xb8, 0xff, 0xff, 0, 0, 0x8e, 0xd8 }, 7, 5, 0xfffc },
  /* mov al, [LINEAR] */
  { "pf", MOS_EXC_PF, { 0xa0, 0, 0, 0, 0, 0, 0x70, 0, 0 }, 9, 0, 0, LINEAR },
  /* fninit; fldcw [RIG_DATA]; fld1; fldz; fdivp; fwait */
  { "mf", MOS_EXC_MF,
    { 0xdb, 0xe3, 0xd9, 0x2c, 0x25, 0, 0, 0x40, 0, 0xd9, 0xe8, 0xd9, 0xee,
      0xde, 0xf9, 0x9b }, 16, 15, .prepare = set_control_word },
  /* mov eax, [RIG_DATA + 1] */
  { "ac", MOS_EXC_AC, { 0x8b, 0x04, 0x25, 1, 0, 0x40, 0 }, 7, 0,
    .prepare = set_user },
  /* ldmxcsr [RIG_DATA]; xorps xmm0, xmm0; divss xmm0, xmm0 */
  { "xf", MOS_EXC_XM,
    { 0x0f, 0xae, 0x14, 0x25, 0, 0, 0x40, 0, 0x0f, 0x57, 0xc0, 0xf3, 0x0f,
      0x5e, 0xc0 }, 15, 11, .prepare = set_sse },
};
/* clang-format on */

static void
test_exception (gconstpointer data)
{
  const Exception *e = data;

  for (guint with = 0; with < 2; with++) {
    SvmRig  rig;
    guint64 code;

    svm_rig_init (&rig, NULL);
    svm_rig_code (&rig, e->code, e->size);
    if (e->prepare != NULL)
      e->prepare (&rig);
    if (with)
      svm_rig_or (&rig, MOS_VMCB_EXCEPTIONS, 1u << e->vector);
    code = svm_rig_run (&rig);
    if (!with) {
      g_assert_cmphex (code, !=, MOS_SVM_EXCEPTION + e->vector);
    } else {
      g_assert_cmphex (code, ==, MOS_SVM_EXCEPTION + e->vector);
      g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==, RIG_GUEST + e->at);
      g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO1), ==, e->error);
      g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_EXITINFO2), ==, e->address);
    }
    svm_rig_clear (&rig);
  }
}

/* -- interrupts of the machine --------------------------------------------- */

/* sti; nop; nop: with V_INTR_MASKING the host's IF counts, which is clear. */
static void
test_interrupt (void)
{
  static const guint8 code[] = { 0xfb, 0x90, 0x90 };
  SvmRig              rig;
  guint64             rip;

  for (guint with = 0; with < 2; with++) {
    svm_rig_init (&rig, NULL);
    svm_rig_code (&rig, code, sizeof code);
    mos_lapic_write (rig.m.cpu, 0xf0, 0x1ff);
    mos_lapic_send_msi (rig.m.cpu->cpus, 0xfee00000, 0x4061);
    if (with)
      svm_rig_or (&rig, MOS_VMCB_MISC1, MOS_SVM1_INTR);
    svm_rig_put (&rig, MOS_VMCB_VINTR, MOS_VINTR_MASKING);
    g_assert_cmphex (svm_rig_run (&rig), ==, VMMCALL);
    g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==, RIG_GUEST + 3);
    svm_rig_put (&rig, MOS_VMCB_VINTR, 0);
    svm_rig_put (&rig, MOS_VMCB_RFLAGS, 2);
    svm_rig_put (&rig, MOS_VMCB_RIP, RIG_GUEST);
    g_assert_cmphex (svm_rig_run (&rig), ==, with ? MOS_SVM_INTR : VMMCALL);
    /* Behind STI's shadow, or in the guest's handler; if intercepted, the
     * interrupt is still there. */
    rip = svm_rig_get (&rig, MOS_VMCB_RIP);
    if (with)
      g_assert_true (rip == RIG_GUEST + 2 || rip == RIG_GUEST + 3);
    else
      g_assert_cmphex (rip, ==, RIG_HANDLER + 4 * 0x61);
    g_assert_cmpint (mos_lapic_has_interrupt (rig.m.cpu), ==, with);
    svm_rig_clear (&rig);
  }
}

/* -- what is not announced ------------------------------------------------- */

/* Their bits do nothing: SMIs, FERR#, instructions that do not exist, and
 * traps behind writes of EFER and control registers. */
static const guint32 never[] = { 0x62, 0x7e, 0x8c,  0x8e,  0x8f,
                                 0x90, 0xa0, 0xa1,  0xa3,  0xa4,
                                 0xa5, 0xa6, 0x401, 0x402, 0x403 };

static void
test_never (void)
{
  /* mov rbx, cr0; mov cr0, rbx; mov rbx, cr4; mov cr4, rbx;
   * mov ecx, EFER; rdmsr; wrmsr */
  static const guint8 code[] = { 0x0f, 0x20, 0xc3, 0x0f, 0x22, 0xc3, 0x0f,
                                 0x20, 0xe3, 0x0f, 0x22, 0xe3, 0xb9, 0x80,
                                 0,    0,    0xc0, 0x0f, 0x32, 0x0f, 0x30 };
  SvmRig              rig;

  svm_rig_init (&rig, NULL);
  svm_rig_code (&rig, code, sizeof code);
  for (guint i = 0; i < G_N_ELEMENTS (never); i++) {
    const MosVmcbExit *row = mos_vmcb_exit_find (never[i]);

    for (guint n = 0; row->word >= 0 && n < row->count; n++)
      svm_rig_or (&rig, (guint) row->word, 1u << (row->bit + n));
  }
  g_assert_cmphex (svm_rig_run (&rig), ==, VMMCALL);
  g_assert_cmphex (svm_rig_get (&rig, MOS_VMCB_RIP), ==,
                   RIG_GUEST + sizeof code);
  svm_rig_clear (&rig);
}

/* Tried above, or with what they belong to: NMI, VINTR and SHUTDOWN in
 * test-svm-events.c, INIT and TASK_SWITCH in test-svm-features.c, the others
 * in test-svm.c. */
static const guint32 tried[] = {
  0x00,         0x10,        0x20,         0x30,          0x40,
  MOS_SVM_INTR, MOS_SVM_NMI, MOS_SVM_INIT, MOS_SVM_VINTR, 0x65,
  MOS_SVM_IOIO, MOS_SVM_MSR, 0x7d,         MOS_SVM_NPF,   MOS_SVM_SHUTDOWN,
  G_MAXUINT32,
};

static gboolean
lists (const guint32 *codes, guint n, guint32 code)
{
  for (guint i = 0; i < n; i++)
    if (codes[i] == code)
      return TRUE;
  return FALSE;
}

/* Every row is an instruction's, which test-svm.c holds, or in one list. */
static void
test_every (void)
{
  for (const MosVmcbExit *e = mos_vmcb_exits; e->name != NULL; e++) {
    guint found = e->intercept != MOS_INTERCEPT_NONE;

    found += lists (tried, G_N_ELEMENTS (tried), e->first);
    found += lists (never, G_N_ELEMENTS (never), e->first);
    if (found != 1)
      g_error ("%s is in %u lists", e->name, found);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (registers); i++) {
    g_autofree char *path =
        g_strconcat ("/svm/intercept/", registers[i].name, NULL);

    g_test_add_data_func (path, &registers[i], test_registers);
  }
  for (guint i = 0; i < G_N_ELEMENTS (exceptions); i++) {
    g_autofree char *path =
        g_strconcat ("/svm/intercept/exception/", exceptions[i].name, NULL);

    g_test_add_data_func (path, &exceptions[i], test_exception);
  }
  g_test_add_func ("/svm/intercept/interrupt", test_interrupt);
  g_test_add_func ("/svm/intercept/never", test_never);
  g_test_add_func ("/svm/intercept/every-row", test_every);
  return g_test_run ();
}
