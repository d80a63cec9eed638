/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The 82540EM as its drivers use it: EEPROM by wires and by register, PHY,
 * rings both ways, checksums, segments, tags, interrupts, filters, saving.
 */
#include <string.h>

#include "devices/net/e1000.h"
#include "tests/devices/storage-rig.h"

#define DEVFN    MOS_PCI_DEVFN (4, 0)
#define BAR_GPA  0xe0000000u
#define IO_BASE  0xc000u
#define TX_GPA   0x10000u
#define RX_GPA   0x11000u
#define DATA_GPA 0x20000u
#define BUFFERS  0x40000u
#define N_RING   8u
#define MAX_SENT 64u

/* Registers. */
enum {
  CTRL = 0x0,
  STATUS = 0x8,
  EECD = 0x10,
  EERD = 0x14,
  MDIC = 0x20,
  ICR = 0xc0,
  ITR = 0xc4,
  ICS = 0xc8,
  IMS = 0xd0,
  IMC = 0xd8,
  RCTL = 0x100,
  TCTL = 0x400,
  RDBAL = 0x2800,
  RDLEN = 0x2808,
  RDH = 0x2810,
  RDT = 0x2818,
  RDTR = 0x2820,
  TDBAL = 0x3800,
  TDLEN = 0x3808,
  TDH = 0x3810,
  TDT = 0x3818,
  GPRC = 0x4074,
  GPTC = 0x4080,
  GORCL = 0x4088,
  RXCSUM = 0x5000,
  MTA = 0x5200,
  RAL = 0x5400,
  RAH = 0x5404,
  VFTA = 0x5600
};

typedef struct {
  StorageRig  rig;
  MosPciBus  *pci;
  MosDevice  *device;
  MosNetPort *port;
  guint       n_sent;
  GBytes     *sent[MAX_SENT];
} Fixture;

static const guint8 own_mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };

static void
peer_cb (gpointer user_data, const guint8 *frame, gsize size, MosNetFlags flags)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (fixture->n_sent, <, MAX_SENT);
  fixture->sent[fixture->n_sent++] = g_bytes_new (frame, size);
}

static guint32
get (Fixture *fixture, guint reg)
{
  return mos_memory_map_read_u32 (fixture->rig.bus->memory, BAR_GPA + reg);
}

static void
set (Fixture *fixture, guint reg, guint32 value)
{
  mos_memory_map_write_u32 (fixture->rig.bus->memory, BAR_GPA + reg, value);
}

static void
start (Fixture *fixture)
{
  memset (fixture, 0, sizeof *fixture);
  storage_rig_init (&fixture->rig);
  fixture->pci = mos_pci_bus_new (fixture->rig.bus);
  fixture->port = mos_net_port_new (fixture->rig.bus->io_context);
  fixture->device = mos_e1000_new (fixture->rig.bus, fixture->pci, DEVFN,
                                   "net0", own_mac, fixture->port, NULL);
  storage_rig_record (&fixture->rig, &((MosPciDevice *) fixture->device)->intx);
  mos_net_port_set_peer (fixture->port, peer_cb, fixture);
  mos_pci_bus_config_write (fixture->pci, DEVFN, 0x10, BAR_GPA, 4);
  mos_pci_bus_config_write (fixture->pci, DEVFN, 0x14, IO_BASE, 4);
  mos_pci_bus_config_write (fixture->pci, DEVFN, MOS_PCI_COMMAND, 7, 2);
  set (fixture, CTRL, 1u << 26);
  set (fixture, CTRL, 1u << 6);
  set (fixture, TDBAL, TX_GPA);
  set (fixture, TDLEN, N_RING * 16);
  set (fixture, TCTL, 2);
  set (fixture, RDBAL, RX_GPA);
  set (fixture, RDLEN, N_RING * 16);
  for (guint i = 0; i < N_RING; i++)
    mos_memory_map_write_u64 (fixture->rig.bus->memory, RX_GPA + i * 16,
                              BUFFERS + i * 2048);
  set (fixture, RDT, N_RING - 1);
  set (fixture, RCTL, 1u << 1 | 1u << 15);
}

static void
stop (Fixture *fixture)
{
  storage_rig_clear (&fixture->rig);
  for (guint i = 0; i < fixture->n_sent; i++)
    g_bytes_unref (fixture->sent[i]);
  mos_net_port_unref (fixture->port);
}

