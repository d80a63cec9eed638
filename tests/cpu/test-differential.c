/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The host is the oracle: random instructions on both processors.
 *
 * For every row of the instruction table that user mode may execute, all
 * encodings are listed; then a thousand times (a million with --long) one is
 * filled with random registers, operands and immediates, run once natively and
 * once on the software CPU, and everything is compared: general registers,
 * defined flags, vector and x87 registers, memory, faults.
 *
 * MOS_DIFF_ROW=NAME runs one row only and tells of every difference.
 */
#include <Zydis/Zydis.h>
#include <signal.h>
#include <string.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/run.h"
#include "tests/cpu/differential.h"
#include "tests/cpu/native.h"
#include "tests/cpu/soft-machine.h"

#define CASES      1000
#define CASES_LONG 1000000
#define MAX_FORMS  512
#define FLAGS      (MOS_RFLAGS_ARITHMETIC | MOS_RFLAGS_DF)
#define STUBS      0x8000u

/* An encoding without its operands. */
typedef struct {
  guint8 prefix; /* 0: none */
  guint8 rex_w;
  guint8 vex; /* 1: three-byte VEX, pp and L below */
  guint8 pp, l;
  guint8 map; /* 0 to 3 */
  guint8 opcode;
  guint8 reg; /* of ModRM */
} Form;

typedef struct {
  const MosInstruction *row;
  Form                  forms[MAX_FORMS];
  guint                 n_forms;
} Row;

typedef struct {
  SoftMachine  machine;
  ZydisDecoder decoder;
  Row         *rows[ZYDIS_MNEMONIC_MAX_VALUE + 1];
  guint64      random;
  guint        proven, unproven;
  GString     *without;
} Fixture;

/* -- encodings ----------------------------------------------------------- */

static guint
encode_start (const Form *form, guint8 *out, guint8 rex, guint8 vvvv)
{
  guint n = 0;

  if (form->vex) {
    out[n++] = 0xc4;
    out[n++] = (guint8) ((~rex & 7) << 5 | form->map);
    out[n++] = (guint8) (form->rex_w << 7 | (~vvvv & 15) << 3 | form->l << 2 |
                         form->pp);
  } else {
    if (form->prefix != 0)
      out[n++] = form->prefix;
    rex = (guint8) (0x40 | form->rex_w << 3 | (rex & 7));
    if (rex != 0x40)
      out[n++] = rex;
    if (form->map > 0)
      out[n++] = 0x0f;
    if (form->map == 2)
      out[n++] = 0x38;
    if (form->map == 3)
      out[n++] = 0x3a;
  }
  out[n++] = form->opcode;
  return n;
}

static void
list_form (Fixture *f, const Form *form)
{
  ZydisDecodedInstruction insn;
  ZydisDecodedOperand     operands[ZYDIS_MAX_OPERAND_COUNT];
  guint8                  code[16] = { 0 };
  guint                   n = encode_start (form, code, 0, 0);
  static const guint8     modes[] = { 0xc0, 0xc1, 0xc2, 0xc3, 0xc4,
                                      0xc5, 0xc6, 0xc7, 0x01, 0x04 };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    Row *row;

    /* Gathers have an index, and three different registers. */
    if (modes[i] == 4)
      n = encode_start (form, code, 0, 2);
    code[n] = (guint8) (modes[i] | form->reg << 3);
    code[n + 1] = modes[i] == 4 ? 1 << 3 : 0;
    if (!ZYAN_SUCCESS (mos_decode (&f->decoder, code, 15, &insn, operands)))
      continue;
    row = f->rows[insn.mnemonic];
    if (row == NULL)
      continue;
    /* Opcodes without ModRM have one form for all eight. */
    if ((insn.attributes & ZYDIS_ATTRIB_HAS_MODRM) == 0 && form->reg != 0)
      return;
    if (row->n_forms < MAX_FORMS &&
        (row->n_forms == 0 ||
         memcmp (&row->forms[row->n_forms - 1], form, sizeof *form) != 0))
      row->forms[row->n_forms++] = *form;
  }
}

