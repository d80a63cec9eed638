/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The kernel's interrupt controllers and timer in the board's own words.
 *
 * A board on the software CPU has a PIC, an I/O APIC and a PIT of its own and
 * saves their members by name. The kernel's are turned into the same form, so
 * that a machine saved on one backend goes on on the other. What one side does
 * not know is put as after reset; the phase of a periodic timer may be lost.
 * Intel data sheets 8259A, 82093AA, 8254.
 */

#include <glib/gi18n-lib.h>
#include <string.h>
#include <time.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"

#define STATE_VERSION 1u
#define N_PINS        KVM_IOAPIC_NUM_PINS
#define N_COUNTERS    3
#define PIT_HZ        1193182
#define NS_PER_S      G_GINT64_CONSTANT (1000000000)
#define IOAPIC_GPA    0xfec00000u
#define ENTRY_LEVEL   0x8000u
#define GATE2         0x01
#define SPEAKER       0x02
#define UNPROGRAMMED  0xff /* the kernel's mode of a counter nobody set up */

/* How the kernel notes which byte of a count comes next. */
enum {
  BYTE_LOW = 1,
  BYTE_HIGH = 2,
  BYTE_FIRST = 3,
  BYTE_SECOND = 4
};

typedef struct {
  guint8 level[2], irr[2], isr[2], imr[2], elcr[2];
  guint8 base[2], lowest[2], expect[2], icw4_comes[2], single[2];
  guint8 auto_eoi[2], rotate_auto[2], special_mask[2], special_nested[2];
  guint8 read_isr[2], poll[2];
} Pic;

typedef struct {
  guint32 index, id, level, request;
  guint64 table[N_PINS];
} Ioapic;

typedef struct {
  gboolean irq_enabled;
  guint8   port61;
  guint64  load_tick[N_COUNTERS], held_ticks[N_COUNTERS];
  guint32  initial[N_COUNTERS];
  guint16  latched_count[N_COUNTERS];
  guint8   mode[N_COUNTERS], bcd[N_COUNTERS], rw[N_COUNTERS];
  guint8   gate[N_COUNTERS], counting[N_COUNTERS], loaded[N_COUNTERS];
  guint8   count_latched[N_COUNTERS], status_latched[N_COUNTERS];
  guint8   latched_status[N_COUNTERS], read_high[N_COUNTERS];
  guint8   write_high[N_COUNTERS], write_low[N_COUNTERS];
} Pit;

typedef struct {
  const char *name;
  gsize       offset;
  gsize       bytes;
} Member;

#define MEMBER(type, member)                                                \
  {                                                                         \
#member, G_STRUCT_OFFSET(type, member), sizeof(((type *) NULL)->member) \
  }

static const Member pic_members[] = {
  MEMBER (Pic, level),
  MEMBER (Pic, irr),
  MEMBER (Pic, isr),
  MEMBER (Pic, imr),
  MEMBER (Pic, elcr),
  MEMBER (Pic, base),
  MEMBER (Pic, lowest),
  MEMBER (Pic, expect),
  MEMBER (Pic, icw4_comes),
  MEMBER (Pic, single),
  MEMBER (Pic, auto_eoi),
  MEMBER (Pic, rotate_auto),
  MEMBER (Pic, special_mask),
  MEMBER (Pic, special_nested),
  MEMBER (Pic, read_isr),
  MEMBER (Pic, poll),
  { NULL },
};

static const Member ioapic_members[] = {
  MEMBER (Ioapic, index),   MEMBER (Ioapic, id),    MEMBER (Ioapic, level),
  MEMBER (Ioapic, request), MEMBER (Ioapic, table), { NULL },
};