/* -- EEPROM and PHY ------------------------------------------------------ */

static void
wire (Fixture *fixture, guint32 bits)
{
  set (fixture, EECD, bits | 0x40);
}

/* One bit out; what the part says after it. */
static guint
clock_bit (Fixture *fixture, guint bit)
{
  wire (fixture, 2 | bit << 2);
  wire (fixture, 2 | bit << 2 | 1);
  bit = get (fixture, EECD) >> 3 & 1;
  wire (fixture, 2);
  return bit;
}

static guint16
read_by_wire (Fixture *fixture, guint address)
{
  guint16 value = 0;

  wire (fixture, 0);
  wire (fixture, 2);
  for (guint i = 9; i > 0; i--)
    clock_bit (fixture, (6u << 6 | address) >> (i - 1) & 1);
  for (guint i = 0; i < 16; i++)
    value = (guint16) (value << 1 | clock_bit (fixture, 0));
  wire (fixture, 0);
  return value;
}

static void
write_by_wire (Fixture *fixture, guint32 bits, guint n)
{
  wire (fixture, 0);
  wire (fixture, 2);
  while (n-- > 0)
    clock_bit (fixture, bits >> n & 1);
  wire (fixture, 0);
}

static guint16
read_phy (Fixture *fixture, guint reg)
{
  set (fixture, MDIC, 2u << 26 | 1u << 21 | reg << 16);
  g_assert_cmphex (get (fixture, MDIC) >> 28 & 5, ==, 1);
  return (guint16) get (fixture, MDIC);
}

static void
test_wires (void)
{
  Fixture fixture;
  guint16 sum = 0;

  start (&fixture);
  /* The request for the wires is granted. */
  wire (&fixture, 0);
  g_assert_cmphex (get (&fixture, EECD) & 0xc0, ==, 0xc0);
  for (guint i = 0; i < 64; i++) {
    guint16 word = read_by_wire (&fixture, i);

    set (&fixture, EERD, i << 8 | 1);
    g_assert_cmphex (get (&fixture, EERD) & 0x10, ==, 0x10);
    g_assert_cmphex (get (&fixture, EERD) >> 16, ==, word);
    sum = (guint16) (sum + word);
  }
  g_assert_cmphex (sum, ==, 0xbaba);
  g_assert_cmphex (read_by_wire (&fixture, 0), ==, 0x5452);
  /* Writing needs to be allowed first. */
  write_by_wire (&fixture, 5u << 22 | 0x20u << 16 | 0x1234, 25);
  g_assert_cmphex (read_by_wire (&fixture, 0x20), ==, 0xffff);
  write_by_wire (&fixture, 4u << 6 | 0x30, 9);
  write_by_wire (&fixture, 5u << 22 | 0x20u << 16 | 0x1234, 25);
  g_assert_cmphex (read_by_wire (&fixture, 0x20), ==, 0x1234);

  g_assert_cmphex (read_phy (&fixture, 2), ==, 0x0141);
  g_assert_cmphex (read_phy (&fixture, 1) & 0x24, ==, 0x24);
  set (&fixture, MDIC, 2u << 26 | 2u << 21);
  g_assert_cmphex (get (&fixture, MDIC) >> 28 & 5, ==, 5); /* no such PHY */
  g_assert_cmphex (get (&fixture, STATUS) & 2, ==, 2);
  /* The address of the EEPROM is the first filter. */
  g_assert_cmphex (get (&fixture, RAL), ==, 0x01005452);
  g_assert_cmphex (get (&fixture, RAH), ==, 0x80000302);
  /* The same through ports. */
  rig_out (&fixture.rig, IO_BASE, RAL, 4);
  g_assert_cmphex (rig_in (&fixture.rig, IO_BASE + 4, 4), ==, 0x01005452);
  stop (&fixture);
}

static void
test_link (void)
{
  Fixture fixture;

  start (&fixture);
  get (&fixture, ICR);
  set (&fixture, IMS, 4);
  mos_net_port_set_link (fixture.port, FALSE);
  g_assert_true (fixture.rig.level);
  g_assert_cmphex (get (&fixture, ICR), ==, 4);
  g_assert_false (fixture.rig.level);
  g_assert_cmphex (get (&fixture, STATUS) & 2, ==, 0);
  g_assert_cmphex (read_phy (&fixture, 1) & 0x24, ==, 0);
  mos_net_port_set_link (fixture.port, TRUE);
  g_assert_true (fixture.rig.level);
  g_assert_cmphex (get (&fixture, STATUS) & 2, ==, 2);
  stop (&fixture);
}

