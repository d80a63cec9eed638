/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's serial port, after the National Semiconductor PC16550D data sheet.
 *
 * Time is relaxed: a byte leaves as soon as it is written, and input comes as
 * fast as the guest takes it, whatever the divisor says, so nothing is lost.
 * Interrupts are exact: sources, priorities, trigger levels, the character
 * time-out (by the machine's clock), and what reading each register clears.
 * The line falls before the next input byte is taken in, so a driver that
 * reads one byte an interrupt gets an edge for each.
 *
 * The interrupt pin passes through OUT2, as on a PC. Registers are accessed on
 * vCPU threads, input is announced on host threads, the time-out comes on the
 * I/O thread; all take the device's lock.
 */

#include "devices/serial/uart16550.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"

#define FIFO_BYTES 16
#define N_PORTS    8
#define CLOCK_HZ   1843200 /* of the crystal; one bit is 16 times the divisor */

enum {
  IER_RX = 0x01,
  IER_TX = 0x02,
  IER_LINE = 0x04,
  IER_MODEM = 0x08,
  IER_ALL = 0x0f
};

enum {
  IIR_MODEM = 0x00,
  IIR_NONE = 0x01,
  IIR_TX = 0x02,
  IIR_RX = 0x04,
  IIR_LINE = 0x06,
  IIR_TIMEOUT = 0x0c,
  IIR_FIFOS = 0xc0
};

enum {
  FCR_ENABLE = 0x01,
  FCR_CLEAR_RX = 0x02,
  FCR_STORED = 0xc9 /* enable, DMA mode, trigger level */
};

enum {
  LCR_LENGTH = 0x03,
  LCR_BREAK = 0x40,
  LCR_DLAB = 0x80
};

enum {
  MCR_DTR = 0x01,
  MCR_RTS = 0x02,
  MCR_OUT1 = 0x04,
  MCR_OUT2 = 0x08,
  MCR_LOOP = 0x10,
  MCR_ALL = 0x1f
};

enum {
  LSR_DR = 0x01,
  LSR_OE = 0x02,
  LSR_BI = 0x10,
  LSR_ERRORS = 0x1e,
  LSR_THRE = 0x20,
  LSR_TEMT = 0x40,
  LSR_FIFO_ERROR = 0x80
};

enum {
  MSR_DCTS = 0x01,
  MSR_TERI = 0x04,
  MSR_CTS = 0x10,
  MSR_DSR = 0x20,
  MSR_RI = 0x40,
  MSR_DCD = 0x80,
  MSR_DELTAS = 0x0f
};

typedef struct {
  MosDevice         device;
  MosRegisterWindow registers;
  MosIoWindow       window;
  MosCharPort      *port;
  MosLine           irq;
  MosTimer          timeout_timer;
  guint16           base;

  guint8  rbr; /* the last byte read */
  guint8  ier;
  guint8  fcr;
  guint8  lcr;
  guint8  mcr;
  guint8  lsr; /* DR and FIFO_ERROR are worked out */
  guint8  msr;
  guint8  scr;
  guint8  dll;
  guint8  dlm;
  guint8  rx[FIFO_BYTES];
  guint8  rx_errors[FIFO_BYTES]; /* LSR bits that come with the byte */
  guint32 rx_first;
  guint32 rx_count;
  guint8  timeout;    /* the character time-out has passed */
  guint8  tx_pending; /* the transmitter has announced that it is empty */
} Uart;

static Uart *
uart_of (MosDevice *device)
{
  return (Uart *) device;
}

/* Interrupts --------------------------------------------------------------- */

static guint
rx_trigger (const Uart *self)
{
  static const guint8 levels[] = { 1, 4, 8, 14 };

  return (self->fcr & FCR_ENABLE) != 0 ? levels[self->fcr >> 6] : 1;
}

static guint8
identify (const Uart *self)
{
  if ((self->ier & IER_LINE) != 0 && (self->lsr & LSR_ERRORS) != 0)
    return IIR_LINE;
  if ((self->ier & IER_RX) != 0 && self->rx_count >= rx_trigger (self))
    return IIR_RX;
  if ((self->ier & IER_RX) != 0 && self->timeout && self->rx_count > 0)
    return IIR_TIMEOUT;
  if ((self->ier & IER_TX) != 0 && self->tx_pending)
    return IIR_TX;
  if ((self->ier & IER_MODEM) != 0 && (self->msr & MSR_DELTAS) != 0)
    return IIR_MODEM;
  return IIR_NONE;
}

static void
update_irq (Uart *self)
{
  gboolean pending = identify (self) != IIR_NONE;

  mos_line_set (&self->irq, pending && (self->mcr & MCR_OUT2) != 0);
}

/* Receiving ---------------------------------------------------------------- */

static guint
rx_depth (const Uart *self)
{
  return (self->fcr & FCR_ENABLE) != 0 ? FIFO_BYTES : 1;
}

/* Four characters of ten bits without anything happening. */
static void
arm_timeout (Uart *self)
{
  gint64 divisor = MAX (self->dll | self->dlm << 8, 1);
  gint64 bit_ns = G_GINT64_CONSTANT (1000000000) * 16 * divisor / CLOCK_HZ;

  self->timeout = FALSE;
  if ((self->fcr & FCR_ENABLE) == 0 || self->rx_count == 0)
    mos_timer_disarm (&self->timeout_timer);
  else
    mos_timer_arm (&self->timeout_timer,
                   mos_clock_now (self->device.bus->clock) + 40 * bit_ns);
}

static void
timeout_cb (gpointer user_data)
{
  Uart *self = user_data;

  g_mutex_lock (&self->device.lock);
  self->timeout = self->rx_count > 0;
  update_irq (self);
  g_mutex_unlock (&self->device.lock);
}

/* The errors of the byte on top show in LSR while it is there. */
static void
show_errors (Uart *self)
{
  if (self->rx_count > 0) {
    self->lsr |= self->rx_errors[self->rx_first] & LSR_ERRORS;
    self->rx_errors[self->rx_first] = 0;
  }
}

static void
receive (Uart *self, guint8 byte, guint8 errors)
{
  guint last;

  if (self->rx_count >= rx_depth (self)) {
    /* The FIFO keeps its bytes; a single holding register is overwritten. */
    self->lsr |= LSR_OE;
    if ((self->fcr & FCR_ENABLE) == 0)
      self->rx[self->rx_first] = byte;
    return;
  }
  last = (self->rx_first + self->rx_count) % FIFO_BYTES;
  self->rx[last] = byte;
  self->rx_errors[last] = errors;
  self->rx_count++;
  show_errors (self);
}

static gboolean
is_loop (const Uart *self)
{
  return (self->mcr & MCR_LOOP) != 0;
}

/* Takes in what waits on the host's side; in loopback the pin is cut off. */
static void
fill (Uart *self)
{
  guint8 bytes[FIFO_BYTES];
  gsize  n;

  if (is_loop (self) || self->rx_count >= rx_depth (self))
    return;
  n = mos_char_port_read (self->port, bytes, rx_depth (self) - self->rx_count);
  for (gsize i = 0; i < n; i++)
    receive (self, bytes[i], 0);
  if (n > 0)
    arm_timeout (self);
  update_irq (self);
}

static void
ready_cb (gpointer user_data)
{
  Uart *self = user_data;

  g_mutex_lock (&self->device.lock);
  fill (self);
  g_mutex_unlock (&self->device.lock);
}

static void
clear_rx (Uart *self)
{
  self->rx_first = self->rx_count = 0;
  memset (self->rx_errors, 0, sizeof self->rx_errors);
  self->timeout = FALSE;
  mos_timer_disarm (&self->timeout_timer);
}

/* Registers ---------------------------------------------------------------- */

static gboolean
is_dlab (const Uart *self)
{
  return (self->lcr & LCR_DLAB) != 0;
}

static guint64
rbr_read (MosDevice *device, const MosRegister *row)
{
  Uart *self = uart_of (device);

  if (is_dlab (self))
    return self->dll;
  if (self->rx_count == 0)
    return self->rbr;
  self->rbr = self->rx[self->rx_first];
  self->rx_first = (self->rx_first + 1) % FIFO_BYTES;
  self->rx_count--;
  show_errors (self);
  arm_timeout (self);
  update_irq (self);
  if (self->rx_count == 0)
    fill (self);
  return self->rbr;
}

static void
transmit (Uart *self, guint8 byte)
{
  MosEvent event = {
    .time_ns = 0,
    .kind = MOS_EVENT_TEXT,
    .vcpu = G_MAXUINT16,
    .level = 1,
    .code = self->base,
    .a = byte,
  };

  byte &= (guint8) (0x1f << (self->lcr & LCR_LENGTH) | 0x1f);
  if (is_loop (self)) {
    receive (self, byte, 0);
    arm_timeout (self);
    return;
  }
  mos_char_port_write (self->port, &byte, 1);
  mos_trace_emit (self->device.bus->trace, &event);
}

static void
thr_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  Uart *self = uart_of (device);

  if (is_dlab (self)) {
    self->dll = (guint8) value;
    return;
  }
  self->tx_pending = FALSE;
  update_irq (self);
  transmit (self, (guint8) value);
  self->tx_pending = TRUE;
  update_irq (self);
}