static void
list_forms (Fixture *f)
{
  static const guint8 prefixes[] = { 0, 0x66, 0xf2, 0xf3, 0xf0 };
  Form                form = { 0 };

  for (guint op = 0; op < 256; op++)
    for (guint reg = 0; reg < 8; reg++)
      for (guint map = 0; map < 4; map++)
        for (guint w = 0; w < 2; w++) {
          form = (Form){ .map = (guint8) map,
                         .opcode = (guint8) op,
                         .reg = (guint8) reg,
                         .rex_w = (guint8) w };
          for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++) {
            form.prefix = prefixes[i];
            list_form (f, &form);
          }
          form.prefix = 0;
          form.vex = 1;
          for (guint i = 0; i < 8 && map > 0; i++) {
            form.pp = i & 3;
            form.l = (guint8) (i >> 2);
            list_form (f, &form);
          }
        }
}

/* -- making a case ------------------------------------------------------- */

/* Operands that this test does not make up. */
static gboolean
uses_other (const Case *c)
{
  /* PREFETCHW of a register: AMD's processors raise #UD, Intel's do not. */
  if (c->insn.mnemonic == ZYDIS_MNEMONIC_NOP && c->insn.opcode == 0x0d)
    return TRUE;
  for (guint i = 0; i < c->insn.operand_count_visible; i++)
    if (c->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER) {
      ZydisRegisterClass klass =
          ZydisRegisterGetClass (c->operands[i].reg.value);

      if (klass == ZYDIS_REGCLASS_SEGMENT || klass == ZYDIS_REGCLASS_CONTROL ||
          klass == ZYDIS_REGCLASS_DEBUG)
        return TRUE;
    }
  return FALSE;
}

/* Registers that make the operand lie in the data pages; mostly well inside,
 * sometimes across pages or out of them. */
static gboolean
place_operand (Fixture *f, Case *c, const ZydisDecodedOperand *operand)
{
  const ZydisDecodedOperandMem *mem = &operand->mem;
  guint64                       r = case_random (&f->random);
  guint64                       at = NATIVE_DATA + 0x200 + (r & 0x1dff);
  guint                         base, index = 16;
  guint64                       sum;

  if (mem->type == ZYDIS_MEMOP_TYPE_AGEN)
    return TRUE;
  if (mem->segment == ZYDIS_REGISTER_FS || mem->segment == ZYDIS_REGISTER_GS ||
      mem->base == ZYDIS_REGISTER_RIP || mem->base == ZYDIS_REGISTER_EIP)
    return FALSE;
  if (mem->base == ZYDIS_REGISTER_NONE &&
      (mem->index == ZYDIS_REGISTER_NONE || mem->scale != 1 ||
       mem->type == ZYDIS_MEMOP_TYPE_VSIB))
    return FALSE;
  if ((r >> 32 & 3) != 0)
    at &= ~(guint64) 63;
  if ((r >> 40 & 31) == 0)
    at = NATIVE_DATA + 4096 - (r >> 48 & 31); /* crosses a page */
  if ((r >> 40 & 63) == 1)
    at = NATIVE_DATA + NATIVE_PAGES * 4096 - (r >> 48 & 31); /* runs out */
  base = mos_lower_gpr (mem->base != ZYDIS_REGISTER_NONE ? mem->base
                                                         : mem->index) /
         8;
  sum = (guint64) mem->disp.value;
  if (mem->base == ZYDIS_REGISTER_NONE) {
    /* The index is the only register. */
  } else if (mem->type == ZYDIS_MEMOP_TYPE_VSIB) {
    case_place_lanes (&f->random, c, mem->index);
  } else if (mem->index != ZYDIS_REGISTER_NONE) {
    index = mos_lower_gpr (mem->index) / 8;
    if (index == base)
      return FALSE;
    c->gpr[index] &= 0xff;
    sum += c->gpr[index] * mem->scale;
  }
  c->at = at;
  c->gpr[base] = at - sum;
  if (c->insn.address_width == 32)
    c->gpr[base] = (guint32) c->gpr[base];
  return TRUE;
}

