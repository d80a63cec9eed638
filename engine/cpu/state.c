/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A processor's state: reset, saved, loaded, described.
 *
 * A saved state may come from a file that somebody made, so loading checks
 * everything that a processor could not be in and takes all or nothing. Intel
 * SDM volume 3, "Processor Management and Initialization"; the FPU's and
 * SSE's reset values follow "x87 FPU State" and "MXCSR State" there.
 */

#include "engine/cpu/state.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"

#define STATE_VERSION    1u
#define FXSAVE_BYTES     512u
#define XSAVE_MIN_BYTES  576u
#define MAX_NESTED_BYTES (1u << 20)
#define PENDING_TYPE     "(bybubbyybbbbbyb)"

/* Offsets in the XSAVE image (Intel SDM volume 1, "Legacy Region of an XSAVE
 * Area" and "XSAVE Header"). */
enum {
  XSAVE_FCW = 0,
  XSAVE_FTW = 4,
  XSAVE_MXCSR = 24,
  XSAVE_MXCSR_MASK = 28,
  XSAVE_XSTATE_BV = 512
};

/* Offsets of local APIC registers that are not zero after reset. */
enum {
  LAPIC_ID = 0x20,
  LAPIC_VERSION = 0x30,
  LAPIC_DFR = 0xe0,
  LAPIC_SVR = 0xf0,
  LAPIC_LVT_TIMER = 0x320,
  LAPIC_LVT_LINT0 = 0x350,
  LAPIC_LVT_ERROR = 0x370
};

/* The plain 64-bit numbers, by the key they are saved under. */
typedef struct {
  const char *key;
  gsize       offset;
  guint       count;
} Numbers;

static const Numbers numbers[] = {
  { "gpr", G_STRUCT_OFFSET (MosCpuState, gpr), MOS_N_GPRS },
  { "rip", G_STRUCT_OFFSET (MosCpuState, rip), 1 },
  { "rflags", G_STRUCT_OFFSET (MosCpuState, rflags), 1 },
  { "cr0", G_STRUCT_OFFSET (MosCpuState, cr0), 1 },
  { "cr2", G_STRUCT_OFFSET (MosCpuState, cr2), 1 },
  { "cr3", G_STRUCT_OFFSET (MosCpuState, cr3), 1 },
  { "cr4", G_STRUCT_OFFSET (MosCpuState, cr4), 1 },
  { "cr8", G_STRUCT_OFFSET (MosCpuState, cr8), 1 },
  { "xcr0", G_STRUCT_OFFSET (MosCpuState, xcr0), 1 },
  { "efer", G_STRUCT_OFFSET (MosCpuState, efer), 1 },
  { "apic-base", G_STRUCT_OFFSET (MosCpuState, apic_base), 1 },
  { "dr", G_STRUCT_OFFSET (MosCpuState, dr), 4 },
  { "dr6", G_STRUCT_OFFSET (MosCpuState, dr6), 1 },
  { "dr7", G_STRUCT_OFFSET (MosCpuState, dr7), 1 },
  { "pdptr", G_STRUCT_OFFSET (MosCpuState, pdptr), 4 },
};

/* What stands beside the numbers; "nested" may be missing. */
static const char *const other_keys[] = { "version",  "pdptr-valid", "segments",
                                          "tables",   "xsave",       "lapic",
                                          "lapic-ns", "msrs",        "mp-state",
                                          "pending",  NULL };

/* Names for people, in the order of the enumerations. */
static const char *const gpr_names[MOS_N_GPRS] = { "RAX", "RCX", "RDX", "RBX",
                                                   "RSP", "RBP", "RSI", "RDI",
                                                   "R8",  "R9",  "R10", "R11",
                                                   "R12", "R13", "R14", "R15" };
static const char *const seg_names[MOS_N_SEGS] = { "ES", "CS", "SS",   "DS",
                                                   "FS", "GS", "LDTR", "TR" };
static const char *const mp_names[] = { "runnable", "waiting for SIPI",
                                        "halted", "shut down" };