/* -- sending ------------------------------------------------------------- */

static void
put_descriptor (Fixture *fixture, guint n, guint64 address, guint64 rest)
{
  mos_memory_map_write_u64 (fixture->rig.bus->memory, TX_GPA + n * 16, address);
  mos_memory_map_write_u64 (fixture->rig.bus->memory, TX_GPA + n * 16 + 8,
                            rest);
}

static guint
tx_status (Fixture *fixture, guint n)
{
  return mos_memory_map_read_u32 (fixture->rig.bus->memory,
                                  TX_GPA + n * 16 + 12) &
         0xff;
}

static const guint8 *
sent (Fixture *fixture, guint n, gsize *size)
{
  rig_settle (&fixture->rig);
  g_assert_cmpuint (fixture->n_sent, >, n);
  return g_bytes_get_data (fixture->sent[n], size);
}

static guint
sum_of (const guint8 *data, gsize size, guint sum)
{
  for (gsize i = 0; i < size; i++)
    sum += i % 2 == 0 ? (guint) data[i] << 8 : data[i];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

static void
test_legacy (void)
{
  Fixture       fixture;
  guint8       *data;
  const guint8 *frame;
  gsize         size;

  start (&fixture);
  set (&fixture, IMS, 3);
  data = rig_ram (&fixture.rig, DATA_GPA);
  for (guint i = 0; i < 200; i++)
    data[i] = (guint8) (i * 3);
  data[50] = data[51] = 0;
  /* Two descriptors, a checksum from 14 on at 50. */
  put_descriptor (&fixture, 0, DATA_GPA, 40);
  put_descriptor (&fixture, 1, DATA_GPA + 40,
                  160 | 50u << 16 | 0x0dull << 24 | 14ull << 40);
  set (&fixture, TDT, 2);
  frame = sent (&fixture, 0, &size);
  g_assert_cmpuint (size, ==, 200);
  g_assert_cmpmem (frame, 50, data, 50);
  g_assert_cmpmem (frame + 52, 148, data + 52, 148);
  g_assert_cmphex (sum_of (frame + 14, 186, 0), ==, 0xffff);
  g_assert_cmpuint (get (&fixture, TDH), ==, 2);
  g_assert_cmpuint (tx_status (&fixture, 0), ==, 0);
  g_assert_cmpuint (tx_status (&fixture, 1), ==, 1);
  g_assert_true (fixture.rig.level);
  g_assert_cmphex (get (&fixture, ICR), ==, 3);
  g_assert_cmpuint (get (&fixture, GPTC), ==, 1);
  g_assert_cmpuint (get (&fixture, GPTC), ==, 0);
  /* Padded when asked, and around the end of the ring. */
  set (&fixture, TCTL, 2 | 8);
  for (guint i = 2; i < 10; i++) {
    put_descriptor (&fixture, i % N_RING, DATA_GPA, 20 | 0x09ull << 24);
    set (&fixture, TDT, (i + 1) % N_RING);
  }
  frame = sent (&fixture, 8, &size);
  g_assert_cmpuint (fixture.n_sent, ==, 9);
  g_assert_cmpuint (size, ==, 60);
  g_assert_cmpuint (frame[59], ==, 0);
  /* A tail outside the ring does nothing. */
  set (&fixture, TDT, N_RING);
  set (&fixture, TDT, 0xffff);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (fixture.n_sent, ==, 9);
  stop (&fixture);
}

/* An IPv4 TCP frame of @size bytes at DATA_GPA, checksums left out. */
static guint8 *
make_tcp (Fixture *fixture, gsize size)
{
  guint8 *data = rig_ram (&fixture->rig, DATA_GPA);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 5);
  data[12] = 8;
  data[13] = 0;
  data[14] = 0x45;
  data[14 + 9] = 6;
  data[24] = data[25] = 0;
  data[34 + 12] = 5 << 4;
  data[34 + 16] = data[34 + 17] = 0;
  return data;
}