static const Member pit_members[] = {
  MEMBER (Pit, irq_enabled),
  MEMBER (Pit, port61),
  MEMBER (Pit, load_tick),
  MEMBER (Pit, held_ticks),
  MEMBER (Pit, initial),
  MEMBER (Pit, latched_count),
  MEMBER (Pit, mode),
  MEMBER (Pit, bcd),
  MEMBER (Pit, rw),
  MEMBER (Pit, gate),
  MEMBER (Pit, counting),
  MEMBER (Pit, loaded),
  MEMBER (Pit, count_latched),
  MEMBER (Pit, status_latched),
  MEMBER (Pit, latched_status),
  MEMBER (Pit, read_high),
  MEMBER (Pit, write_high),
  MEMBER (Pit, write_low),
  { NULL },
};

/* -- to and from dictionaries -------------------------------------------- */

static GVariant *
save_members (gconstpointer data, const Member *members)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "version", "u", STATE_VERSION);
  for (const Member *m = members; m->name != NULL; m++)
    g_variant_dict_insert_value (
        &dict, m->name,
        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                   (const guint8 *) data + m->offset, m->bytes,
                                   1));
  return g_variant_dict_end (&dict);
}

static gboolean
refuse (GError **error, const char *chip, const char *member)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("The saved interrupt controllers cannot be loaded: “%s” has "
                  "no valid “%s”. The file is damaged or was made by another "
                  "version."),
               chip, member);
  return FALSE;
}

static gboolean
load_members (gpointer      data,
              const Member *members,
              GVariant     *state,
              const char   *chip,
              GError      **error)
{
  g_autoptr (GVariant) dict =
      g_variant_lookup_value (state, chip, G_VARIANT_TYPE_VARDICT);
  guint32 version = 0;

  if (dict == NULL || !g_variant_lookup (dict, "version", "u", &version) ||
      version != STATE_VERSION)
    return refuse (error, chip, "version");
  for (const Member *m = members; m->name != NULL; m++) {
    g_autoptr (GVariant) value =
        g_variant_lookup_value (dict, m->name, G_VARIANT_TYPE_BYTESTRING);

    if (value == NULL || g_variant_get_size (value) != m->bytes)
      return refuse (error, chip, m->name);
    memcpy ((guint8 *) data + m->offset, g_variant_get_data (value), m->bytes);
  }
  return TRUE;
}

/* -- the two 8259s ------------------------------------------------------- */

static void
pic_from_kernel (Pic *pic, const MosKvmChips *chips)
{
  for (guint i = 0; i < 2; i++) {
    const struct kvm_pic_state *s = &chips->irqchips[i].chip.pic;

    pic->level[i] = s->last_irr;
    pic->irr[i] = s->irr;
    pic->isr[i] = s->isr;
    pic->imr[i] = s->imr;
    pic->elcr[i] = s->elcr;
    pic->base[i] = s->irq_base;
    pic->lowest[i] = s->priority_add & 7;
    pic->expect[i] = s->init_state;
    pic->icw4_comes[i] = s->init4;
    pic->auto_eoi[i] = s->auto_eoi;
    pic->rotate_auto[i] = s->rotate_on_auto_eoi;
    pic->special_mask[i] = s->special_mask;
    pic->special_nested[i] = s->special_fully_nested_mode;
    pic->read_isr[i] = s->read_reg_select;
    pic->poll[i] = s->poll;
  }
}

static void
pic_to_kernel (const Pic *pic, MosKvmChips *chips)
{
  static const guint8 elcr_writable[2] = { 0xf8, 0xde };

  for (guint i = 0; i < 2; i++)
    chips->irqchips[i].chip.pic = (struct kvm_pic_state){
      .last_irr = pic->level[i],
      .irr = pic->irr[i],
      .isr = pic->isr[i],
      .imr = pic->imr[i],
      .elcr = pic->elcr[i] & elcr_writable[i],
      .elcr_mask = elcr_writable[i],
      .irq_base = pic->base[i],
      .priority_add = pic->lowest[i] & 7,
      .init_state = pic->expect[i] & 3,
      .init4 = pic->icw4_comes[i] != 0,
      .auto_eoi = pic->auto_eoi[i] != 0,
      .rotate_on_auto_eoi = pic->rotate_auto[i] != 0,
      .special_mask = pic->special_mask[i] != 0,
      .special_fully_nested_mode = pic->special_nested[i] != 0,
      .read_reg_select = pic->read_isr[i] != 0,
      .poll = pic->poll[i] != 0,
    };
}