static guint64
ier_read (MosDevice *device, const MosRegister *row)
{
  Uart *self = uart_of (device);

  return is_dlab (self) ? self->dlm : self->ier;
}

static void
ier_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  Uart  *self = uart_of (device);
  guint8 turned_on = (guint8) value & ~self->ier;

  if (is_dlab (self)) {
    self->dlm = (guint8) value;
    return;
  }
  self->ier = value & IER_ALL;
  /* Asking for it while the transmitter is empty announces it again. */
  if ((turned_on & IER_TX) != 0)
    self->tx_pending = TRUE;
  update_irq (self);
}

static guint64
iir_read (MosDevice *device, const MosRegister *row)
{
  Uart  *self = uart_of (device);
  guint8 iir = identify (self);

  if (iir == IIR_TX) {
    self->tx_pending = FALSE;
    update_irq (self);
  }
  return (self->fcr & FCR_ENABLE) != 0 ? iir | IIR_FIFOS : iir;
}

static void
fcr_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  Uart *self = uart_of (device);

  if (((value ^ self->fcr) & FCR_ENABLE) != 0 || (value & FCR_CLEAR_RX) != 0)
    clear_rx (self);
  self->fcr = (value & FCR_ENABLE) != 0 ? value & FCR_STORED : 0;
  update_irq (self);
  fill (self);
}