static void
test_segments (void)
{
  Fixture       fixture;
  guint8       *data;
  gsize         total = 0;
  const guint64 context = 14 | 24u << 8 | 33u << 16 | 34ull << 32 | 50ull << 40;

  start (&fixture);
  data = make_tcp (&fixture, 54 + 2500);
  /* TSE, IP, TCP, extended; 54 bytes of headers, pieces of 1000. */
  put_descriptor (&fixture, 0, context,
                  2500 | 0x27ull << 24 | 54ull << 40 | 1000ull << 48);
  put_descriptor (&fixture, 1, DATA_GPA,
                  1054 | 1u << 20 | 0x24ull << 24 | 3ull << 40);
  put_descriptor (&fixture, 2, DATA_GPA + 1054,
                  1500 | 1u << 20 | 0x2dull << 24);
  set (&fixture, TDT, 3);
  for (guint i = 0; i < 3; i++) {
    gsize         size;
    const guint8 *frame = sent (&fixture, i, &size);
    guint         l4 = (guint) size - 34;
    guint8        pseudo[12] = { 0 };

    memcpy (pseudo, frame + 26, 8);
    pseudo[9] = 6;
    pseudo[10] = (guint8) (l4 >> 8);
    pseudo[11] = (guint8) l4;
    g_assert_cmpuint (size, ==, i < 2 ? 1054 : 554);
    g_assert_cmphex (sum_of (frame + 14, 20, 0), ==, 0xffff);
    g_assert_cmphex (sum_of (frame + 34, l4, sum_of (pseudo, 12, 0)), ==,
                     0xffff);
    g_assert_cmpmem (frame + 54, size - 54, data + 54 + total, size - 54);
    total += size - 54;
  }
  g_assert_cmpuint (total, ==, 2500);
  g_assert_cmpuint (tx_status (&fixture, 2), ==, 1);

  /* Checksums alone, from the other context. */
  make_tcp (&fixture, 154);
  put_descriptor (&fixture, 3, context, 0x23ull << 24);
  put_descriptor (&fixture, 4, DATA_GPA,
                  154 | 1u << 20 | 0x29ull << 24 | 3ull << 40);
  set (&fixture, TDT, 5);
  {
    gsize         size;
    const guint8 *frame = sent (&fixture, 3, &size);

    g_assert_cmpuint (size, ==, 154);
    g_assert_cmphex (sum_of (frame + 14, 20, 0), ==, 0xffff);
    g_assert_cmphex (sum_of (frame + 34, 120, 0), ==, 0xffff);
  }
  /* Segments that cannot be: nothing goes out, the descriptor comes back. */
  put_descriptor (&fixture, 5, context, 0x27ull << 24 | 54ull << 40);
  put_descriptor (&fixture, 6, DATA_GPA, 154 | 1u << 20 | 0x2dull << 24);
  set (&fixture, TDT, 7);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (fixture.n_sent, ==, 4);
  g_assert_cmpuint (tx_status (&fixture, 6), ==, 1);
  stop (&fixture);
}

/* -- receiving ----------------------------------------------------------- */

static void
arrive (Fixture *fixture, const guint8 *to, gsize size)
{
  g_autofree guint8 *frame = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    frame[i] = (guint8) i;
  memcpy (frame, to, 6);
  mos_net_port_to_device (fixture->port, frame, size, 0);
  rig_settle (&fixture->rig);
}

static guint64
rx_word (Fixture *fixture, guint n)
{
  return mos_memory_map_read_u64 (fixture->rig.bus->memory,
                                  RX_GPA + n * 16 + 8);
}

