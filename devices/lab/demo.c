/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The educational demo device; demo.h says what it is for.
 *
 * Everything happens under the device's lock, on vCPU threads (registers), the
 * I/O thread (timer, copies) and whoever turns the switches. A copy takes
 * time, so that a driver has something to wait for; guest memory is touched
 * with the lock let go, since the guest may point it at the device itself.
 */
#include "devices/lab/demo.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define IDENTITY    0x314f4d31 /* "1MO1" */
#define REVISION    1
#define US          G_GINT64_CONSTANT (1000)
#define MS          G_GINT64_CONSTANT (1000000)
#define COPY_BASE   (20 * US) /* what every copy takes … */
#define COPY_BYTE   10        /* … and nanoseconds for each byte */
#define SLOW_FACTOR 100
/* A periodic timer that is faster is slowed down to this. */
#define FASTEST_US 20

enum {
  CTRL_RESET = 1u << 0,
  CTRL_INTERRUPT = 1u << 1,
  CTRL_BLINK = 1u << 2
};

/* Causes of the interrupt. */
enum {
  CAUSE_TIMER = 1u << 0,
  CAUSE_COPY = 1u << 1,
  CAUSE_QUEUE = 1u << 2,
  CAUSE_SWITCH = 1u << 3,
  CAUSE_ERROR = 1u << 4,
  CAUSE_SOFTWARE = 1u << 5,
  CAUSES = 0x3f
};

enum {
  STATUS_INTERRUPT = 1u << 0,
  STATUS_BUSY = 1u << 1,
  STATUS_QUEUE_EMPTY = 1u << 2,
  STATUS_QUEUE_FULL = 1u << 3,
  STATUS_TIMER = 1u << 4,
  STATUS_ERROR = 1u << 5
};

enum {
  TIMER_RUN = 1u << 0,
  TIMER_PERIODIC = 1u << 1
};

enum {
  COPY_START = 1u << 0,
  COPY_TO_GUEST = 1u << 1,
  COPY_INVERT = 1u << 2,
  COPY_SUM = 1u << 3
};

typedef enum {
  ERROR_NONE,
  ERROR_RANGE,    /* a copy over the end of the buffer */
  ERROR_BUS,      /* it may not master the bus, or there is no memory */
  ERROR_OVERFLOW, /* the queue was full */
  ERROR_UNDERFLOW,
  ERROR_BUSY,    /* started while a copy was under way */
  ERROR_INJECTED /* ordered by FAULT */
} DemoError;

enum {
  FAULT_NO_INTERRUPT = 1u << 0, /* causes are set, the wire stays silent */
  FAULT_COPY_FAILS = 1u << 1,
  FAULT_CORRUPT = 1u << 2, /* a copy changes one bit */
  FAULT_SLOW = 1u << 3,
  FAULT_STUCK = 1u << 4 /* a copy never ends */
};

typedef struct {
  MosPciDevice      pci;
  MosRegisterBank  *bank;
  MosRegisterWindow registers;
  MosIoWindow       ports;
  MosIoWindow       memory;
  MosPanel         *panel; /* or NULL */
  MosTimer          timer;
  MosTimer          copy;
  gint64            timer_due_ns;
  gint64            copy_due_ns;
  guint64           serial; /* of the copy under way: a reset makes it stale */

  guint32 control;
  guint32 causes;
  guint32 enable;
  guint32 lights;
  guint32 digits;
  guint32 switches;
  guint32 timer_us;
  guint32 timer_control;
  guint32 queue[MOS_DEMO_QUEUE_ENTRIES];
  guint32 queue_first;
  guint16 queue_count;
  guint16 queue_level;
  guint32 copy_low;
  guint32 copy_high;
  guint32 copy_offset;
  guint32 copy_bytes;
  guint32 copy_control;
  guint32 copy_sum;
  guint16 error;
  guint16 fault;
  guint32 scratch;
  guint32 ticks; /* the timer's, since the last reset */
  guint8  buffer[MOS_DEMO_BUFFER_BYTES];
} Demo;

/* -- interrupt ----------------------------------------------------------- */

static void
update (Demo *self)
{
  gboolean wanted = (self->control & CTRL_INTERRUPT) != 0 &&
                    (self->causes & self->enable) != 0 &&
                    (self->fault & FAULT_NO_INTERRUPT) == 0;

  mos_pci_device_interrupt (&self->pci, wanted);
}