static void
store_u32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static void
reset_segments (MosCpuState *self)
{
  for (guint i = 0; i < MOS_N_SEGS; i++)
    self->seg[i] = (MosSegment){
      .limit = 0xffff,
      .type = MOS_DESC_WRITABLE | MOS_DESC_ACCESSED,
      .s = 1,
      .present = 1,
    };
  self->seg[MOS_SEG_CS].base = 0xffff0000;
  self->seg[MOS_SEG_CS].selector = 0xf000;
  self->seg[MOS_SEG_CS].type |= MOS_DESC_CODE;
  self->seg[MOS_SEG_LDTR].s = 0;
  self->seg[MOS_SEG_LDTR].type = MOS_DESC_LDT;
  self->seg[MOS_SEG_TR].s = 0;
  self->seg[MOS_SEG_TR].type = MOS_DESC_TSS_BUSY;
  self->gdt.limit = 0xffff;
  self->idt.limit = 0xffff;
}

static void
reset_fpu (MosCpuState *self)
{
  self->xsave_bytes = XSAVE_MIN_BYTES;
  self->xsave[XSAVE_FCW] = 0x40;
  self->xsave[XSAVE_FTW] = 0xff; /* all registers hold zero */
  store_u32 (self->xsave + XSAVE_MXCSR, 0x1f80);
  store_u32 (self->xsave + XSAVE_MXCSR_MASK, 0xffff);
  self->xsave[XSAVE_XSTATE_BV] = MOS_XCR0_X87 | MOS_XCR0_SSE;
  self->xcr0 = MOS_XCR0_X87;
}

/* All local sources are masked but one: the boot processor takes the 8259's
 * interrupts at LINT0, as it would with the APIC's wires bypassed. Firmware and
 * guests that know of no APIC rely on it. */
static void
reset_lapic (MosCpuState *self, guint apic_id, gboolean boot)
{
  store_u32 (self->lapic + LAPIC_ID, apic_id << 24);
  store_u32 (self->lapic + LAPIC_VERSION, 0x00050014);
  store_u32 (self->lapic + LAPIC_DFR, 0xffffffff);
  store_u32 (self->lapic + LAPIC_SVR, 0xff);
  for (guint lvt = LAPIC_LVT_TIMER; lvt <= LAPIC_LVT_ERROR; lvt += 0x10)
    store_u32 (self->lapic + lvt, 0x10000);
  if (boot)
    store_u32 (self->lapic + LAPIC_LVT_LINT0, 0x700);
  self->lapic_timer_deadline_ns = G_MAXINT64;
}

void
mos_cpu_state_reset (MosCpuState *self, guint apic_id, gboolean boot)
{
  g_return_if_fail (self != NULL);

  memset (self, 0, sizeof *self);
  self->gpr[MOS_RDX] = 0x600; /* the family, for guests before CPUID */
  self->rip = 0xfff0;
  self->rflags = MOS_RFLAGS_ONE;
  self->cr0 = MOS_CR0_ET | MOS_CR0_NW | MOS_CR0_CD;
  self->dr6 = MOS_DR6_RESET;
  self->dr7 = MOS_DR7_RESET;
  self->apic_base = MOS_APIC_BASE_RESET | MOS_APIC_BASE_ENABLE |
                    (boot ? MOS_APIC_BASE_BSP : 0);
  reset_segments (self);
  reset_fpu (self);
  reset_lapic (self, apic_id, boot);
  for (guint i = 0; i < mos_n_msrs; i++)
    if ((mos_msrs[i].flags & MOS_MSR_STATE) != 0) {
      MosMsrEntry *entry = mos_cpu_state_msr (self, mos_msrs[i].index);

      g_assert (entry != NULL);
      entry->value = mos_msrs[i].reset;
    }
  self->mp_state = boot ? MOS_MP_RUNNABLE : MOS_MP_WAIT_FOR_SIPI;
}

void
mos_cpu_state_clear (MosCpuState *self)
{
  if (self != NULL)
    g_clear_pointer (&self->nested, g_bytes_unref);
}

