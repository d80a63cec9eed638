/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Makes thunks: see the header.
 *
 * Host registers inside a thunk: RDI, RSI, RDX, RCX hold the operands'
 * addresses and R8 the MosSoftCpu (System V AMD64 ABI). Vector operand n lives
 * in XMM n+1 (XMM0 is for instructions that use it without saying so), MMX
 * operand n in MM n, general operand n in R9, R10, R11 or RAX.
 */
#include "engine/cpu/soft/exec/thunk.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENA_BYTES     (8u << 20)
#define THUNK_MAX_BYTES MOS_THUNK_FLOATING_AT
#define HOST_MXCSR      0x1f80u

/* Numbers as ModRM writes them. */
static const guint8 pointer_regs[MOS_THUNK_MAX_OPERANDS] = { 7, 6, 2, 1 };
static const ZydisRegister pointer_names[MOS_THUNK_MAX_OPERANDS] = {
  ZYDIS_REGISTER_RDI, ZYDIS_REGISTER_RSI, ZYDIS_REGISTER_RDX, ZYDIS_REGISTER_RCX
};
static const guint8 general_regs[MOS_THUNK_MAX_OPERANDS] = { 9, 10, 11, 0 };

struct MosThunks {
  GMutex      lock;
  GHashTable *by_code; /* GBytes of the renamed instruction to entry */
  guint8     *writable;
  guint8     *executable;
  guint       used;
};

/* One thunk under construction. */
typedef struct {
  guint8                         bytes[THUNK_MAX_BYTES];
  guint                          n;
  const ZydisDecodedInstruction *insn;
  const ZydisDecodedOperand     *operands;
  gboolean                       floating;
  gboolean                       vex;
  gboolean                       mmx;
} Draft;

/* -- arena --------------------------------------------------------------- */

static guint8 *
map_arena (int fd, int protection)
{
  void *area = mmap (NULL, ARENA_BYTES, protection, MAP_SHARED, fd, 0);

  return area == MAP_FAILED ? NULL : area;
}

MosThunks *
mos_thunks_new (void)
{
  MosThunks *self = g_new0 (MosThunks, 1);
  int        fd = memfd_create ("thunks", MFD_CLOEXEC);

  g_mutex_init (&self->lock);
  self->by_code = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                         (GDestroyNotify) g_bytes_unref, NULL);
  if (fd >= 0 && ftruncate (fd, ARENA_BYTES) == 0) {
    self->writable = map_arena (fd, PROT_READ | PROT_WRITE);
    self->executable = map_arena (fd, PROT_READ | PROT_EXEC);
  }
  if (fd >= 0)
    close (fd);
  if (self->writable == NULL || self->executable == NULL)
    g_clear_pointer (&self, mos_thunks_free);
  return self;
}