static void
cause (Demo *self, guint32 causes)
{
  self->causes |= causes;
  update (self);
}

static void
fail (Demo *self, DemoError error)
{
  self->error = (guint16) error;
  cause (self, CAUSE_ERROR);
}

/* -- timer --------------------------------------------------------------- */

static void
arm_timer (Demo *self, gint64 from_ns)
{
  guint32 us = MAX (self->timer_us, FASTEST_US);

  self->timer_due_ns = from_ns + us * US;
  mos_timer_arm (&self->timer, self->timer_due_ns);
}

static void
timer_cb (gpointer user_data)
{
  Demo *self = user_data;

  g_mutex_lock (&self->pci.device.lock);
  if ((self->timer_control & TIMER_RUN) != 0) {
    gint64 now_ns = mos_clock_now (self->pci.device.bus->clock);

    self->ticks++;
    /* Late ticks are not made up for, so that a slow host goes on. */
    if ((self->timer_control & TIMER_PERIODIC) != 0)
      arm_timer (self, MAX (self->timer_due_ns, now_ns - MS));
    else
      self->timer_control &= ~(guint32) TIMER_RUN;
    cause (self, CAUSE_TIMER);
  }
  g_mutex_unlock (&self->pci.device.lock);
}

static void
write_timer_control (MosDevice *device, const MosRegister *row, guint64 value)
{
  Demo *self = (Demo *) device;

  self->timer_control = (guint32) value;
  if ((value & TIMER_RUN) != 0)
    arm_timer (self, mos_clock_now (device->bus->clock));
  else
    mos_timer_disarm (&self->timer);
}

/* Microseconds until the timer fires. */
static guint64
read_timer_left (MosDevice *device, const MosRegister *row)
{
  Demo  *self = (Demo *) device;
  gint64 left_ns = self->timer_due_ns - mos_clock_now (device->bus->clock);

  if ((self->timer_control & TIMER_RUN) == 0 || left_ns <= 0)
    return 0;
  return (guint64) (left_ns / US);
}

/* -- queue --------------------------------------------------------------- */

static void
write_queue (MosDevice *device, const MosRegister *row, guint64 value)
{
  Demo *self = (Demo *) device;
  guint at = (self->queue_first + self->queue_count) % MOS_DEMO_QUEUE_ENTRIES;

  if (self->queue_count == MOS_DEMO_QUEUE_ENTRIES) {
    fail (self, ERROR_OVERFLOW);
    return;
  }
  self->queue[at] = (guint32) value;
  self->queue_count++;
  if (self->queue_level != 0 && self->queue_count >= self->queue_level)
    cause (self, CAUSE_QUEUE);
}

static guint64
read_queue (MosDevice *device, const MosRegister *row)
{
  Demo   *self = (Demo *) device;
  guint32 value = self->queue[self->queue_first];

  if (self->queue_count == 0) {
    fail (self, ERROR_UNDERFLOW);
    return 0;
  }
  self->queue_first = (self->queue_first + 1) % MOS_DEMO_QUEUE_ENTRIES;
  self->queue_count--;
  return value;
}

/* -- copies -------------------------------------------------------------- */

/* What a copy does with the bytes on their way. */
static void
transform (Demo *self, guint32 control, guint8 *data, gsize size)
{
  guint32 sum = 0;

  if ((control & COPY_INVERT) != 0)
    for (gsize i = 0; i < size; i++)
      data[i] = (guint8) ~data[i];
  for (gsize i = 0; i < size; i++)
    sum += data[i];
  if ((control & COPY_SUM) != 0)
    self->copy_sum = sum;
  if ((self->fault & FAULT_CORRUPT) != 0 && size > 0)
    data[size / 2] ^= 1;
}

/* Lets the lock go around guest memory; FALSE if it is not all there. */
static gboolean
move (Demo *self, guint8 *data, gsize size, gboolean to_guest)
{
  MosMemoryMap *memory = self->pci.device.bus->memory;
  guint64       gpa = self->copy_low | (guint64) self->copy_high << 32;
  gboolean      ok;

  g_mutex_unlock (&self->pci.device.lock);
  ok = to_guest ? mos_memory_map_write (memory, gpa, data, size)
                : mos_memory_map_read (memory, gpa, data, size);
  g_mutex_lock (&self->pci.device.lock);
  return ok;
}