MosMsrEntry *
mos_cpu_state_msr (MosCpuState *self, guint32 index)
{
  for (guint i = 0; i < self->n_msrs; i++)
    if (self->msrs[i].index == index)
      return &self->msrs[i];
  if (self->n_msrs == MOS_STATE_MAX_MSRS)
    return NULL;
  self->msrs[self->n_msrs] = (MosMsrEntry){ .index = index };
  return &self->msrs[self->n_msrs++];
}

static GVariant *
bytes_variant (const guint8 *bytes, gsize size)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, size, 1);
}

static GVariant *
save_segments (const MosCpuState *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tuqyyyyyyyyy)"));
  for (guint i = 0; i < MOS_N_SEGS; i++) {
    const MosSegment *s = &self->seg[i];

    g_variant_builder_add (&builder, "(tuqyyyyyyyyy)", s->base, s->limit,
                           s->selector, s->type, s->s, s->dpl, s->present,
                           s->avl, s->l, s->db, s->g, s->unusable);
  }
  return g_variant_builder_end (&builder);
}

static GVariant *
save_msrs (const MosCpuState *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ut)"));
  for (guint i = 0; i < self->n_msrs; i++)
    g_variant_builder_add (&builder, "(ut)", self->msrs[i].index,
                           self->msrs[i].value);
  return g_variant_builder_end (&builder);
}

static GVariant *
save_pending (const MosCpuState *self)
{
  const MosPendingEvents *p = &self->pending;

  return g_variant_new (
      PENDING_TYPE, p->exception_pending, p->exception_vector,
      p->exception_has_error, p->exception_error, p->interrupt_injected,
      p->interrupt_soft, p->interrupt_vector, p->interrupt_shadow,
      p->nmi_pending, p->nmi_injected, p->nmi_masked, p->smi_pending, p->in_smm,
      p->sipi_vector, p->sipi_pending);
}

GVariant *
mos_cpu_state_save (const MosCpuState *self)
{
  GVariantDict dict;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (self->xsave_bytes <= MOS_XSAVE_BYTES, NULL);

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "version", "u", STATE_VERSION);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_variant_dict_insert_value (
        &dict, numbers[i].key,
        g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64,
                                   (const guint8 *) self + numbers[i].offset,
                                   numbers[i].count, sizeof (guint64)));
  g_variant_dict_insert (&dict, "pdptr-valid", "b", self->pdptr_valid);
  g_variant_dict_insert_value (&dict, "segments", save_segments (self));
  g_variant_dict_insert (&dict, "tables", "(tqtq)", self->gdt.base,
                         self->gdt.limit, self->idt.base, self->idt.limit);
  g_variant_dict_insert_value (&dict, "xsave",
                               bytes_variant (self->xsave, self->xsave_bytes));
  g_variant_dict_insert_value (&dict, "lapic",
                               bytes_variant (self->lapic, MOS_LAPIC_BYTES));
  g_variant_dict_insert (&dict, "lapic-ns", "x", self->lapic_timer_deadline_ns);
  g_variant_dict_insert_value (&dict, "msrs", save_msrs (self));
  g_variant_dict_insert (&dict, "mp-state", "u", (guint32) self->mp_state);
  g_variant_dict_insert_value (&dict, "pending", save_pending (self));
  if (self->nested != NULL)
    g_variant_dict_insert_value (
        &dict, "nested",
        g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, self->nested,
                                  TRUE));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static gboolean
refuse (GError **error, const char *key, const char *what)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("The saved processor cannot be loaded: “%s” %s. The file is "
                  "damaged or was not written by MultiOS Lab."),
               key, what);
  return FALSE;
}

static gboolean
check_keys (GVariant *state, GError **error)
{
  GVariantIter iter;
  const char  *key;
  GVariant    *value;

  g_variant_iter_init (&iter, state);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value)) {
    gboolean known =
        g_strv_contains (other_keys, key) || g_str_equal (key, "nested");

    for (gsize i = 0; !known && i < G_N_ELEMENTS (numbers); i++)
      known = g_str_equal (numbers[i].key, key);
    if (!known) {
      refuse (error, key, _ ("is not known"));
      g_variant_unref (value);
      return FALSE;
    }
  }
  return TRUE;
}