/* FALSE: the same register is part of the address. */
static gboolean
place_bit (Fixture *f, Case *c)
{
  const ZydisDecodedOperandMem *mem = &c->operands[0].mem;
  guint index = mos_lower_gpr (c->operands[1].reg.value) / 8;

  if (mos_lower_gpr (mem->base) / 8 == index ||
      (mem->index != ZYDIS_REGISTER_NONE &&
       mos_lower_gpr (mem->index) / 8 == index))
    return FALSE;
  c->gpr[index] = (case_random (&f->random) & 0x7ff) - 0x400;
  return TRUE;
}

/* What the instruction uses without naming it. */
static gboolean
place_hidden (Fixture *f, Case *c)
{
  guint64 inside = NATIVE_DATA + 0x400 + (case_random (&f->random) & 0x7ff);
  guint64 word;

  switch (c->insn.mnemonic) {
  case ZYDIS_MNEMONIC_LEAVE:
    c->gpr[MOS_RBP] = inside;
    break;
  case ZYDIS_MNEMONIC_ENTER:
    c->gpr[MOS_RSP] = NATIVE_DATA + 0x3800;
    c->gpr[MOS_RBP] = NATIVE_DATA + 0x3000;
    break;
  case ZYDIS_MNEMONIC_XLAT:
    c->gpr[MOS_RBX] = inside;
    break;
  case ZYDIS_MNEMONIC_MASKMOVQ:
  case ZYDIS_MNEMONIC_MASKMOVDQU:
  case ZYDIS_MNEMONIC_VMASKMOVDQU:
    c->gpr[MOS_RDI] = inside;
    break;
  case ZYDIS_MNEMONIC_BT:
  case ZYDIS_MNEMONIC_BTS:
  case ZYDIS_MNEMONIC_BTR:
  case ZYDIS_MNEMONIC_BTC:
    /* A bit string around the operand, not all of memory. */
    if (c->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
        c->operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY)
      return place_bit (f, c);
    break;
  case ZYDIS_MNEMONIC_POPF:
  case ZYDIS_MNEMONIC_POPFQ:
    /* TF and AC would stop the host's own code. */
    memcpy (&word, c->data + (c->gpr[MOS_RSP] - NATIVE_DATA), 8);
    word &= FLAGS;
    memcpy (c->data + (c->gpr[MOS_RSP] - NATIVE_DATA), &word, 8);
    break;
  default:
    return case_place_state (&f->random, c);
  }
  return TRUE;
}

static void
place_string (Fixture *f, Case *c)
{
  c->gpr[MOS_RSI] = NATIVE_DATA + 0x800 + (case_random (&f->random) & 0x1fff);
  c->gpr[MOS_RDI] = NATIVE_DATA + 0x800 + (case_random (&f->random) & 0x1fff);
  c->gpr[MOS_RCX] = case_random (&f->random) & 0x3f;
}

static gboolean
make_case (Fixture *f, const Row *row, Case *c)
{
  const Form *form = &row->forms[case_random (&f->random) % row->n_forms];
  guint64     r = case_random (&f->random);
  guint       n =
      encode_start (form, c->code, (guint8) (r & 7), (guint8) (r >> 8 & 15));
  guint64 tail[2] = { case_random (&f->random), case_random (&f->random) };

  memcpy (c->code + n, tail, MIN (15 - n, sizeof tail));
  c->code[n] = (guint8) ((c->code[n] & 0xc7) | form->reg << 3);
  if ((r >> 16 & 1) != 0)
    c->code[n] |= 0xc0;
  if (case_is_gather (row->row->mnemonic))
    c->code[n] = (guint8) ((c->code[n] & 0x38) | (r >> 17) % 3 << 6 | 4);
  if (!ZYAN_SUCCESS (
          mos_decode (&f->decoder, c->code, 15, &c->insn, c->operands)) ||
      c->insn.mnemonic != row->row->mnemonic || uses_other (c))
    return FALSE;
  c->size = c->insn.length;
  for (guint i = 0; i < 16; i++)
    c->gpr[i] = case_interesting (&f->random);
  c->gpr[MOS_RSP] = NATIVE_DATA + 0x1000 + (r >> 20 & 0x7f8);
  c->rflags = (case_random (&f->random) & FLAGS) | 0x202;
  for (guint i = 0; i < c->insn.operand_count_visible; i++)
    if (c->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
        !place_operand (f, c, &c->operands[i]))
      return FALSE;
  if (row->row->family == MOS_FAMILY_STRING &&
      c->insn.meta.isa_set != ZYDIS_ISA_SET_SSE2)
    place_string (f, c);
  /* A stack pointer that an operand moved must still be one. */
  if (row->row->family == MOS_FAMILY_STACK &&
      c->gpr[MOS_RSP] - NATIVE_DATA - 64 > NATIVE_PAGES * 4096 - 128)
    return FALSE;
  return place_hidden (f, c);
}