/* The time of a copy is over. */
static void
run_copy (Demo *self)
{
  guint32            control = self->copy_control;
  guint32            offset = self->copy_offset;
  gsize              size = self->copy_bytes;
  guint64            serial = self->serial;
  g_autofree guint8 *data = g_malloc (MOS_DEMO_BUFFER_BYTES);
  gboolean           ok;

  if ((control & COPY_TO_GUEST) != 0) {
    memcpy (data, self->buffer + offset, size);
    transform (self, control, data, size);
  }
  ok = move (self, data, size, (control & COPY_TO_GUEST) != 0);
  if (serial != self->serial)
    return; /* a reset came in between */
  if (ok && (control & COPY_TO_GUEST) == 0) {
    transform (self, control, data, size);
    memcpy (self->buffer + offset, data, size);
  }
  self->copy_control &= ~(guint32) COPY_START;
  if (!ok)
    fail (self, ERROR_BUS);
  cause (self, CAUSE_COPY);
}

static void
copy_cb (gpointer user_data)
{
  Demo *self = user_data;

  g_mutex_lock (&self->pci.device.lock);
  if ((self->copy_control & COPY_START) != 0)
    run_copy (self);
  g_mutex_unlock (&self->pci.device.lock);
}

static void
write_copy_control (MosDevice *device, const MosRegister *row, guint64 value)
{
  Demo  *self = (Demo *) device;
  gint64 ns = COPY_BASE + (gint64) self->copy_bytes * COPY_BYTE;

  if ((self->copy_control & COPY_START) != 0) {
    fail (self, ERROR_BUSY);
    return;
  }
  value &= COPY_START | COPY_TO_GUEST | COPY_INVERT | COPY_SUM;
  self->copy_control = (guint32) value;
  if ((value & COPY_START) == 0)
    return;
  self->copy_control &= ~(guint32) COPY_START;
  if (self->copy_offset >= MOS_DEMO_BUFFER_BYTES ||
      self->copy_bytes > MOS_DEMO_BUFFER_BYTES - self->copy_offset) {
    fail (self, ERROR_RANGE);
    return;
  }
  if (!mos_pci_device_is_master (&self->pci)) {
    fail (self, ERROR_BUS);
    return;
  }
  if ((self->fault & FAULT_COPY_FAILS) != 0) {
    fail (self, ERROR_INJECTED);
    return;
  }
  self->copy_control |= COPY_START;
  if ((self->fault & FAULT_STUCK) != 0)
    return;
  if ((self->fault & FAULT_SLOW) != 0)
    ns *= SLOW_FACTOR;
  self->copy_due_ns = mos_clock_now (device->bus->clock) + ns;
  mos_timer_arm (&self->copy, self->copy_due_ns);
}

/* -- the other registers ------------------------------------------------- */

/* As a driver resets it; the configuration space stays. */
static void
reset_parts (Demo *self)
{
  mos_timer_disarm (&self->timer);
  mos_timer_disarm (&self->copy);
  self->serial++;
  self->queue_first = 0;
  self->queue_count = 0;
  memset (self->queue, 0, sizeof self->queue);
  memset (self->buffer, 0, sizeof self->buffer);
  mos_register_bank_reset (self->bank, &self->pci.device);
  if (self->panel != NULL)
    self->switches = mos_panel_get_switches (self->panel);
  update (self);
}

/* ID and REVISION: the same value always. */
static guint64
read_constant (MosDevice *device, const MosRegister *row)
{
  return row->reset;
}

static void
write_control (MosDevice *device, const MosRegister *row, guint64 value)
{
  Demo *self = (Demo *) device;

  if ((value & CTRL_RESET) != 0) {
    reset_parts (self);
    return;
  }
  self->control = (guint32) value;
  update (self);
}

