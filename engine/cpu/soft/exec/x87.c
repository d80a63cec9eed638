/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * x87 arithmetic, comparison and functions.
 *
 * One row an operation: the host instruction that does it stands in host_op().
 * It runs with the guest's control word; an unmasked exception leaves the
 * result as the architecture says (unchanged, or with its exponent wrapped),
 * and FNCLEX keeps the host from raising it.
 */
#include "engine/cpu/soft/exec/x87.h"

#include "engine/cpu/soft/exec/families.h"

/* -- on the host --------------------------------------------------------- */

typedef enum {
  X_ADD,
  X_MUL,
  X_SUB,
  X_SUBR,
  X_DIV,
  X_DIVR,
  X_PATAN,
  X_YL2X,
  X_YL2XP1,
  X_PREM,
  X_PREM1,
  X_SCALE,
  X_SQRT,
  X_SIN,
  X_COS,
  X_RNDINT,
  X_2XM1,
  X_TAN,
  X_SINCOS,
  X_XTRACT
} HostOp;

/*
 * Each helper loads ST(1) = @b and ST(0) = @a, runs one instruction under
 * control word @fcw, and stores what is then on top; two values if it pushes.
 * The host's x87 stack is empty before and after.
 */
#define HOST_LEAVE_ONE \
  "fnstsw %[sw]\n\tfnclex\n\tfstpt %[r]\n\tfstp %%st(0)\n\tfldcw %[host]"
#define HOST_LEAVE_POPPED \
  "fnstsw %[sw]\n\tfnclex\n\tfstpt %[r]\n\tfldcw %[host]"
#define HOST_ENTER "fnclex\n\tfldcw %[cw]\n\tfldt %[b]\n\tfldt %[a]\n\t"
#define HOST_OPERANDS                  \
  : [r] "=m"(*result), [sw] "=&a"(fsw)                                         \
  : [a] "m"(*a), [b] "m"(*b), [cw] "m"(fcw), [host] "m"(host_fcw)

static const guint16 host_fcw = MOS_FCW_INIT;