void
mos_thunks_free (MosThunks *self)
{
  if (self == NULL)
    return;
  if (self->writable != NULL)
    munmap (self->writable, ARENA_BYTES);
  if (self->executable != NULL)
    munmap (self->executable, ARENA_BYTES);
  g_hash_table_unref (self->by_code);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* -- emission ------------------------------------------------------------ */

static void
emit (Draft *self, const guint8 *bytes, guint n)
{
  g_assert (self->n + n <= sizeof self->bytes);
  memcpy (self->bytes + self->n, bytes, n);
  self->n += n;
}

/* An instruction whose memory operand is a field of the MosSoftCpu: R8 + 32-bit
 * displacement; @prefix_and_opcode already has REX.B. */
static void
emit_cpu (Draft *self, const guint8 *code, guint n, guint reg, gsize offset)
{
  guint8  modrm = (guint8) (0x80 | (reg & 7) << 3);
  guint32 disp = (guint32) offset;

  emit (self, code, n);
  emit (self, &modrm, 1);
  emit (self, (const guint8 *) &disp, 4);
}

#define CPU_LDMXCSR 2 /* the ModRM extensions of 0F AE */
#define CPU_STMXCSR 3

static void
emit_mxcsr (Draft *self, guint extension, gsize offset)
{
  static const guint8 code[] = { 0x41, 0x0f, 0xae };

  emit_cpu (self, code, sizeof code, extension, offset);
}

typedef enum {
  KIND_NONE,
  KIND_VECTOR,
  KIND_MMX,
  KIND_GENERAL,
  KIND_MEMORY,
  KIND_IMMEDIATE
} Kind;

static Kind
kind_of (const ZydisDecodedOperand *operand)
{
  switch (operand->type) {
  case ZYDIS_OPERAND_TYPE_MEMORY:
    return KIND_MEMORY;
  case ZYDIS_OPERAND_TYPE_IMMEDIATE:
    return KIND_IMMEDIATE;
  case ZYDIS_OPERAND_TYPE_REGISTER:
    break;
  default:
    return KIND_NONE;
  }
  switch (ZydisRegisterGetClass (operand->reg.value)) {
  case ZYDIS_REGCLASS_XMM:
  case ZYDIS_REGCLASS_YMM:
    return KIND_VECTOR;
  case ZYDIS_REGCLASS_MMX:
    return KIND_MMX;
  case ZYDIS_REGCLASS_GPR8:
  case ZYDIS_REGCLASS_GPR16:
  case ZYDIS_REGCLASS_GPR32:
  case ZYDIS_REGCLASS_GPR64:
    return KIND_GENERAL;
  default:
    return KIND_NONE;
  }
}

/* Moves visible operand @i between its place and its scratch register. */
static void
emit_move (Draft *self, guint i, gboolean store)
{
  guint8 rm = pointer_regs[i];
  guint8 code[4];

  switch (kind_of (&self->operands[i])) {
  case KIND_VECTOR:
    if (self->vex) { /* VMOVUPS YMM */
      code[0] = 0xc5;
      code[1] = 0xfc;
      code[2] = store ? 0x11 : 0x10;
      code[3] = (guint8) ((i + 1) << 3 | rm);
      emit (self, code, 4);
    } else { /* MOVUPS */
      code[0] = 0x0f;
      code[1] = store ? 0x11 : 0x10;
      code[2] = (guint8) ((i + 1) << 3 | rm);
      emit (self, code, 3);
    }
    break;
  case KIND_MMX: /* MOVQ */
    code[0] = 0x0f;
    code[1] = store ? 0x7f : 0x6f;
    code[2] = (guint8) (i << 3 | rm);
    emit (self, code, 3);
    break;
  case KIND_GENERAL: /* MOV r64 */
    code[0] = general_regs[i] >= 8 ? 0x4c : 0x48;
    code[1] = store ? 0x89 : 0x8b;
    code[2] = (guint8) ((general_regs[i] & 7) << 3 | rm);
    emit (self, code, 3);
    break;
  default:
    break;
  }
}

static gboolean
writes_flags (const ZydisDecodedInstruction *insn)
{
  const ZydisAccessedFlagsMask status =
      ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_ZF | ZYDIS_CPUFLAG_SF;

  return insn->cpu_flags != NULL &&
         ((insn->cpu_flags->modified | insn->cpu_flags->set_0 |
           insn->cpu_flags->set_1) &
          status) != 0;
}

/* Registers that the instruction uses without naming them. */
static void
emit_hidden (Draft *self, gboolean store)
{
  static const guint8 load_xmm0[] = { 0x41, 0x0f, 0x10 };
  static const guint8 load_gpr[] = { 0x49, 0x8b };
  static const guint8 store_gpr[] = { 0x49, 0x89 };
  const gsize         gpr = G_STRUCT_OFFSET (MosSoftCpu, gpr);

  for (guint i = self->insn->operand_count_visible;
       i < self->insn->operand_count; i++) {
    const ZydisDecodedOperand *operand = &self->operands[i];
    ZydisRegister              reg = operand->reg.value;
    gint8                      id = ZydisRegisterGetId (reg);

    switch (kind_of (operand)) {
    case KIND_VECTOR:
      if (!store && id == 0)
        emit_cpu (self, load_xmm0, sizeof load_xmm0, 0,
                  G_STRUCT_OFFSET (MosSoftCpu, fpu.v[0]));
      else if (store && id == 0 &&
               (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0) {
        static const guint8 store_xmm0[] = { 0x41, 0x0f, 0x11 };

        emit_cpu (self, store_xmm0, sizeof store_xmm0, 0,
                  G_STRUCT_OFFSET (MosSoftCpu, fpu.v[0]));
      }
      break;
    case KIND_GENERAL:
      if (store && (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0)
        emit_cpu (self, store_gpr, sizeof store_gpr, (guint) id,
                  gpr + (guint) id * 8);
      else if (!store &&
               (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0)
        emit_cpu (self, load_gpr, sizeof load_gpr, (guint) id,
                  gpr + (guint) id * 8);
      break;
    default:
      break;
    }
  }
}

/* The hidden operands that emit_hidden() can serve. */
static gboolean
hidden_is_known (const Draft *self)
{
  for (guint i = self->insn->operand_count_visible;
       i < self->insn->operand_count; i++) {
    const ZydisDecodedOperand *operand = &self->operands[i];
    ZydisRegisterClass         klass;

    if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
      return FALSE;
    if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
      continue;
    klass = ZydisRegisterGetClass (operand->reg.value);
    if (klass == ZYDIS_REGCLASS_FLAGS ||
        operand->reg.value == ZYDIS_REGISTER_MXCSR)
      continue;
    if ((klass == ZYDIS_REGCLASS_XMM || klass == ZYDIS_REGCLASS_GPR32 ||
         klass == ZYDIS_REGCLASS_GPR64) &&
        ZydisRegisterGetId (operand->reg.value) <= 2)
      continue;
    return FALSE;
  }
  return TRUE;
}

/* -- renaming ------------------------------------------------------------ */

static ZydisRegister
rename_register (const ZydisDecodedOperand *operand, guint i)
{
  ZydisRegisterClass klass = ZydisRegisterGetClass (operand->reg.value);

  switch (klass) {
  case ZYDIS_REGCLASS_XMM:
  case ZYDIS_REGCLASS_YMM:
    return ZydisRegisterEncode (klass, (ZyanU8) (i + 1));
  case ZYDIS_REGCLASS_MMX:
    return ZydisRegisterEncode (klass, (ZyanU8) i);
  case ZYDIS_REGCLASS_GPR8: {
    /* Zydis numbers AH to BH between BL and SPL: by name instead. */
    static const ZydisRegister low[MOS_THUNK_MAX_OPERANDS] = {
      ZYDIS_REGISTER_R9B, ZYDIS_REGISTER_R10B, ZYDIS_REGISTER_R11B,
      ZYDIS_REGISTER_AL
    };

    return low[i];
  }
  default:
    return ZydisRegisterEncode (klass, general_regs[i]);
  }
}

/* Encodes the instruction with scratch registers; FALSE if impossible. */
static gboolean
encode_renamed (const Draft *self, guint8 *code, ZyanUSize *size)
{
  ZydisEncoderRequest request;

  if (self->insn->operand_count_visible > MOS_THUNK_MAX_OPERANDS + 1 ||
      !ZYAN_SUCCESS (ZydisEncoderDecodedInstructionToEncoderRequest (
          self->insn, self->operands, self->insn->operand_count_visible,
          &request)))
    return FALSE;
  request.machine_mode = ZYDIS_MACHINE_MODE_LONG_64;
  request.prefixes = 0;
  request.address_size_hint = ZYDIS_ADDRESS_SIZE_HINT_NONE;

  for (guint i = 0; i < request.operand_count; i++) {
    const ZydisDecodedOperand *operand = &self->operands[i];
    ZydisEncoderOperand       *out = &request.operands[i];

    if (i >= MOS_THUNK_MAX_OPERANDS &&
        operand->type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
      return FALSE;
    if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
      if (kind_of (operand) == KIND_NONE)
        return FALSE;
      out->reg.value = rename_register (operand, i);
    } else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
      out->mem.base = pointer_names[i];
      out->mem.index = ZYDIS_REGISTER_NONE;
      out->mem.scale = 0;
      out->mem.displacement = 0;
    }
  }
  *size = ZYDIS_MAX_INSTRUCTION_LENGTH;
  return ZYAN_SUCCESS (ZydisEncoderEncodeInstruction (&request, code, size));
}

static void
emit_flags (Draft *self)
{
  /* LAHF; SETO AL; MOVZX EAX, AX; MOV [fl], EAX */
  static const guint8 gather[] = { 0x9f, 0x0f, 0x90, 0xc0, 0x0f, 0xb7, 0xc0 };
  static const guint8 store[] = { 0x41, 0x89 };

  emit (self, gather, sizeof gather);
  emit_cpu (self, store, sizeof store, 0, G_STRUCT_OFFSET (MosSoftCpu, fl));
}

static gboolean
is_read (const ZydisDecodedOperand *operand)
{
  /* Partly written registers keep the rest, so load those too. */
  return operand->type == ZYDIS_OPERAND_TYPE_REGISTER;
}

static gboolean
is_written (const ZydisDecodedOperand *operand)
{
  return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
         (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
}

static void
assemble (Draft *self, const guint8 *code, guint size)
{
  static const guint8 vzeroupper[] = { 0xc5, 0xf8, 0x77 };
  static const guint8 emms[] = { 0x0f, 0x77 };
  static const guint8 ret[] = { 0xc3 };
  guint n = MIN (self->insn->operand_count_visible, MOS_THUNK_MAX_OPERANDS);

  if (self->floating)
    emit_mxcsr (self, CPU_LDMXCSR, G_STRUCT_OFFSET (MosSoftCpu, scratch_mxcsr));
  for (guint i = 0; i < n; i++) {
    if (is_read (&self->operands[i]))
      emit_move (self, i, FALSE);
  }
  emit_hidden (self, FALSE);
  emit (self, code, size);
  /* Stores first: RAX may hold an operand, and moves change no flags. */
  for (guint i = 0; i < n; i++) {
    if (is_written (&self->operands[i]))
      emit_move (self, i, TRUE);
  }
  emit_hidden (self, TRUE);
  if (writes_flags (self->insn))
    emit_flags (self);
  if (self->floating) {
    emit_mxcsr (self, CPU_STMXCSR, G_STRUCT_OFFSET (MosSoftCpu, scratch_mxcsr));
    emit_mxcsr (self, CPU_LDMXCSR, G_STRUCT_OFFSET (MosSoftCpu, host_mxcsr));
  }
  if (self->vex)
    emit (self, vzeroupper, sizeof vzeroupper);
  if (self->mmx)
    emit (self, emms, sizeof emms);
  emit (self, ret, sizeof ret);
}

/* With the lock held: makes the thunk, or both of them, in the arena. */
static gpointer
install_locked (MosThunks    *self,
                Draft        *draft,
                gboolean      floating,
                const guint8 *code,
                guint         size)
{
  guint at = (self->used + 15) & ~15u;

  if (at + 2 * THUNK_MAX_BYTES > ARENA_BYTES)
    return NULL;
  assemble (draft, code, size);
  memcpy (self->writable + at, draft->bytes, draft->n);
  self->used = at + draft->n;
  if (floating) {
    draft->floating = TRUE;
    draft->n = 0;
    assemble (draft, code, size);
    memcpy (self->writable + at + MOS_THUNK_FLOATING_AT, draft->bytes,
            draft->n);
    self->used = at + MOS_THUNK_FLOATING_AT + draft->n;
  }
  return self->executable + at;
}

MosThunk
mos_thunk_find (MosThunks                     *self,
                const ZydisDecodedInstruction *insn,
                const ZydisDecodedOperand     *operands,
                gboolean                       floating)
{
  guint8    code[ZYDIS_MAX_INSTRUCTION_LENGTH];
  ZyanUSize size;
  Draft     draft = { .insn = insn, .operands = operands };
  g_autoptr (GBytes) key = NULL;
  gpointer entry;

  draft.vex = insn->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;
  for (guint i = 0; i < insn->operand_count_visible; i++)
    draft.mmx |= kind_of (&operands[i]) == KIND_MMX;
  if (self == NULL || !hidden_is_known (&draft) ||
      !encode_renamed (&draft, code, &size))
    return NULL;

  key = g_bytes_new (code, size);
  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->by_code, key);
  if (entry == NULL) {
    entry = install_locked (self, &draft, floating, code, (guint) size);
    if (entry != NULL)
      g_hash_table_insert (self->by_code, g_bytes_ref (key), entry);
  }
  g_mutex_unlock (&self->lock);
  return (MosThunk) (guintptr) entry;
}