static void
test_receive (void)
{
  static const guint8 broadcast[6] = { 255, 255, 255, 255, 255, 255 };
  static const guint8 other[6] = { 0x52, 0x54, 0, 9, 9, 9 };
  static const guint8 group[6] = { 1, 0, 0x5e, 0, 0, 0xfb };
  Fixture             fixture;
  const guint8       *buffer;
  guint               hash = (0x00 | 0xfb << 8) >> 4 & 0xfff;

  start (&fixture);
  set (&fixture, IMS, 0x80);
  get (&fixture, ICR);
  arrive (&fixture, own_mac, 100);
  g_assert_cmpuint (get (&fixture, RDH), ==, 1);
  g_assert_true (fixture.rig.level);
  g_assert_cmphex (get (&fixture, ICR) & 0x80, ==, 0x80);
  /* With a checksum sequence; done, end, checksums not looked at. */
  g_assert_cmpuint (rx_word (&fixture, 0) & 0xffff, ==, 104);
  g_assert_cmphex (rx_word (&fixture, 0) >> 32 & 0xffff, ==, 0x07);
  buffer = rig_ram (&fixture.rig, BUFFERS);
  g_assert_cmpmem (buffer, 6, own_mac, 6);
  g_assert_cmpuint (buffer[99], ==, 99);
  g_assert_cmpuint (buffer[100], ==, 0);
  arrive (&fixture, broadcast, 20);
  g_assert_cmpuint (rx_word (&fixture, 1) & 0xffff, ==, 64);
  /* Neither mine nor asked for. */
  arrive (&fixture, other, 100);
  arrive (&fixture, group, 100);
  g_assert_cmpuint (get (&fixture, RDH), ==, 2);
  set (&fixture, MTA + (hash >> 5) * 4, 1u << (hash & 31));
  arrive (&fixture, group, 100);
  g_assert_cmpuint (get (&fixture, RDH), ==, 3);
  g_assert_cmphex (rx_word (&fixture, 2) >> 32 & 0x80, ==, 0x80);
  set (&fixture, RCTL, 1u << 1 | 1u << 3 | 1u << 26);
  arrive (&fixture, other, 100);
  g_assert_cmpuint (rx_word (&fixture, 3) & 0xffff, ==, 100);
  /* Long frames, over several buffers. */
  arrive (&fixture, own_mac, 3000);
  g_assert_cmpuint (get (&fixture, RDH), ==, 4);
  set (&fixture, RCTL, 1u << 1 | 1u << 5 | 1u << 26);
  arrive (&fixture, own_mac, 3000);
  g_assert_cmpuint (get (&fixture, RDH), ==, 6);
  g_assert_cmphex (rx_word (&fixture, 4) >> 32 & 3, ==, 1);
  g_assert_cmphex (rx_word (&fixture, 5) >> 32 & 3, ==, 3);
  g_assert_cmpuint (rx_word (&fixture, 5) & 0xffff, ==, 3000 - 2048);
  /* No descriptors: it waits for some. */
  arrive (&fixture, own_mac, 100);
  arrive (&fixture, own_mac, 101);
  g_assert_cmpuint (get (&fixture, RDH), ==, 7);
  set (&fixture, RDT, 2);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (get (&fixture, RDH), ==, 0);
  g_assert_cmpuint (rx_word (&fixture, 7) & 0xffff, ==, 101);
  g_assert_cmpuint (get (&fixture, GPRC), ==, 7);
  g_assert_cmpuint (get (&fixture, GORCL), >, 3500);
  stop (&fixture);
}

static void
test_tags (void)
{
  Fixture       fixture;
  guint8        frame[64] = { 0 };
  const guint8 *out;
  gsize         size;

  start (&fixture);
  set (&fixture, CTRL, 1u << 30 | 1u << 6);
  memcpy (frame, own_mac, 6);
  frame[12] = 0x81;
  frame[15] = 42;
  frame[16] = 0x12;
  mos_net_port_to_device (fixture.port, frame, sizeof frame, 0);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (rx_word (&fixture, 0) & 0xffff, ==, 64);
  g_assert_cmphex (rx_word (&fixture, 0) >> 32 & 8, ==, 8);
  g_assert_cmpuint (rx_word (&fixture, 0) >> 48, ==, 42);
  g_assert_cmphex (rig_ram (&fixture.rig, BUFFERS)[12], ==, 0x12);
  /* Filtered by VLAN. */
  set (&fixture, RCTL, 1u << 1 | 1u << 18);
  mos_net_port_to_device (fixture.port, frame, sizeof frame, 0);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (get (&fixture, RDH), ==, 1);
  set (&fixture, VFTA + 4, 1u << 10);
  mos_net_port_to_device (fixture.port, frame, sizeof frame, 0);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (get (&fixture, RDH), ==, 2);
  /* Put in on the way out. */
  make_tcp (&fixture, 80);
  put_descriptor (&fixture, 0, DATA_GPA, 80 | 0x49ull << 24 | 43ull << 48);
  set (&fixture, TDT, 1);
  out = sent (&fixture, 0, &size);
  g_assert_cmpuint (size, ==, 84);
  g_assert_cmphex (out[12], ==, 0x81);
  g_assert_cmpuint (out[15], ==, 43);
  g_assert_cmphex (out[16], ==, 8);
  stop (&fixture);
}