/* -- running and comparing ----------------------------------------------- */

static void
run_native (const Case *c)
{
  NativeContext *context = native_context ();

  memcpy (context->gpr, c->gpr, sizeof c->gpr);
  context->rflags = c->rflags;
  memcpy (context->xsave, c->xsave, sizeof c->xsave);
  memcpy ((gpointer) NATIVE_DATA, c->data, sizeof c->data);
  native_run (c->code, c->size);
}

static void
run_soft (Fixture *f, const Case *c)
{
  MosSoftCpu *cpu = f->machine.cpu;
  guint8     *ram = f->machine.ram->hva;
  guint8 *flags = f->machine.ram->page_flags + (NATIVE_CODE >> MOS_PAGE_SHIFT);

  memcpy (ram + NATIVE_CODE, c->code, 16);
  mos_code_written (cpu->cpus, cpu, flags);
  memcpy (ram + NATIVE_DATA, c->data, sizeof c->data);
  memcpy (cpu->gpr, c->gpr, sizeof c->gpr);
  cpu->gpr[MOS_SLOT_RIP] = NATIVE_CODE;
  for (guint i = 0; i < 16; i++)
    memcpy (cpu->fpu.v[i].u8 + 16, c->xsave + 576 + 16 * i, 16);
  mos_fpu_from_image (&cpu->fpu, c->xsave, TRUE, 16);
  memcpy (&cpu->fpu.mxcsr, c->xsave + 24, 4);
  cpu->seg[MOS_SEG_CS].selector = 0x23;
  cpu->seg[MOS_SEG_CS].dpl = cpu->seg[MOS_SEG_SS].dpl = 3;
  cpu->seg[MOS_SEG_SS].selector = 0x1b;
  cpu->halted = cpu->shutdown = FALSE;
  cpu->rflags = 0;
  mos_flags_load (cpu, c->rflags, MOS_RFLAGS_DEFINED);
  cpu->dr7 = 2; /* one instruction at a time */
  cpu->dr[0] = 0;
  mos_mode_update (cpu);
  mos_cpu_execute (cpu, 1);
}

/* The vector the software CPU ended in, or -1. */
static int
soft_vector (MosSoftCpu *cpu)
{
  guint64 rip = cpu->gpr[MOS_SLOT_RIP];

  if (mos_cpl (cpu) == 3)
    return -1;
  return (int) ((rip - STUBS) / 16);
}

static gboolean
same_fault (guint64 sig, int vector)
{
  switch (sig) {
  case 0:
    return vector == -1;
  case SIGFPE:
    return vector == MOS_EXC_DE || vector == MOS_EXC_MF || vector == MOS_EXC_XM;
  case SIGILL:
    return vector == MOS_EXC_UD;
  case SIGSEGV:
  case SIGBUS:
    return vector == MOS_EXC_GP || vector == MOS_EXC_PF ||
           vector == MOS_EXC_SS || vector == MOS_EXC_AC;
  default:
    return vector == MOS_EXC_DB || vector == MOS_EXC_BP;
  }
}

typedef struct {
  char text[32];
} Text;