static guint64
read_status (MosDevice *device, const MosRegister *row)
{
  Demo   *self = (Demo *) device;
  guint32 status = 0;

  if ((self->causes & self->enable) != 0)
    status |= STATUS_INTERRUPT;
  if ((self->copy_control & COPY_START) != 0)
    status |= STATUS_BUSY;
  if (self->queue_count == 0)
    status |= STATUS_QUEUE_EMPTY;
  if (self->queue_count == MOS_DEMO_QUEUE_ENTRIES)
    status |= STATUS_QUEUE_FULL;
  if ((self->timer_control & TIMER_RUN) != 0)
    status |= STATUS_TIMER;
  if (self->error != ERROR_NONE)
    status |= STATUS_ERROR;
  return status;
}

/* @value: the causes that are left. */
static void
write_causes (MosDevice *device, const MosRegister *row, guint64 value)
{
  Demo *self = (Demo *) device;

  self->causes = (guint32) value;
  if ((value & CAUSE_ERROR) == 0)
    self->error = ERROR_NONE;
  update (self);
}

static void
write_enable (MosDevice *device, const MosRegister *row, guint64 value)
{
  Demo *self = (Demo *) device;

  self->enable = (guint32) value;
  update (self);
}

static void
write_raise (MosDevice *device, const MosRegister *row, guint64 value)
{
  if ((value & 1) != 0)
    cause ((Demo *) device, CAUSE_SOFTWARE);
}

static void
write_fault (MosDevice *device, const MosRegister *row, guint64 value)
{
  Demo *self = (Demo *) device;

  self->fault = (guint16) value;
  update (self);
}

static void
switches_cb (gpointer device, guint32 switches)
{
  Demo *self = device;

  g_mutex_lock (&self->pci.device.lock);
  if (self->switches != (switches & 0xff)) {
    self->switches = switches & 0xff;
    cause (self, CAUSE_SWITCH);
  }
  g_mutex_unlock (&self->pci.device.lock);
}

/* -- data sheet ---------------------------------------------------------- */

static const MosField control_fields[] = {
  { "RESET", 0, 1, N_ ("Writing 1 resets the device; reads 0") },
  { "INTERRUPT", 1, 1, N_ ("The interrupt pin follows the enabled causes") },
  { "BLINK", 2, 1, N_ ("The lights blink") },
  { NULL },
};

static const MosField status_fields[] = {
  { "INTERRUPT", 0, 1, N_ ("An enabled cause waits") },
  { "BUSY", 1, 1, N_ ("A copy is under way") },
  { "EMPTY", 2, 1, N_ ("The queue is empty") },
  { "FULL", 3, 1, N_ ("The queue is full") },
  { "TIMER", 4, 1, N_ ("The timer runs") },
  { "ERROR", 5, 1, N_ ("ERROR says what went wrong") },
  { NULL },
};

static const MosField cause_fields[] = {
  { "TIMER", 0, 1, N_ ("The timer has fired") },
  { "COPY", 1, 1, N_ ("A copy has ended") },
  { "QUEUE", 2, 1, N_ ("The queue has reached its level") },
  { "SWITCH", 3, 1, N_ ("A switch was turned") },
  { "ERROR", 4, 1, N_ ("Something went wrong") },
  { "SOFTWARE", 5, 1, N_ ("RAISE was written") },
  { NULL },
};

static const MosField timer_fields[] = {
  { "RUN", 0, 1, N_ ("It counts; a single shot ends by itself") },
  { "PERIODIC", 1, 1, N_ ("It starts again when it has fired") },
  { NULL },
};

static const MosField copy_fields[] = {
  { "START", 0, 1, N_ ("Begins; reads 1 until the copy has ended") },
  { "TO_GUEST", 1, 1, N_ ("From the buffer to memory, else the other way") },
  { "INVERT", 2, 1, N_ ("Turns every bit over on the way") },
  { "SUM", 3, 1, N_ ("Puts the sum of the bytes into COPY_SUM") },
  { NULL },
};

static const MosField fault_fields[] = {
  { "NO_INTERRUPT", 0, 1, N_ ("Causes are set, but the pin stays silent") },
  { "COPY_FAILS", 1, 1, N_ ("Copies end with an error") },
  { "CORRUPT", 2, 1, N_ ("Copies change one bit") },
  { "SLOW", 3, 1, N_ ("Copies take a hundred times as long") },
  { "STUCK", 4, 1, N_ ("Copies never end") },
  { NULL },
};