/* The value of @key, which must be there and of @type. */
static GVariant *
take (GVariantDict *dict, const char *key, const char *type, GError **error)
{
  GVariant *value =
      g_variant_dict_lookup_value (dict, key, G_VARIANT_TYPE (type));

  if (value == NULL)
    refuse (error, key, _ ("is missing or of the wrong type"));
  return value;
}

static gboolean
load_version (GVariantDict *dict, GError **error)
{
  g_autoptr (GVariant) value = take (dict, "version", "u", error);

  if (value == NULL)
    return FALSE;
  if (g_variant_get_uint32 (value) == STATE_VERSION)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("The saved processor has format %u; this MultiOS Lab knows "
                  "format %u. Load it with the version that saved it."),
               g_variant_get_uint32 (value), STATE_VERSION);
  return FALSE;
}

static gboolean
load_numbers (MosCpuState *self, GVariantDict *dict, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
    const Numbers *row = &numbers[i];
    g_autoptr (GVariant) value = take (dict, row->key, "at", error);
    gsize         n;
    gconstpointer data;

    if (value == NULL)
      return FALSE;
    data = g_variant_get_fixed_array (value, &n, sizeof (guint64));
    if (n != row->count)
      return refuse (error, row->key, _ ("has the wrong number of elements"));
    memcpy ((guint8 *) self + row->offset, data, n * sizeof (guint64));
  }
  return TRUE;
}

static gboolean
load_segments (MosCpuState *self, GVariantDict *dict, GError **error)
{
  g_autoptr (GVariant) value =
      take (dict, "segments", "a(tuqyyyyyyyyy)", error);

  if (value == NULL)
    return FALSE;
  if (g_variant_n_children (value) != MOS_N_SEGS)
    return refuse (error, "segments", _ ("has the wrong number of elements"));
  for (guint i = 0; i < MOS_N_SEGS; i++) {
    MosSegment *s = &self->seg[i];

    g_variant_get_child (value, i, "(tuqyyyyyyyyy)", &s->base, &s->limit,
                         &s->selector, &s->type, &s->s, &s->dpl, &s->present,
                         &s->avl, &s->l, &s->db, &s->g, &s->unusable);
    if (s->type > 15 || s->dpl > 3 ||
        (s->s | s->present | s->avl | s->l | s->db | s->g | s->unusable) > 1)
      return refuse (error, "segments", _ ("has attributes out of range"));
  }
  return TRUE;
}

static gboolean
load_tables (MosCpuState *self, GVariantDict *dict, GError **error)
{
  g_autoptr (GVariant) value = take (dict, "tables", "(tqtq)", error);

  if (value == NULL)
    return FALSE;
  g_variant_get (value, "(tqtq)", &self->gdt.base, &self->gdt.limit,
                 &self->idt.base, &self->idt.limit);
  return TRUE;
}

static gboolean
load_images (MosCpuState *self, GVariantDict *dict, GError **error)
{
  g_autoptr (GVariant) xsave = take (dict, "xsave", "ay", error);
  g_autoptr (GVariant) lapic = NULL;
  gsize         n;
  gconstpointer data;

  if (xsave == NULL || (lapic = take (dict, "lapic", "ay", error)) == NULL)
    return FALSE;
  data = g_variant_get_fixed_array (xsave, &n, 1);
  if (n != FXSAVE_BYTES && (n < XSAVE_MIN_BYTES || n > MOS_XSAVE_BYTES))
    return refuse (error, "xsave", _ ("has an impossible size"));
  memcpy (self->xsave, data, n);
  self->xsave_bytes = n;

  data = g_variant_get_fixed_array (lapic, &n, 1);
  if (n != MOS_LAPIC_BYTES)
    return refuse (error, "lapic", _ ("has an impossible size"));
  memcpy (self->lapic, data, n);
  return TRUE;
}

static gboolean
load_msrs (MosCpuState *self, GVariantDict *dict, GError **error)
{
  g_autoptr (GVariant) value = take (dict, "msrs", "a(ut)", error);
  gsize n;

  if (value == NULL)
    return FALSE;
  n = g_variant_n_children (value);
  if (n > MOS_STATE_MAX_MSRS)
    return refuse (error, "msrs", _ ("has too many elements"));
  for (gsize i = 0; i < n; i++) {
    MosMsrEntry entry;

    g_variant_get_child (value, i, "(ut)", &entry.index, &entry.value);
    mos_cpu_state_msr (self, entry.index)->value = entry.value;
    if (self->n_msrs != i + 1)
      return refuse (error, "msrs", _ ("names a register twice"));
  }
  return TRUE;
}