static void
lcr_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  Uart    *self = uart_of (device);
  gboolean begins = (value & ~self->lcr & LCR_BREAK) != 0;

  self->lcr = (guint8) value;
  if (begins && is_loop (self)) {
    receive (self, 0, LSR_BI);
    update_irq (self);
  }
}

/* Where the modem's lines come from: the other end, which is always there and
 * ready, or in loopback our own outputs. */
static guint8
modem_lines (const Uart *self)
{
  guint8 lines = 0;

  if (!is_loop (self))
    return MSR_CTS | MSR_DSR | MSR_DCD;
  if ((self->mcr & MCR_RTS) != 0)
    lines |= MSR_CTS;
  if ((self->mcr & MCR_DTR) != 0)
    lines |= MSR_DSR;
  if ((self->mcr & MCR_OUT1) != 0)
    lines |= MSR_RI;
  if ((self->mcr & MCR_OUT2) != 0)
    lines |= MSR_DCD;
  return lines;
}

static void
mcr_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  Uart  *self = uart_of (device);
  guint8 before = self->msr & (guint8) ~MSR_DELTAS;
  guint8 now, changed;

  self->mcr = value & MCR_ALL;
  now = modem_lines (self);
  changed = (before ^ now) >> 4;
  /* The ring indicator counts only when it stops. */
  if ((now & MSR_RI) != 0)
    changed &= (guint8) ~MSR_TERI;
  self->msr = now | (self->msr & MSR_DELTAS) | changed;
  update_irq (self);
  fill (self);
}

static guint64
lsr_read (MosDevice *device, const MosRegister *row)
{
  Uart  *self = uart_of (device);
  guint8 lsr = self->lsr;

  if (self->rx_count > 0)
    lsr |= LSR_DR;
  for (guint i = 0; i < FIFO_BYTES && (self->fcr & FCR_ENABLE) != 0; i++) {
    if (self->rx_errors[i] != 0)
      lsr |= LSR_FIFO_ERROR;
  }
  self->lsr &= (guint8) ~LSR_ERRORS;
  update_irq (self);
  return lsr;
}

static guint64
msr_read (MosDevice *device, const MosRegister *row)
{
  Uart  *self = uart_of (device);
  guint8 msr = self->msr;

  self->msr &= (guint8) ~MSR_DELTAS;
  update_irq (self);
  return msr;
}