static const MosField error_fields[] = {
  { "CODE", 0, 3,
    N_ ("0 none, 1 range, 2 bus, 3 overflow, 4 underflow, 5 busy, 6 ordered") },
  { NULL },
};

#define RO         MOS_REGISTER_RO
#define RW         MOS_REGISTER_RW
#define AT(member) G_STRUCT_OFFSET (Demo, member)

/* clang-format off */
static const MosRegister rows[] = {
  { "ID", 0x00, 4, RO, MOS_NO_CELL, IDENTITY, 0, NULL,
    N_ ("Always 0x314f4d31: how a driver knows the device"),
    read_constant, NULL },
  { "REVISION", 0x04, 4, RO, MOS_NO_CELL, REVISION, 0, NULL,
    N_ ("Of this data sheet"), read_constant, NULL },
  { "CTRL", 0x08, 4, RW, AT (control), 0, 0x7, control_fields,
    N_ ("Switches the device's parts"), NULL, write_control },
  { "STATUS", 0x0c, 4, RO, MOS_NO_CELL, 0, 0, status_fields,
    N_ ("What the device is doing"), read_status, NULL },
  { "CAUSE", 0x10, 4, MOS_REGISTER_W1C, AT (causes), 0, CAUSES, cause_fields,
    N_ ("Why it interrupts; writing 1 clears a cause"), NULL, write_causes },
  { "ENABLE", 0x14, 4, RW, AT (enable), 0, CAUSES, cause_fields,
    N_ ("Which causes reach the interrupt pin"), NULL, write_enable },
  { "RAISE", 0x18, 4, MOS_REGISTER_WO, MOS_NO_CELL, 0, 0, NULL,
    N_ ("Writing 1 causes an interrupt"), NULL, write_raise },
  { "LIGHTS", 0x1c, 4, RW, AT (lights), 0, 0xff, NULL,
    N_ ("Eight lights, one a bit"), NULL, NULL },
  { "DIGITS", 0x20, 4, RW, AT (digits), 0, 0xffff, NULL,
    N_ ("Four digits, shown in hexadecimal"), NULL, NULL },
  { "SWITCHES", 0x24, 4, RO, AT (switches), 0, 0, NULL,
    N_ ("Eight switches, turned on the panel"), NULL, NULL },
  { "TIMER_US", 0x28, 4, RW, AT (timer_us), 1000, 0, NULL,
    N_ ("How long the timer takes, in microseconds, at least 20"), NULL, NULL },
  { "TIMER_CTRL", 0x2c, 4, RW, AT (timer_control), 0, 0x3, timer_fields,
    N_ ("Starts and stops the timer"), NULL, write_timer_control },
  { "TIMER_LEFT", 0x30, 4, RO, MOS_NO_CELL, 0, 0, NULL,
    N_ ("Microseconds until the timer fires"), read_timer_left, NULL },
  { "TICKS", 0x34, 4, RO, AT (ticks), 0, 0, NULL,
    N_ ("How often the timer has fired"), NULL, NULL },
  { "QUEUE", 0x38, 4, RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0, NULL,
    N_ ("Writing puts a word into the queue of 16, reading takes one out"),
    read_queue, write_queue },
  { "QUEUE_COUNT", 0x3c, 2, RO, AT (queue_count), 0, 0, NULL,
    N_ ("Words in the queue"), NULL, NULL },
  { "QUEUE_LEVEL", 0x3e, 2, RW, AT (queue_level), 0, 0x1f, NULL,
    N_ ("Interrupt at so many words; 0 never"), NULL, NULL },
  { "COPY_LOW", 0x40, 4, RW, AT (copy_low), 0, 0, NULL,
    N_ ("Address in memory, lower half"), NULL, NULL },
  { "COPY_HIGH", 0x44, 4, RW, AT (copy_high), 0, 0, NULL,
    N_ ("Address in memory, upper half"), NULL, NULL },
  { "COPY_OFFSET", 0x48, 4, RW, AT (copy_offset), 0, 0xfff, NULL,
    N_ ("Where in the buffer"), NULL, NULL },
  { "COPY_BYTES", 0x4c, 4, RW, AT (copy_bytes), 0, 0x1fff, NULL,
    N_ ("How many bytes, up to 4096"), NULL, NULL },
  { "COPY_CTRL", 0x50, 4, RW, AT (copy_control), 0, 0xf, copy_fields,
    N_ ("Starts a copy; the function must be bus master"), NULL,
    write_copy_control },
  { "COPY_SUM", 0x54, 4, RO, AT (copy_sum), 0, 0, NULL,
    N_ ("Sum of the bytes of the last copy with SUM"), NULL, NULL },
  { "ERROR", 0x58, 2, RO, AT (error), 0, 0, error_fields,
    N_ ("What went wrong last; clear CAUSE.ERROR to forget it"), NULL, NULL },
  { "FAULT", 0x5a, 2, RW, AT (fault), 0, 0x1f, fault_fields,
    N_ ("Faults ordered, to try a driver with"), NULL, write_fault },
  { "SCRATCH", 0x5c, 4, RW, AT (scratch), 0, 0, NULL,
    N_ ("Keeps what is written"), NULL, NULL },
};
/* clang-format on */