/* -- the I/O APIC -------------------------------------------------------- */

/* The kernel keeps one bit an input: asked and not delivered. */
static void
ioapic_from_kernel (Ioapic *ioapic, const MosKvmChips *chips)
{
  const struct kvm_ioapic_state *s =
      &chips->irqchips[KVM_IRQCHIP_IOAPIC].chip.ioapic;

  *ioapic = (Ioapic){
    .index = s->ioregsel,
    .id = (s->id & 15) << 24,
    .request = s->irr,
  };
  for (guint i = 0; i < N_PINS; i++) {
    ioapic->table[i] = s->redirtbl[i].bits;
    if ((ioapic->table[i] & ENTRY_LEVEL) != 0)
      ioapic->level |= s->irr & 1u << i;
  }
}

static void
ioapic_to_kernel (const Ioapic *ioapic, MosKvmChips *chips)
{
  struct kvm_ioapic_state *s = &chips->irqchips[KVM_IRQCHIP_IOAPIC].chip.ioapic;

  *s = (struct kvm_ioapic_state){
    .base_address = IOAPIC_GPA,
    .ioregsel = ioapic->index & 0xff,
    .id = ioapic->id >> 24 & 15,
    .irr = ioapic->request & ((1u << N_PINS) - 1),
  };
  for (guint i = 0; i < N_PINS; i++)
    s->redirtbl[i].bits = ioapic->table[i];
}

/* -- the PIT ------------------------------------------------------------- */

/* How many ticks ago a counter was loaded, if the kernel has noted it. */
static guint64
ticks_since (gint64 load_ns)
{
  struct timespec now;
  gint64          ns;

  if (load_ns <= 0 || clock_gettime (CLOCK_MONOTONIC, &now) != 0)
    return 0;
  ns = now.tv_sec * NS_PER_S + now.tv_nsec - load_ns;
  return ns <= 0 ? 0
                 : (guint64) (ns / NS_PER_S) * PIT_HZ +
                       (guint64) (ns % NS_PER_S) * PIT_HZ / NS_PER_S;
}

static void
counter_from_kernel (Pit                                *pit,
                     guint                               n,
                     const struct kvm_pit_channel_state *s,
                     guint64                             now_tick)
{
  gboolean programmed = s->mode <= 5;

  pit->mode[n] = programmed ? s->mode : 3;
  pit->loaded[n] = programmed;
  pit->counting[n] = programmed;
  pit->initial[n] = CLAMP (s->count, 1, 0x10000);
  pit->load_tick[n] =
      now_tick - MIN (ticks_since (s->count_load_time), now_tick);
  pit->bcd[n] = s->bcd != 0;
  pit->rw[n] = s->rw_mode & 3;
  pit->gate[n] = s->gate != 0;
  pit->latched_count[n] = s->latched_count;
  if (s->count_latched != 0)
    pit->count_latched[n] = s->count_latched == BYTE_FIRST ? 2 : 1;
  pit->read_high[n] = s->count_latched != 0 ? s->count_latched == BYTE_SECOND
                                            : s->read_state == BYTE_SECOND;
  pit->status_latched[n] = s->status_latched != 0;
  pit->latched_status[n] = s->status;
  pit->write_high[n] = s->write_state == BYTE_SECOND;
  pit->write_low[n] = s->write_latch;
}

/* What comes next of a count that is read or written in @rw's way. */
static guint8
next_byte (guint8 rw, gboolean second)
{
  if (rw != 3)
    return rw;
  return second ? BYTE_SECOND : BYTE_FIRST;
}