static Text
float80 (const guint8 *bytes)
{
  Text    text;
  guint64 mantissa;
  guint16 exponent;

  memcpy (&mantissa, bytes, 8);
  memcpy (&exponent, bytes + 8, 2);
  g_snprintf (text.text, sizeof text.text, "%04x:%016" G_GINT64_MODIFIER "x",
              exponent, mantissa);
  return text;
}

static char *
compare_fpu (const Case *c, MosSoftCpu *cpu, const NativeContext *native)
{
  guint8        image[512] = { 0 };
  const guint8 *x = native->xsave;
  guint32       mxcsr;

  mos_fpu_to_image (&cpu->fpu, image, TRUE, 16);
  memcpy (&mxcsr, x + 24, 4);
  if ((mxcsr & 0xffff) != cpu->fpu.mxcsr)
    return g_strdup_printf ("mxcsr %x, native %x", cpu->fpu.mxcsr, mxcsr);
  if (memcmp (image, x, 4) != 0 || image[4] != x[4])
    return g_strdup_printf ("fcw fsw ftw %02x%02x %02x%02x %02x, native "
                            "%02x%02x %02x%02x %02x",
                            image[1], image[0], image[3], image[2], image[4],
                            x[1], x[0], x[3], x[2], x[4]);
  for (guint i = 0; i < 8; i++)
    if (memcmp (image + 32 + 16 * i, x + 32 + 16 * i, 10) != 0)
      return g_strdup_printf (
          "st(%u) is %s, native %s; it was %s, fcw %02x%02x", i,
          float80 (image + 32 + 16 * i).text, float80 (x + 32 + 16 * i).text,
          float80 (c->xsave + 32 + 16 * i).text, x[1], x[0]);
  for (guint i = 0; i < 16; i++)
    if (memcmp (cpu->fpu.v[i].u8, x + 160 + 16 * i, 16) != 0 ||
        memcmp (cpu->fpu.v[i].u8 + 16, x + 576 + 16 * i, 16) != 0)
      return g_strdup_printf ("ymm%u differs", i);
  return NULL;
}

/* NULL: the same. */
static char *
compare (Fixture *f, const Case *c)
{
  MosSoftCpu          *cpu = f->machine.cpu;
  const NativeContext *native = native_context ();
  guint64              undefined =
      c->insn.cpu_flags != NULL ? c->insn.cpu_flags->undefined : 0;
  guint64 flags = mos_flags_get (cpu);
  guint64 gpr[16];
  int     vector = soft_vector (cpu);

  memcpy (gpr, cpu->gpr, sizeof gpr);
  if (!same_fault (native->signal, vector))
    return g_strdup_printf ("vector %d, native signal %d", vector,
                            (int) native->signal);
  if (vector >= 0) {
    guint64 frame[6];

    memcpy (frame, f->machine.ram->hva + gpr[MOS_RSP], sizeof frame);
    if (vector == MOS_EXC_GP || vector == MOS_EXC_PF || vector == MOS_EXC_SS ||
        vector == MOS_EXC_AC)
      memmove (frame, frame + 1, sizeof frame - 8);
    gpr[MOS_RSP] = frame[3];
    flags = frame[2];
    if (frame[0] != NATIVE_CODE)
      return g_strdup ("the fault is at another instruction");
  } else if (cpu->gpr[MOS_SLOT_RIP] != NATIVE_CODE + c->size &&
             c->insn.mnemonic != ZYDIS_MNEMONIC_INVALID) {
    return g_strdup_printf ("rip %lx", (gulong) cpu->gpr[MOS_SLOT_RIP]);
  }
  for (guint i = 0; i < 16; i++)
    if (gpr[i] != native->gpr[i])
      return g_strdup_printf ("gpr %u is %016lx, native %016lx", i,
                              (gulong) gpr[i], (gulong) native->gpr[i]);
  if (((flags ^ native->rflags) & FLAGS & ~undefined) != 0)
    return g_strdup_printf ("flags %lx, native %lx", (gulong) (flags & FLAGS),
                            (gulong) (native->rflags & FLAGS));
  case_forget (c, f->machine.ram->hva + NATIVE_DATA, vector >= 0);
  case_forget (c, (gpointer) NATIVE_DATA, vector >= 0);
  if (memcmp (f->machine.ram->hva + NATIVE_DATA, (gpointer) NATIVE_DATA,
              sizeof c->data) != 0)
    return g_strdup ("memory differs");
  return vector >= 0 ? NULL : compare_fpu (c, cpu, native);
}