const MosRegister *
mos_demo_registers (guint *n)
{
  *n = G_N_ELEMENTS (rows);
  return rows;
}

/* -- memory window ------------------------------------------------------- */

static guint64
memory_read (gpointer opaque, guint64 offset, guint size)
{
  Demo   *self = opaque;
  guint64 value = 0;

  if (offset < MOS_DEMO_BANK_BYTES)
    return mos_register_bank_read (self->bank, &self->pci.device,
                                   (guint) offset, size, 0);
  if (offset >= MOS_DEMO_BUFFER)
    memcpy (&value, self->buffer + (offset - MOS_DEMO_BUFFER), size);
  return GUINT64_FROM_LE (value);
}

static void
memory_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  Demo *self = opaque;

  if (offset < MOS_DEMO_BANK_BYTES)
    mos_register_bank_write (self->bank, &self->pci.device, (guint) offset,
                             value, size);
  value = GUINT64_TO_LE (value);
  if (offset >= MOS_DEMO_BUFFER)
    memcpy (self->buffer + (offset - MOS_DEMO_BUFFER), &value, size);
}

static const MosIoOps memory_ops = {
  .read = memory_read,
  .write = memory_write,
  .min_size = 1,
  .max_size = 8,
};

/* -- class --------------------------------------------------------------- */

static void
demo_init (MosDevice *device)
{
  Demo *self = (Demo *) device;

  self->bank = mos_device_add_bank (device, "registers", rows,
                                    G_N_ELEMENTS (rows), MOS_DEMO_BANK_BYTES);
  mos_timer_init (&self->timer, device->bus->clock, timer_cb, self);
  mos_timer_init (&self->copy, device->bus->clock, copy_cb, self);
}

static void
demo_reset (MosDevice *device)
{
  Demo *self = (Demo *) device;

  mos_pci_device_reset (&self->pci);
  reset_parts (self);
}

static void
demo_clear (MosDevice *device)
{
  Demo *self = (Demo *) device;

  if (self->panel != NULL)
    mos_panel_set_device (self->panel, NULL, NULL);
  g_clear_pointer (&self->panel, mos_panel_unref);
  mos_timer_clear (&self->timer);
  mos_timer_clear (&self->copy);
  mos_pci_device_clear (&self->pci);
}

static gboolean
demo_loaded (MosDevice *device, GError **error)
{
  Demo *self = (Demo *) device;

  /* What no guest could have written is brought into range. */
  self->queue_first %= MOS_DEMO_QUEUE_ENTRIES;
  self->queue_count = (guint16) MIN (self->queue_count, MOS_DEMO_QUEUE_ENTRIES);
  self->copy_offset &= MOS_DEMO_BUFFER_BYTES - 1;
  self->copy_bytes =
      MIN (self->copy_bytes, MOS_DEMO_BUFFER_BYTES - self->copy_offset);
  mos_pci_device_loaded (&self->pci);
  mos_timer_disarm (&self->timer);
  mos_timer_disarm (&self->copy);
  if ((self->timer_control & TIMER_RUN) != 0)
    mos_timer_arm (&self->timer, self->timer_due_ns);
  if ((self->copy_control & COPY_START) != 0 &&
      (self->fault & FAULT_STUCK) == 0)
    mos_timer_arm (&self->copy, self->copy_due_ns);
  return TRUE;
}