static guint16
host_binary (HostOp            which,
             guint16           fcw,
             const MosFloat80 *a,
             const MosFloat80 *b,
             MosFloat80       *result)
{
  guint16 fsw = 0;

  switch (which) {
  case X_ADD:
    __asm__ volatile(HOST_ENTER
                     "fadd %%st(1), %%st\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_MUL:
    __asm__ volatile(HOST_ENTER
                     "fmul %%st(1), %%st\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_SUB:
    __asm__ volatile(HOST_ENTER
                     "fsub %%st(1), %%st\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_SUBR:
    __asm__ volatile(HOST_ENTER
                     "fsubr %%st(1), %%st\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_DIV:
    __asm__ volatile(HOST_ENTER
                     "fdiv %%st(1), %%st\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_DIVR:
    __asm__ volatile(HOST_ENTER
                     "fdivr %%st(1), %%st\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_PREM:
    __asm__ volatile(HOST_ENTER "fprem\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_PREM1:
    __asm__ volatile(HOST_ENTER "fprem1\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  default:
    __asm__ volatile(HOST_ENTER "fscale\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  }
  return fsw;
}

/* ST(1) op ST(0), popped: the result replaces both. An unmasked exception
 * leaves two values on the host's stack, so the stack is emptied anyway. */
static guint16
host_popping (HostOp            which,
              guint16           fcw,
              const MosFloat80 *a,
              const MosFloat80 *b,
              MosFloat80       *result)
{
  guint16 fsw = 0;

  switch (which) {
  case X_PATAN:
    __asm__ volatile(HOST_ENTER "fpatan\n\t" HOST_LEAVE_POPPED
                                "\n\tfninit" HOST_OPERANDS);
    break;
  case X_YL2X:
    __asm__ volatile(HOST_ENTER "fyl2x\n\t" HOST_LEAVE_POPPED
                                "\n\tfninit" HOST_OPERANDS);
    break;
  default:
    __asm__ volatile(HOST_ENTER "fyl2xp1\n\t" HOST_LEAVE_POPPED
                                "\n\tfninit" HOST_OPERANDS);
    break;
  }
  return fsw;
}

/* One operand in ST(0); @second gets a pushed value, which is then on top. */
static guint16
host_unary (HostOp which, guint16 fcw, const MosFloat80 *a, MosFloat80 *result)
{
  const MosFloat80 *b = a;
  guint16           fsw = 0;

  switch (which) {
  case X_SQRT:
    __asm__ volatile(HOST_ENTER "fsqrt\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_SIN:
    __asm__ volatile(HOST_ENTER "fsin\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_COS:
    __asm__ volatile(HOST_ENTER "fcos\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  case X_RNDINT:
    __asm__ volatile(HOST_ENTER "frndint\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  default:
    __asm__ volatile(HOST_ENTER "f2xm1\n\t" HOST_LEAVE_ONE HOST_OPERANDS);
    break;
  }
  return fsw;
}

static guint16
host_pushing (HostOp            which,
              guint16           fcw,
              const MosFloat80 *a,
              MosFloat80       *result,
              MosFloat80       *second)
{
  guint16 fsw = 0;

#define HOST_PUSHING(name)                                                 \
  __asm__ volatile("fnclex\n\tfldcw %[cw]\n\tfldt %[a]\n\t" name           \
                   "\n\tfnstsw %[sw]\n\tfnclex\n\tfstpt %[s]\n\t"          \
                   "fstpt %[r]\n\tfninit"                                  \
                   : [r] "=m"(*result), [s] "=m"(*second), [sw] "=&a"(fsw) \
                   : [a] "m"(*a), [cw] "m"(fcw))
  switch (which) {
  case X_TAN:
    HOST_PUSHING ("fptan");
    break;
  case X_SINCOS:
    HOST_PUSHING ("fsincos");
    break;
  default:
    HOST_PUSHING ("fxtract");
    break;
  }
#undef HOST_PUSHING
  return fsw;
}

/* -- arithmetic ---------------------------------------------------------- */

#define QUIET (G_GUINT64_CONSTANT (1) << 62)

enum {
  POP = 1u << 8,    /* aux: pop afterwards */
  INTEGER = 1u << 9 /* aux: the memory operand is a signed integer */
};

/* Stores @value to ST(@i) unless an exception forbids it, then pops. */
static void
finish (MosSoftCpu   *cpu,
        const MosUop *op,
        guint         i,
        guint16       fsw,
        MosFloat80    value)
{
  if (!mos_x87_raise (cpu, fsw, MOS_X87_BEFORE))
    return;
  mos_x87_set (cpu, i, value);
  if ((op->aux & POP) != 0)
    mos_x87_pop (cpu);
}

static gboolean
is_nan (const MosFloat80 *a)
{
  return (a->exponent & 0x7fff) == 0x7fff && a->mantissa << 1 != 0;
}

/*
 * What an operation with a memory operand raises: @load by converting that,
 * @fsw by what follows, with @a in ST(0). A denormal operand comes last of
 * what may stop an instruction (Intel SDM volume 1, "Floating-Point Exception
 * Priority"), and nothing follows what is not masked.
 */
static guint16
with_load (const MosSoftCpu *cpu,
           guint16           fsw,
           guint16           load,
           const MosFloat80 *a)
{
  if ((load & MOS_FSW_DE) != 0 &&
      (is_nan (a) || (fsw & (MOS_FSW_IE | MOS_FSW_ZE)) != 0))
    return fsw;
  if ((load & ~cpu->fpu.fcw & MOS_X87_BEFORE) != 0)
    return load;
  return fsw | load;
}

/* ST(dst) = ST(dst) op @b, or the reverse; @empty: an operand is missing;
 * @load: see with_load(). */
static void
arithmetic (MosSoftCpu   *cpu,
            const MosUop *op,
            guint         dst,
            gboolean      empty,
            MosFloat80    b,
            guint16       load)
{
  MosFloat80 a = mos_x87_get (cpu, dst);
  MosFloat80 result = a;
  guint16    fsw;

  if (empty) {
    if (mos_x87_underflow (cpu)) {
      mos_x87_set (cpu, dst, MOS_X87_INDEFINITE);
      if ((op->aux & POP) != 0)
        mos_x87_pop (cpu);
    }
    return;
  }
  /* @b is quiet by now. Of a quiet and a signaling NaN the quiet one is the
   * result, of two alike the larger (Intel SDM volume 1, table 4-7). */
  if ((load & MOS_FSW_IE) != 0 && is_nan (&a)) {
    if ((a.mantissa & QUIET) != 0)
      b = a;
    a.mantissa |= QUIET;
  }
  fsw = host_binary ((HostOp) (op->aux & 0xff), cpu->fpu.fcw, &a, &b, &result);
  finish (cpu, op, dst, with_load (cpu, fsw, load, &a), result);
}

static const MosUop *
arithmetic_rr (MosSoftCpu *cpu, const MosUop *op)
{
  mos_x87_begin (cpu, op, 0);
  arithmetic (cpu, op, op->dst,
              mos_fpu_is_empty (&cpu->fpu, op->dst) ||
                  mos_fpu_is_empty (&cpu->fpu, op->src),
              mos_x87_get (cpu, op->src), 0);
  return op + 1;
}

static const MosUop *
arithmetic_rm (MosSoftCpu *cpu, const MosUop *op)
{
  guint64    lin = mos_ea (cpu, op, op->width, FALSE);
  guint16    load;
  MosFloat80 b = mos_x87_load (cpu, op, lin, (op->aux & INTEGER) != 0, &load);

  mos_x87_begin (cpu, op, lin);
  arithmetic (cpu, op, 0, mos_fpu_is_empty (&cpu->fpu, 0), b, load);
  return op + 1;
}

static const MosUop *
binary_fn (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 a, b, result;
  guint16    fsw;

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0) || mos_fpu_is_empty (&cpu->fpu, 1)) {
    if (mos_x87_underflow (cpu))
      mos_x87_set (cpu, 0, MOS_X87_INDEFINITE);
    return op + 1;
  }
  a = result = mos_x87_get (cpu, 0);
  b = mos_x87_get (cpu, 1);
  fsw = host_binary ((HostOp) op->aux, cpu->fpu.fcw, &a, &b, &result);
  if ((HostOp) op->aux != X_SCALE)
    cpu->fpu.fsw = (guint16) ((cpu->fpu.fsw & ~MOS_FSW_CONDITIONS) |
                              (fsw & MOS_FSW_CONDITIONS));
  finish (cpu, op, 0, fsw, result);
  if ((HostOp) op->aux != X_SCALE)
    cpu->fpu.fsw |= fsw & MOS_FSW_C1;
  return op + 1;
}

static const MosUop *
popping_fn (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 a, b, result;
  guint16    fsw;

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0) || mos_fpu_is_empty (&cpu->fpu, 1)) {
    if (mos_x87_underflow (cpu)) {
      mos_x87_set (cpu, 1, MOS_X87_INDEFINITE);
      mos_x87_pop (cpu);
    }
    return op + 1;
  }
  a = mos_x87_get (cpu, 0);
  b = mos_x87_get (cpu, 1);
  fsw = host_popping ((HostOp) op->aux, cpu->fpu.fcw, &a, &b, &result);
  if (mos_x87_raise (cpu, fsw, MOS_X87_BEFORE)) {
    mos_x87_set (cpu, 1, result);
    mos_x87_pop (cpu);
  }
  return op + 1;
}

static const MosUop *
unary_fn (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 a, result;
  guint16    fsw;

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0)) {
    if (mos_x87_underflow (cpu))
      mos_x87_set (cpu, 0, MOS_X87_INDEFINITE);
    return op + 1;
  }
  a = result = mos_x87_get (cpu, 0);
  fsw = host_unary ((HostOp) op->aux, cpu->fpu.fcw, &a, &result);
  if ((HostOp) op->aux == X_SIN || (HostOp) op->aux == X_COS)
    cpu->fpu.fsw =
        (guint16) ((cpu->fpu.fsw & ~MOS_FSW_C2) | (fsw & MOS_FSW_C2));
  finish (cpu, op, 0, fsw, result);
  return op + 1;
}

/* FPTAN, FSINCOS, FXTRACT replace ST(0) and push. */
static const MosUop *
pushing_fn (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 a, result, second;
  guint16    fsw;
  gboolean   out_of_range;

  mos_x87_begin (cpu, op, 0);
  if (mos_fpu_is_empty (&cpu->fpu, 0) || !mos_fpu_is_empty (&cpu->fpu, 7)) {
    gboolean masked = mos_fpu_is_empty (&cpu->fpu, 0) ? mos_x87_underflow (cpu)
                                                      : mos_x87_overflow (cpu);

    if (masked) {
      mos_x87_set (cpu, 0, MOS_X87_INDEFINITE);
      mos_x87_push (cpu, MOS_X87_INDEFINITE);
    }
    return op + 1;
  }
  a = mos_x87_get (cpu, 0);
  fsw = host_pushing ((HostOp) op->aux, cpu->fpu.fcw, &a, &result, &second);
  out_of_range = (HostOp) op->aux != X_XTRACT && (fsw & MOS_FSW_C2) != 0;
  if ((HostOp) op->aux != X_XTRACT)
    cpu->fpu.fsw =
        (guint16) ((cpu->fpu.fsw & ~MOS_FSW_C2) | (fsw & MOS_FSW_C2));
  if (mos_x87_raise (cpu, fsw, MOS_X87_BEFORE) && !out_of_range) {
    mos_x87_set (cpu, 0, result);
    mos_x87_push (cpu, second);
  }
  return op + 1;
}

/* -- comparison ---------------------------------------------------------- */

enum {
  UNORDERED = 1u << 10, /* aux: quiet NaNs raise nothing */
  TO_FLAGS = 1u << 11,  /* aux: FCOMI: the result goes to ZF, PF, CF */
  POP_TWO = 1u << 12
};

/* C3, C2, C0 of comparing @a with @b, and the exceptions. */
static guint16
host_compare (gboolean          unordered,
              guint16           fcw,
              const MosFloat80 *a,
              const MosFloat80 *b)
{
  guint16 masked = fcw | 0x3f;
  guint16 fsw = 0;

#define HOST_COMPARE(name)                                             \
  __asm__ volatile(                                                    \
      HOST_ENTER name "\n\tfnstsw %[sw]\n\tfnclex\n\tfstp %%st(0)\n\t" \
                      "fstp %%st(0)\n\tfldcw %[host]"                  \
      : [sw] "=&a"(fsw)                                                \
      : [a] "m"(*a), [b] "m"(*b), [cw] "m"(masked), [host] "m"(host_fcw))
  if (unordered)
    HOST_COMPARE ("fucom %%st(1)");
  else
    HOST_COMPARE ("fcom %%st(1)");
#undef HOST_COMPARE
  return fsw;
}

static void
set_result (MosSoftCpu *cpu, const MosUop *op, guint16 fsw)
{
  const guint bits = MOS_FSW_C0 | MOS_FSW_C2 | MOS_FSW_C3;

  if ((op->aux & TO_FLAGS) == 0) {
    cpu->fpu.fsw =
        (guint16) ((cpu->fpu.fsw & ~(bits | MOS_FSW_C1)) | (fsw & bits));
    return;
  }
  cpu->fpu.fsw &= (guint16) ~MOS_FSW_C1;
  cpu->fl = MOS_FL_ONE | ((fsw & MOS_FSW_C0) != 0 ? MOS_FL_CF : 0) |
            ((fsw & MOS_FSW_C2) != 0 ? MOS_FL_PF : 0) |
            ((fsw & MOS_FSW_C3) != 0 ? MOS_FL_ZF : 0);
}

/* @load: see with_load(). */
static void
compare (MosSoftCpu   *cpu,
         const MosUop *op,
         gboolean      empty,
         MosFloat80    b,
         guint16       load)
{
  const guint16 unordered = MOS_FSW_C0 | MOS_FSW_C2 | MOS_FSW_C3;
  MosFloat80    a = mos_x87_get (cpu, 0);

  if (empty) {
    if (!mos_x87_underflow (cpu))
      return;
    set_result (cpu, op, unordered);
  } else {
    guint16 fsw =
        host_compare ((op->aux & UNORDERED) != 0, cpu->fpu.fcw, &a, &b);

    if (!mos_x87_raise (cpu,
                        with_load (cpu, fsw, load, &a) & MOS_FSW_EXCEPTIONS,
                        MOS_FSW_IE | MOS_FSW_DE))
      return;
    set_result (cpu, op, fsw);
  }
  if ((op->aux & (POP | POP_TWO)) != 0)
    mos_x87_pop (cpu);
  if ((op->aux & POP_TWO) != 0)
    mos_x87_pop (cpu);
}

static const MosUop *
compare_rr (MosSoftCpu *cpu, const MosUop *op)
{
  mos_x87_begin (cpu, op, 0);
  compare (cpu, op,
           mos_fpu_is_empty (&cpu->fpu, 0) ||
               mos_fpu_is_empty (&cpu->fpu, op->src),
           mos_x87_get (cpu, op->src), 0);
  return op + 1;
}

static const MosUop *
compare_rm (MosSoftCpu *cpu, const MosUop *op)
{
  guint64    lin = mos_ea (cpu, op, op->width, FALSE);
  guint16    load;
  MosFloat80 b = mos_x87_load (cpu, op, lin, (op->aux & INTEGER) != 0, &load);

  mos_x87_begin (cpu, op, lin);
  compare (cpu, op, mos_fpu_is_empty (&cpu->fpu, 0), b, load);
  return op + 1;
}

static const MosUop *
ftst (MosSoftCpu *cpu, const MosUop *op)
{
  mos_x87_begin (cpu, op, 0);
  compare (cpu, op, mos_fpu_is_empty (&cpu->fpu, 0), (MosFloat80){ 0 }, 0);
  return op + 1;
}

static const MosUop *
fxam (MosSoftCpu *cpu, const MosUop *op)
{
  MosFloat80 a = mos_x87_get (cpu, 0);
  guint16    fsw;

  mos_x87_begin (cpu, op, 0);
  __asm__ volatile("fldt %1\n\tfxam\n\tfnstsw %0\n\tfstp %%st(0)"
                   : "=&a"(fsw)
                   : "m"(a));
  if (mos_fpu_is_empty (&cpu->fpu, 0))
    fsw = (guint16) (MOS_FSW_C3 | MOS_FSW_C0 | (fsw & MOS_FSW_C1));
  cpu->fpu.fsw = (guint16) ((cpu->fpu.fsw & ~MOS_FSW_CONDITIONS) |
                            (fsw & MOS_FSW_CONDITIONS));
  return op + 1;
}

/* -- lowering ------------------------------------------------------------ */

/* ST registers: two, one (with ST(0)), or none (ST(1), ST(0)). */
static void
stack_operands (MosLower *l)
{
  MosUop *op = l->op;

  op->dst = 0;
  op->src = 1;
  if (mos_lower_is_reg (l, 0) && mos_lower_is_reg (l, 1)) {
    op->dst = mos_lower_number (l->operands[0].reg.value);
    op->src = mos_lower_number (l->operands[1].reg.value);
  } else if (mos_lower_is_reg (l, 0)) {
    op->src = mos_lower_number (l->operands[0].reg.value);
  }
}

static gboolean
lower_arithmetic (MosLower *l, const MosSoftInsn *insn)
{
  l->op->aux = insn->arg;
  if (mos_x87_gate (l))
    return TRUE;
  if (l->memory != NULL) {
    l->op->width = (guint8) (l->memory->size / 8);
    l->op->fn = arithmetic_rm;
    return TRUE;
  }
  stack_operands (l);
  if ((insn->arg & POP) != 0 && l->insn->operand_count_visible == 0)
    l->op->dst = 1, l->op->src = 0;
  l->op->fn = arithmetic_rr;
  return TRUE;
}

static gboolean
lower_compare (MosLower *l, const MosSoftInsn *insn)
{
  l->op->aux = insn->arg;
  if (mos_x87_gate (l))
    return TRUE;
  if (l->memory != NULL) {
    l->op->width = (guint8) (l->memory->size / 8);
    l->op->fn = compare_rm;
    return TRUE;
  }
  stack_operands (l);
  l->op->fn = compare_rr;
  return TRUE;
}

static gboolean
lower_fn (MosLower *l, const MosSoftInsn *insn)
{
  l->op->aux = insn->arg;
  if (!mos_x87_gate (l))
    l->op->fn = insn->fn;
  return TRUE;
}

/* clang-format off */
#define M(name) ZYDIS_MNEMONIC_##name
const MosSoftInsn mos_soft_x87_arithmetic[] = {
  { M (FADD), lower_arithmetic, NULL, X_ADD },
  { M (FADDP), lower_arithmetic, NULL, X_ADD | POP },
  { M (FIADD), lower_arithmetic, NULL, X_ADD | INTEGER },
  { M (FMUL), lower_arithmetic, NULL, X_MUL },
  { M (FMULP), lower_arithmetic, NULL, X_MUL | POP },
  { M (FIMUL), lower_arithmetic, NULL, X_MUL | INTEGER },
  { M (FSUB), lower_arithmetic, NULL, X_SUB },
  { M (FSUBP), lower_arithmetic, NULL, X_SUB | POP },
  { M (FISUB), lower_arithmetic, NULL, X_SUB | INTEGER },
  { M (FSUBR), lower_arithmetic, NULL, X_SUBR },
  { M (FSUBRP), lower_arithmetic, NULL, X_SUBR | POP },
  { M (FISUBR), lower_arithmetic, NULL, X_SUBR | INTEGER },
  { M (FDIV), lower_arithmetic, NULL, X_DIV },
  { M (FDIVP), lower_arithmetic, NULL, X_DIV | POP },
  { M (FIDIV), lower_arithmetic, NULL, X_DIV | INTEGER },
  { M (FDIVR), lower_arithmetic, NULL, X_DIVR },
  { M (FDIVRP), lower_arithmetic, NULL, X_DIVR | POP },
  { M (FIDIVR), lower_arithmetic, NULL, X_DIVR | INTEGER },
  { M (FCOM), lower_compare, NULL, 0 },
  { M (FCOMP), lower_compare, NULL, POP },
  { M (FCOMPP), lower_compare, NULL, POP_TWO },
  { M (FICOM), lower_compare, NULL, INTEGER },
  { M (FICOMP), lower_compare, NULL, INTEGER | POP },
  { M (FUCOM), lower_compare, NULL, UNORDERED },
  { M (FUCOMP), lower_compare, NULL, UNORDERED | POP },
  { M (FUCOMPP), lower_compare, NULL, UNORDERED | POP_TWO },
  { M (FCOMI), lower_compare, NULL, TO_FLAGS },
  { M (FCOMIP), lower_compare, NULL, TO_FLAGS | POP },
  { M (FUCOMI), lower_compare, NULL, TO_FLAGS | UNORDERED },
  { M (FUCOMIP), lower_compare, NULL, TO_FLAGS | UNORDERED | POP },
  { M (FTST), lower_fn, ftst, 0 },
  { M (FXAM), lower_fn, fxam, 0 },
  { M (FPREM), lower_fn, binary_fn, X_PREM },
  { M (FPREM1), lower_fn, binary_fn, X_PREM1 },
  { M (FSCALE), lower_fn, binary_fn, X_SCALE },
  { M (FPATAN), lower_fn, popping_fn, X_PATAN },
  { M (FYL2X), lower_fn, popping_fn, X_YL2X },
  { M (FYL2XP1), lower_fn, popping_fn, X_YL2XP1 },
  { M (FSQRT), lower_fn, unary_fn, X_SQRT },
  { M (FSIN), lower_fn, unary_fn, X_SIN },
  { M (FCOS), lower_fn, unary_fn, X_COS },
  { M (FRNDINT), lower_fn, unary_fn, X_RNDINT },
  { M (F2XM1), lower_fn, unary_fn, X_2XM1 },
  { M (FPTAN), lower_fn, pushing_fn, X_TAN },
  { M (FSINCOS), lower_fn, pushing_fn, X_SINCOS },
  { M (FXTRACT), lower_fn, pushing_fn, X_XTRACT },
  { 0, NULL, NULL, 0 },
};