static void
tell (const Case *c, const char *what)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char           line[128];
  ZydisFormatter formatter;

  ZydisFormatterInit (&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  ZydisFormatterFormatInstruction (&formatter, &c->insn, c->operands,
                                   c->insn.operand_count_visible, line,
                                   sizeof line, NATIVE_CODE, NULL);
  for (guint i = 0; i < c->size; i++)
    g_string_append_printf (text, "%02x ", c->code[i]);
  g_test_message ("%s(%s): %s; flags %lx", text->str, line, what,
                  (gulong) c->rflags);
}

/* REP strings stop after each element in single steps. */
static gboolean
finish_string (Fixture *f, const Case *c)
{
  MosSoftCpu *cpu = f->machine.cpu;

  if ((c->insn.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE |
                             ZYDIS_ATTRIB_HAS_REPNE)) == 0)
    return TRUE;
  for (guint i = 0; i < 100 && cpu->gpr[MOS_SLOT_RIP] == NATIVE_CODE; i++)
    mos_cpu_execute (cpu, 1);
  return TRUE;
}

/* Whether our processor has it at all, and so the host. */
static gboolean
announced (Fixture *f, const Case *c)
{
  const MosFeature *feature = mos_feature_find (c->insn.meta.isa_set);

  return feature != NULL &&
         (feature->word == MOS_CPUID_ALWAYS ||
          mos_cpu_has (f->machine.cpu, feature->word, feature->bit));
}

static guint
run_row (Fixture *f, const Row *row, guint cases, gboolean loud)
{
  Case  c;
  guint done = 0, bad = 0;

  for (guint i = 0; i < NATIVE_PAGES * 4096; i += 8) {
    guint64 word = case_interesting (&f->random);

    memcpy (c.data + i, &word, 8);
  }
  case_random_fpu (&f->random, c.xsave);
  for (guint tries = 0; done < cases && tries < cases * 20; tries++) {
    g_autofree char *difference = NULL;

    if (tries % 16 == 0)
      case_random_fpu (&f->random, c.xsave);
    if (!make_case (f, row, &c) || !announced (f, &c))
      continue;
    run_native (&c);
    run_soft (f, &c);
    finish_string (f, &c);
    difference = compare (f, &c);
    done++;
    if (difference == NULL)
      continue;
    if (bad++ < (loud ? 20 : 2))
      tell (&c, difference);
  }
  if (done == 0) {
    g_string_append_printf (f->without, " %s",
                            ZydisMnemonicGetString (row->row->mnemonic));
    f->unproven++;
  } else if (bad != 0) {
    g_test_message ("%s: %u of %u differ",
                    ZydisMnemonicGetString (row->row->mnemonic), bad, done);
  } else {
    f->proven++;
    if (cases == CASES_LONG)
      g_test_message ("%s: %u cases are the same",
                      ZydisMnemonicGetString (row->row->mnemonic), done);
  }
  return bad;
}

/* -- the machine --------------------------------------------------------- */

static void
put_descriptor (guint8 *gdt, guint index, guint64 value)
{
  memcpy (gdt + 8 * index, &value, 8);
}