static const MosStateField state[] = {
  MOS_PCI_STATE_FIELDS,
  MOS_STATE (Demo, timer_due_ns, MOS_STATE_U64),
  MOS_STATE (Demo, copy_due_ns, MOS_STATE_U64),
  MOS_STATE (Demo, control, MOS_STATE_U32),
  MOS_STATE (Demo, causes, MOS_STATE_U32),
  MOS_STATE (Demo, enable, MOS_STATE_U32),
  MOS_STATE (Demo, lights, MOS_STATE_U32),
  MOS_STATE (Demo, digits, MOS_STATE_U32),
  MOS_STATE (Demo, switches, MOS_STATE_U32),
  MOS_STATE (Demo, timer_us, MOS_STATE_U32),
  MOS_STATE (Demo, timer_control, MOS_STATE_U32),
  MOS_STATE_ARRAY (Demo, queue, MOS_STATE_U32, MOS_DEMO_QUEUE_ENTRIES),
  MOS_STATE (Demo, queue_first, MOS_STATE_U32),
  MOS_STATE (Demo, queue_count, MOS_STATE_U16),
  MOS_STATE (Demo, queue_level, MOS_STATE_U16),
  MOS_STATE (Demo, copy_low, MOS_STATE_U32),
  MOS_STATE (Demo, copy_high, MOS_STATE_U32),
  MOS_STATE (Demo, copy_offset, MOS_STATE_U32),
  MOS_STATE (Demo, copy_bytes, MOS_STATE_U32),
  MOS_STATE (Demo, copy_control, MOS_STATE_U32),
  MOS_STATE (Demo, copy_sum, MOS_STATE_U32),
  MOS_STATE (Demo, error, MOS_STATE_U16),
  MOS_STATE (Demo, fault, MOS_STATE_U16),
  MOS_STATE (Demo, scratch, MOS_STATE_U32),
  MOS_STATE (Demo, ticks, MOS_STATE_U32),
  MOS_STATE_ARRAY (Demo, buffer, MOS_STATE_BYTES, MOS_DEMO_BUFFER_BYTES),
  { NULL },
};

const MosDeviceClass mos_demo_class = {
  .name = "demo",
  .title = N_ ("Educational demo device"),
  .help = N_ ("Lights, digits, switches, a timer, a queue, a copy engine, and "
              "faults to order"),
  .instance_size = sizeof (Demo),
  .state_version = 1,
  .state = state,
  .init = demo_init,
  .reset = demo_reset,
  .clear = demo_clear,
  .loaded = demo_loaded,
};

static const MosPciInfo info = {
  .vendor_id = MOS_DEMO_VENDOR,
  .device_id = MOS_DEMO_DEVICE,
  .class_code = 0xff0000, /* fits no class */
  .revision = REVISION,
  .subsystem_vendor_id = MOS_DEMO_VENDOR,
  .subsystem_id = 1,
  .interrupt_pin = 1,
};

MosDevice *
mos_demo_new (MosBus *bus, MosPciBus *pci, guint devfn, MosPanel *panel)
{
  Demo      *self = mos_device_new (&mos_demo_class, bus, "demo");
  MosDevice *device = &self->pci.device;

  mos_pci_device_setup (&self->pci, &info);
  mos_device_window_init (device, &self->memory, "demo", &memory_ops, self, 0,
                          MOS_DEMO_BUFFER + MOS_DEMO_BUFFER_BYTES);
  mos_pci_device_add_memory_bar (&self->pci, 0, MOS_PCI_BAR_MEMORY,
                                 &self->memory);
  mos_pci_device_add_msi (&self->pci);
  mos_pci_device_attach (&self->pci, pci, devfn);
  self->registers = (MosRegisterWindow){ .device = device, .bank = self->bank };
  mos_device_window_init (device, &self->ports, "demo",
                          &mos_register_window_ops, &self->registers,
                          MOS_DEMO_PORTS, MOS_DEMO_BANK_BYTES);
  mos_bus_map_ports (bus, &self->ports);
  if (panel != NULL) {
    self->panel = mos_panel_ref (panel);
    self->switches = mos_panel_get_switches (panel) & 0xff;
    mos_panel_set_device (panel, switches_cb, self);
  }
  return device;
}