static gboolean
load_pending (MosCpuState *self, GVariantDict *dict, GError **error)
{
  MosPendingEvents *p = &self->pending;
  g_autoptr (GVariant) value = take (dict, "pending", PENDING_TYPE, error);

  if (value == NULL)
    return FALSE;
  g_variant_get (
      value, PENDING_TYPE, &p->exception_pending, &p->exception_vector,
      &p->exception_has_error, &p->exception_error, &p->interrupt_injected,
      &p->interrupt_soft, &p->interrupt_vector, &p->interrupt_shadow,
      &p->nmi_pending, &p->nmi_injected, &p->nmi_masked, &p->smi_pending,
      &p->in_smm, &p->sipi_vector, &p->sipi_pending);
  if (p->exception_vector >= MOS_N_EXCEPTIONS || p->interrupt_shadow > 3)
    return refuse (error, "pending", _ ("is out of range"));
  return TRUE;
}

static gboolean
load_rest (MosCpuState *self, GVariantDict *dict, GError **error)
{
  g_autoptr (GVariant) mp = take (dict, "mp-state", "u", error);
  g_autoptr (GVariant) valid = NULL;
  g_autoptr (GVariant) deadline = NULL;
  g_autoptr (GVariant) nested = NULL;

  if (mp == NULL || (valid = take (dict, "pdptr-valid", "b", error)) == NULL ||
      (deadline = take (dict, "lapic-ns", "x", error)) == NULL)
    return FALSE;
  if (g_variant_get_uint32 (mp) > MOS_MP_SHUTDOWN)
    return refuse (error, "mp-state", _ ("is out of range"));
  self->mp_state = g_variant_get_uint32 (mp);
  self->pdptr_valid = g_variant_get_boolean (valid);
  self->lapic_timer_deadline_ns = g_variant_get_int64 (deadline);

  if (!g_variant_dict_contains (dict, "nested"))
    return TRUE;
  nested = take (dict, "nested", "ay", error);
  if (nested == NULL)
    return FALSE;
  if (g_variant_get_size (nested) > MAX_NESTED_BYTES)
    return refuse (error, "nested", _ ("has an impossible size"));
  self->nested = g_variant_get_data_as_bytes (nested);
  return TRUE;
}

/* A combination that no sequence of instructions leads to. */
static gboolean
check_modes (const MosCpuState *self, GError **error)
{
  gboolean paging = (self->cr0 & MOS_CR0_PG) != 0;
  gboolean lme = (self->efer & MOS_EFER_LME) != 0;
  gboolean lma = (self->efer & MOS_EFER_LMA) != 0;

  if (paging && (self->cr0 & MOS_CR0_PE) == 0)
    return refuse (error, "cr0", _ ("has paging without protected mode"));
  if (self->cr0 >> 32 != 0)
    return refuse (error, "cr0", _ ("has bits above 31"));
  if (lma != (lme && paging))
    return refuse (error, "efer", _ ("contradicts CR0 about long mode"));
  if (lma && (self->cr4 & MOS_CR4_PAE) == 0)
    return refuse (error, "cr4", _ ("has long mode without PAE"));
  if (self->cr8 > 15)
    return refuse (error, "cr8", _ ("is out of range"));
  if ((self->rflags & ~MOS_RFLAGS_DEFINED) != 0 ||
      (self->rflags & MOS_RFLAGS_ONE) == 0)
    return refuse (error, "rflags", _ ("has impossible bits"));
  if ((self->xcr0 & MOS_XCR0_X87) == 0)
    return refuse (error, "xcr0", _ ("lacks the x87 bit"));
  return TRUE;
}