/* A GDT, a TSS, and an IDT whose every gate leads to a HLT of its own. */
static void
set_up_tables (SoftMachine *m)
{
  guint8     *ram = m->ram->hva;
  MosSoftCpu *cpu = m->cpu;
  guint64     stack = 0xf000;

  put_descriptor (ram + 0x4000, 1, G_GUINT64_CONSTANT (0x00af9b000000ffff));
  put_descriptor (ram + 0x4000, 2, G_GUINT64_CONSTANT (0x00cf93000000ffff));
  put_descriptor (ram + 0x4000, 3, G_GUINT64_CONSTANT (0x00cff3000000ffff));
  put_descriptor (ram + 0x4000, 4, G_GUINT64_CONSTANT (0x00affb000000ffff));
  memcpy (ram + 0x6004, &stack, 8);
  for (guint v = 0; v < 32; v++) {
    guint64 at = STUBS + 16 * v;
    guint64 low = (at & 0xffff) | 8 << 16 | G_GUINT64_CONSTANT (0xee00) << 32 |
                  (at >> 16 & 0xffff) << 48;

    memcpy (ram + 0x5000 + 16 * v, &low, 8);
    ram[at] = 0xf4;
  }
  cpu->gdt = (MosTableRegister){ .base = 0x4000, .limit = 0xff };
  cpu->idt = (MosTableRegister){ .base = 0x5000, .limit = 32 * 16 - 1 };
  cpu->seg[MOS_SEG_TR] =
      (MosSegment){ .base = 0x6000, .limit = 0x67, .type = 11, .present = 1 };
}

/* The data pages end where the host's do. */
static void
hide_pages (SoftMachine *m)
{
  guint64 *tables = (guint64 *) (gpointer) (m->ram->hva + 0x1000);
  guint64 *pages = (guint64 *) (gpointer) (m->ram->hva + 0x9000);

  tables[1024 + (NATIVE_DATA >> 21) - 1] = 0;
  tables[1024 + (NATIVE_DATA >> 21)] = 0x9000 | 7;
  for (guint i = 0; i < 512; i++) {
    guint64  at = NATIVE_DATA + i * 4096ull;
    gboolean there = i < NATIVE_PAGES || at == NATIVE_CODE;

    pages[i] = there ? at | 7 : 0;
  }
}

static void
make_rows (Fixture *f)
{
  for (const MosInstruction *row = mos_instructions;
       row->mnemonic != ZYDIS_MNEMONIC_INVALID; row++) {
    if (row->native != MOS_NATIVE_YES)
      continue;
    f->rows[row->mnemonic] = g_new0 (Row, 1);
    f->rows[row->mnemonic]->row = row;
  }
}

static void
test_rows (void)
{
  Fixture    *f = g_new0 (Fixture, 1);
  const char *only = g_getenv ("MOS_DIFF_ROW");
  guint       cases = g_getenv ("MOS_TEST_LONG") != NULL ? CASES_LONG : CASES;
  guint       bad_rows = 0;

  if (!native_init ()) {
    g_test_skip ("the host's processor lacks AVX, or the addresses are taken");
    g_free (f);
    return;
  }
  f->random = 20261123;
  f->without = g_string_new (NULL);
  ZydisDecoderInit (&f->decoder, ZYDIS_MACHINE_MODE_LONG_64,
                    ZYDIS_STACK_WIDTH_64);
  soft_machine_init (&f->machine, 264ull << 20, 1);
  soft_machine_long (&f->machine, NATIVE_CODE, 3);
  set_up_tables (&f->machine);
  hide_pages (&f->machine);
  make_rows (f);
  list_forms (f);
  for (guint m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
    Row *row = f->rows[m];

    if (row == NULL ||
        (only != NULL && g_ascii_strcasecmp (only, ZydisMnemonicGetString ((
                                                       ZydisMnemonic) m)) != 0))
      continue;
    if (row->n_forms == 0) {
      g_string_append_printf (f->without, " %s",
                              ZydisMnemonicGetString ((ZydisMnemonic) m));
      f->unproven++;
    } else if (run_row (f, row, cases, only != NULL) != 0) {
      bad_rows++;
    }
  }
  g_test_message ("%u rows with native proof, %u without:%s", f->proven,
                  f->unproven, f->without->str);
  g_assert_cmpuint (bad_rows, ==, 0);
  for (guint m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++)
    g_free (f->rows[m]);
  soft_machine_clear (&f->machine);
  g_string_free (f->without, TRUE);
  g_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/soft/differential", test_rows);
  return g_test_run ();
}