static const MosField ier_fields[] = {
  { "ERBFI", 0, 1, "received data available" },
  { "ETBEI", 1, 1, "transmitter holding register empty" },
  { "ELSI", 2, 1, "receiver line status" },
  { "EDSSI", 3, 1, "modem status" },
  { NULL, 0, 0, NULL },
};
static const MosField lcr_fields[] = {
  { "WLS", 0, 2, "word length: 5 to 8 bits" },
  { "STB", 2, 1, "two stop bits" },
  { "PEN", 3, 1, "parity on" },
  { "EPS", 4, 1, "even parity" },
  { "SP", 5, 1, "stick parity" },
  { "BRK", 6, 1, "sends a break" },
  { "DLAB", 7, 1, "offsets 0 and 1 are the divisor" },
  { NULL, 0, 0, NULL },
};
static const MosField mcr_fields[] = {
  { "DTR", 0, 1, "data terminal ready" },
  { "RTS", 1, 1, "request to send" },
  { "OUT1", 2, 1, "output 1" },
  { "OUT2", 3, 1, "on a PC: lets the interrupt out" },
  { "LOOP", 4, 1, "outputs are connected to inputs" },
  { NULL, 0, 0, NULL },
};
static const MosField lsr_fields[] = {
  { "DR", 0, 1, "a byte can be read" },
  { "OE", 1, 1, "a byte was lost" },
  { "PE", 2, 1, "parity error" },
  { "FE", 3, 1, "framing error" },
  { "BI", 4, 1, "a break came in" },
  { "THRE", 5, 1, "a byte can be written" },
  { "TEMT", 6, 1, "everything is sent" },
  { "ERR", 7, 1, "an error is in the FIFO" },
  { NULL, 0, 0, NULL },
};
static const MosField msr_fields[] = {
  { "DCTS", 0, 1, "CTS changed" },
  { "DDSR", 1, 1, "DSR changed" },
  { "TERI", 2, 1, "the ringing stopped" },
  { "DDCD", 3, 1, "DCD changed" },
  { "CTS", 4, 1, "clear to send" },
  { "DSR", 5, 1, "data set ready" },
  { "RI", 6, 1, "ring indicator" },
  { "DCD", 7, 1, "data carrier detect" },
  { NULL, 0, 0, NULL },
};

#define CELL(member) G_STRUCT_OFFSET (Uart, member)

/* The divisor lies under RBR and IER; later rows win the offset. The data sheet
 * begins with words of 5 bits; they are 8 here, as firmware leaves it, for
 * kernels that are started without firmware and write at once. */
static const MosRegister uart_registers[] = {
  { "DLL", 0, 1, MOS_REGISTER_RW, CELL (dll), 0x0c, 0, NULL,
    "divisor, low byte (while DLAB is set)", NULL, NULL },
  { "DLM", 1, 1, MOS_REGISTER_RW, CELL (dlm), 0, 0, NULL,
    "divisor, high byte (while DLAB is set)", NULL, NULL },
  { "RBR/THR", 0, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, CELL (rbr), 0, 0,
    NULL, "received byte; byte to send", rbr_read, thr_write },
  { "IER", 1, 1, MOS_REGISTER_RW, CELL (ier), 0, 0, ier_fields,
    "which sources interrupt", ier_read, ier_write },
  { "IIR/FCR", 2, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, CELL (fcr), 0, 0,
    NULL, "which source interrupted; FIFO control", iir_read, fcr_write },
  { "LCR", 3, 1, MOS_REGISTER_RW, CELL (lcr), LCR_LENGTH, 0, lcr_fields,
    "how bytes look on the line", NULL, lcr_write },
  { "MCR", 4, 1, MOS_REGISTER_RW, CELL (mcr), 0, MCR_ALL, mcr_fields,
    "outputs to the modem", NULL, mcr_write },
  { "LSR", 5, 1, MOS_REGISTER_RO | MOS_REGISTER_PEEK, CELL (lsr),
    LSR_THRE | LSR_TEMT, 0, lsr_fields, "state of the line", lsr_read, NULL },
  { "MSR", 6, 1, MOS_REGISTER_RO | MOS_REGISTER_PEEK, CELL (msr), 0, 0,
    msr_fields, "inputs from the modem", msr_read, NULL },
  { "SCR", 7, 1, MOS_REGISTER_RW, CELL (scr), 0, 0, NULL,
    "a byte for the guest to keep", NULL, NULL },
};