gboolean
mos_cpu_state_load (MosCpuState *self, GVariant *state, GError **error)
{
  g_autofree MosCpuState *loaded = g_new0 (MosCpuState, 1);
  GVariantDict            dict;
  gboolean                ok;

  g_return_val_if_fail (self != NULL && state != NULL, FALSE);

  if (!g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT))
    return refuse (error, g_variant_get_type_string (state),
                   _ ("is not a dictionary"));
  g_variant_dict_init (&dict, state);
  ok = load_version (&dict, error) && check_keys (state, error) &&
       load_numbers (loaded, &dict, error) &&
       load_segments (loaded, &dict, error) &&
       load_tables (loaded, &dict, error) &&
       load_images (loaded, &dict, error) && load_msrs (loaded, &dict, error) &&
       load_pending (loaded, &dict, error) &&
       load_rest (loaded, &dict, error) && check_modes (loaded, error);
  g_variant_dict_clear (&dict);
  if (!ok) {
    mos_cpu_state_clear (loaded);
    return FALSE;
  }
  mos_cpu_state_clear (self);
  *self = *loaded;
  return TRUE;
}

static const char *
mode_name (const MosCpuState *self)
{
  if ((self->efer & MOS_EFER_LMA) != 0)
    return self->seg[MOS_SEG_CS].l ? "64-bit" : "compatibility";
  if ((self->cr0 & MOS_CR0_PE) == 0)
    return "real";
  if ((self->rflags & MOS_RFLAGS_VM) != 0)
    return "virtual-8086";
  return self->seg[MOS_SEG_CS].db ? "protected, 32-bit" : "protected, 16-bit";
}

static void
describe_register (GString        *out,
                   const char     *name,
                   guint64         value,
                   const MosField *fields)
{
  g_autoptr (GString) bits = g_string_new (NULL);

  mos_fields_describe (fields, value, bits);
  g_string_append_printf (out, "%-6s %016" G_GINT64_MODIFIER "x  %s\n", name,
                          value, bits->str);
}

static void
describe_segments (GString *out, const MosCpuState *self)
{
  for (guint i = 0; i < MOS_N_SEGS; i++) {
    const MosSegment *s = &self->seg[i];

    g_string_append_printf (out,
                            "%-4s %04x base %016" G_GINT64_MODIFIER
                            "x limit %08x type %x%s dpl %u%s%s%s\n",
                            seg_names[i], s->selector, s->base, s->limit,
                            s->type, s->s ? "" : " system", s->dpl,
                            s->l ? " 64-bit" : "", s->db ? " 32-bit" : "",
                            s->unusable || !s->present ? " unusable" : "");
  }
  g_string_append_printf (out,
                          "GDT  base %016" G_GINT64_MODIFIER "x limit %04x\n"
                          "IDT  base %016" G_GINT64_MODIFIER "x limit %04x\n",
                          self->gdt.base, self->gdt.limit, self->idt.base,
                          self->idt.limit);
}

char *
mos_cpu_state_describe (const MosCpuState *self)
{
  GString *out;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_new (NULL);
  g_string_append_printf (out, "Mode: %s, %s\n", mode_name (self),
                          mp_names[MIN (self->mp_state, MOS_MP_SHUTDOWN)]);
  for (guint i = 0; i < MOS_N_GPRS; i++)
    g_string_append_printf (out, "%-3s %016" G_GINT64_MODIFIER "x%s",
                            gpr_names[i], self->gpr[i],
                            i % 4 == 3 ? "\n" : "  ");
  describe_register (out, "RIP", self->rip, NULL);
  describe_register (out, "RFLAGS", self->rflags, mos_rflags_fields);
  describe_segments (out, self);
  describe_register (out, "CR0", self->cr0, mos_cr0_fields);
  describe_register (out, "CR2", self->cr2, NULL);
  describe_register (out, "CR3", self->cr3, mos_cr3_fields);
  describe_register (out, "CR4", self->cr4, mos_cr4_fields);
  describe_register (out, "CR8", self->cr8, NULL);
  describe_register (out, "EFER", self->efer, mos_efer_fields);
  describe_register (out, "DR6", self->dr6, mos_dr6_fields);
  describe_register (out, "DR7", self->dr7, mos_dr7_fields);
  return g_string_free (out, FALSE);
}