static void
test_loopback (void)
{
  Fixture fixture;
  guint8 *data;

  start (&fixture);
  set (&fixture, RCTL, 1u << 1 | 3u << 6);
  data = rig_ram (&fixture.rig, DATA_GPA);
  memcpy (data, own_mac, 6);
  put_descriptor (&fixture, 0, DATA_GPA, 100 | 0x09ull << 24);
  set (&fixture, TDT, 1);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (fixture.n_sent, ==, 0);
  g_assert_cmpuint (get (&fixture, RDH), ==, 1);
  stop (&fixture);
}

/* -- interrupts ---------------------------------------------------------- */

static void
advance (Fixture *fixture, gint64 ns)
{
  MosClock *clock = fixture->rig.bus->clock;

  mos_clock_advance (clock, mos_clock_now (clock) + ns);
}

static void
test_throttle (void)
{
  Fixture fixture;

  start (&fixture);
  get (&fixture, ICR);
  advance (&fixture, 10000000);
  set (&fixture, IMS, 0x80);
  set (&fixture, ITR, 1000); /* 256 us */
  set (&fixture, ICS, 0x80);
  g_assert_true (fixture.rig.level);
  get (&fixture, ICR);
  g_assert_false (fixture.rig.level);
  set (&fixture, ICS, 0x80);
  g_assert_false (fixture.rig.level);
  advance (&fixture, 255000);
  g_assert_false (fixture.rig.level);
  advance (&fixture, 2000);
  g_assert_true (fixture.rig.level);
  set (&fixture, IMC, 0x80);
  g_assert_false (fixture.rig.level);
  get (&fixture, ICR);
  set (&fixture, ITR, 0);
  /* Received frames are announced together. */
  set (&fixture, IMS, 0x80);
  set (&fixture, RDTR, 100);
  arrive (&fixture, own_mac, 100);
  g_assert_false (fixture.rig.level);
  advance (&fixture, 90 * 1024);
  arrive (&fixture, own_mac, 100);
  advance (&fixture, 90 * 1024);
  g_assert_false (fixture.rig.level);
  advance (&fixture, 20 * 1024);
  g_assert_true (fixture.rig.level);
  stop (&fixture);
}

/* In the middle of a frame, with an interrupt on. */
static void
test_saved (void)
{
  Fixture fixture;
  gsize   size;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  start (&fixture);
  set (&fixture, IMS, 0x80);
  set (&fixture, ICS, 0x80);
  make_tcp (&fixture, 200);
  put_descriptor (&fixture, 0, DATA_GPA, 120);
  set (&fixture, TDT, 1);
  state = mos_bus_save (fixture.rig.bus);
  mos_bus_reset (fixture.rig.bus);
  g_assert_cmpuint (get (&fixture, TDH), ==, 0xffffffff); /* BARs are gone */
  g_assert_true (mos_bus_load (fixture.rig.bus, state, &error));
  g_assert_no_error (error);
  g_assert_true (fixture.rig.level);
  g_assert_cmpuint (get (&fixture, TDH), ==, 1);
  advance (&fixture, 1);
  put_descriptor (&fixture, 1, DATA_GPA + 120, 80 | 0x09ull << 24);
  set (&fixture, TDT, 2);
  sent (&fixture, 0, &size);
  g_assert_cmpuint (size, ==, 200);
  stop (&fixture);
}

/* A paused machine gets nothing until it goes on. */
static void
test_paused (void)
{
  Fixture fixture;

  start (&fixture);
  mos_clock_pause (fixture.rig.bus->clock);
  arrive (&fixture, own_mac, 100);
  g_assert_cmpuint (get (&fixture, RDH), ==, 0);
  mos_clock_resume (fixture.rig.bus->clock);
  advance (&fixture, 1);
  rig_settle (&fixture.rig);
  g_assert_cmpuint (get (&fixture, RDH), ==, 1);
  stop (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/e1000/wires", test_wires);
  g_test_add_func ("/e1000/link", test_link);
  g_test_add_func ("/e1000/legacy", test_legacy);
  g_test_add_func ("/e1000/segments", test_segments);
  g_test_add_func ("/e1000/receive", test_receive);
  g_test_add_func ("/e1000/tags", test_tags);
  g_test_add_func ("/e1000/loopback", test_loopback);
  g_test_add_func ("/e1000/throttle", test_throttle);
  g_test_add_func ("/e1000/saved", test_saved);
  g_test_add_func ("/e1000/paused", test_paused);
  return g_test_run ();
}