static void
counter_to_kernel (const Pit *pit, guint n, struct kvm_pit_channel_state *s)
{
  guint8 rw = pit->rw[n] & 3;

  *s = (struct kvm_pit_channel_state){
    .count = pit->loaded[n] ? CLAMP (pit->initial[n], 1, 0x10000) : 0x10000,
    .mode = pit->loaded[n] ? MIN (pit->mode[n], 5) : UNPROGRAMMED,
    .bcd = pit->bcd[n] != 0,
    .rw_mode = rw,
    .gate = pit->gate[n] != 0,
    .latched_count = pit->latched_count[n],
    .count_latched = pit->count_latched[n] != 0
                         ? next_byte (rw, pit->count_latched[n] == 1)
                         : 0,
    .read_state = next_byte (rw, pit->read_high[n] != 0),
    .status_latched = pit->status_latched[n] != 0,
    .status = pit->latched_status[n],
    .write_state = next_byte (rw, pit->write_high[n] != 0),
    .write_latch = pit->write_low[n],
  };
}

static void
pit_from_kernel (Pit *pit, const MosKvmChips *chips, gint64 now_ns)
{
  guint64 now_tick = (guint64) (now_ns / NS_PER_S) * PIT_HZ +
                     (guint64) (now_ns % NS_PER_S) * PIT_HZ / NS_PER_S;

  *pit = (Pit){
    .irq_enabled = (chips->pit.flags & KVM_PIT_FLAGS_HPET_LEGACY) == 0,
    .port61 =
        (chips->pit.channels[2].gate != 0 ? GATE2 : 0) |
        ((chips->pit.flags & KVM_PIT_FLAGS_SPEAKER_DATA_ON) != 0 ? SPEAKER : 0),
  };
  for (guint n = 0; n < N_COUNTERS; n++)
    counter_from_kernel (pit, n, &chips->pit.channels[n], now_tick);
}

static void
pit_to_kernel (const Pit *pit, MosKvmChips *chips)
{
  chips->pit = (struct kvm_pit_state2){
    .flags = (pit->irq_enabled ? 0 : KVM_PIT_FLAGS_HPET_LEGACY) |
             ((pit->port61 & SPEAKER) != 0 ? KVM_PIT_FLAGS_SPEAKER_DATA_ON : 0),
  };
  for (guint n = 0; n < N_COUNTERS; n++)
    counter_to_kernel (pit, n, &chips->pit.channels[n]);
}

/* -- all of it ----------------------------------------------------------- */

GVariant *
mos_kvm_chips_describe (const MosKvmChips *chips, gint64 now_ns)
{
  Pic          pic = { 0 };
  Ioapic       ioapic;
  Pit          pit;
  GVariantDict dict;

  pic_from_kernel (&pic, chips);
  ioapic_from_kernel (&ioapic, chips);
  pit_from_kernel (&pit, chips, now_ns);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, "pic", save_members (&pic, pic_members));
  g_variant_dict_insert_value (&dict, "ioapic",
                               save_members (&ioapic, ioapic_members));
  g_variant_dict_insert_value (&dict, "pit", save_members (&pit, pit_members));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

gboolean
mos_kvm_chips_parse (GVariant *state, MosKvmChips *chips, GError **error)
{
  Pic    pic;
  Ioapic ioapic;
  Pit    pit;

  if (!load_members (&pic, pic_members, state, "pic", error) ||
      !load_members (&ioapic, ioapic_members, state, "ioapic", error) ||
      !load_members (&pit, pit_members, state, "pit", error))
    return FALSE;
  memset (chips, 0, sizeof *chips);
  for (guint i = 0; i < MOS_KVM_N_CHIPS; i++)
    chips->irqchips[i].chip_id = i;
  pic_to_kernel (&pic, chips);
  ioapic_to_kernel (&ioapic, chips);
  pit_to_kernel (&pit, chips);
  return TRUE;
}