static const MosStateField uart_state[] = {
  MOS_STATE (Uart, rbr, MOS_STATE_U8),
  MOS_STATE (Uart, ier, MOS_STATE_U8),
  MOS_STATE (Uart, fcr, MOS_STATE_U8),
  MOS_STATE (Uart, lcr, MOS_STATE_U8),
  MOS_STATE (Uart, mcr, MOS_STATE_U8),
  MOS_STATE (Uart, lsr, MOS_STATE_U8),
  MOS_STATE (Uart, msr, MOS_STATE_U8),
  MOS_STATE (Uart, scr, MOS_STATE_U8),
  MOS_STATE (Uart, dll, MOS_STATE_U8),
  MOS_STATE (Uart, dlm, MOS_STATE_U8),
  MOS_STATE_ARRAY (Uart, rx, MOS_STATE_BYTES, FIFO_BYTES),
  MOS_STATE_ARRAY (Uart, rx_errors, MOS_STATE_BYTES, FIFO_BYTES),
  MOS_STATE (Uart, rx_first, MOS_STATE_U32),
  MOS_STATE (Uart, rx_count, MOS_STATE_U32),
  MOS_STATE (Uart, timeout, MOS_STATE_U8),
  MOS_STATE (Uart, tx_pending, MOS_STATE_U8),
  { NULL, 0, MOS_STATE_U8, 0 },
};

/* Life --------------------------------------------------------------------- */

static void
uart_init (MosDevice *device)
{
  Uart *self = uart_of (device);

  self->registers.device = device;
  self->registers.bank = mos_device_add_bank (
      device, "io", uart_registers, G_N_ELEMENTS (uart_registers), N_PORTS);
  self->registers.gap = 0xff;
  self->irq.edges = &device->counters.interrupts;
  mos_timer_init (&self->timeout_timer, device->bus->clock, timeout_cb, self);
}

static void
uart_reset (MosDevice *device)
{
  Uart *self = uart_of (device);

  mos_register_bank_reset (self->registers.bank, device);
  clear_rx (self);
  self->tx_pending = FALSE;
  self->msr = modem_lines (self);
  update_irq (self);
  fill (self);
}

static gboolean
uart_loaded (MosDevice *device, GError **error)
{
  Uart *self = uart_of (device);

  if (self->rx_first >= FIFO_BYTES || self->rx_count > rx_depth (self)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of %s is damaged: its FIFO holds %u "
                    "bytes from %u"),
                 device->name, self->rx_count, self->rx_first);
    clear_rx (self);
    return FALSE;
  }
  if (!self->timeout)
    arm_timeout (self);
  update_irq (self);
  return TRUE;
}

static void
uart_clear (MosDevice *device)
{
  Uart *self = uart_of (device);

  if (self->port != NULL)
    mos_char_port_set_device (self->port, NULL, NULL);
  mos_timer_clear (&self->timeout_timer);
  g_clear_pointer (&self->port, mos_char_port_unref);
}

static const MosDeviceClass uart_class = {
  .name = "serial-16550",
  .title = N_ ("Serial port"),
  .help = N_ ("A 16550A as in every PC, after the PC16550D data sheet"),
  .instance_size = sizeof (Uart),
  .state_version = 1,
  .state = uart_state,
  .init = uart_init,
  .reset = uart_reset,
  .clear = uart_clear,
  .loaded = uart_loaded,
};

MosDevice *
mos_uart_new (MosBus *bus, const char *name, guint16 base, MosCharPort *port)
{
  Uart *self;

  g_return_val_if_fail (bus != NULL && port != NULL, NULL);

  self = mos_device_new (&uart_class, bus, name);
  self->base = base;
  self->port = mos_char_port_ref (port);
  mos_device_reset (&self->device);
  mos_device_window_init (&self->device, &self->window, name,
                          &mos_register_window_ops, &self->registers, base,
                          N_PORTS);
  mos_bus_map_ports (bus, &self->window);
  mos_char_port_set_device (port, ready_cb, self);
  return &self->device;
}

MosLine *
mos_uart_irq (MosDevice *device)
{
  return &uart_of (device)->irq;
}
