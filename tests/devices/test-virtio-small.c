/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The small virtio devices as their drivers use them: random numbers, the
 * memory balloon, consoles with several ports.
 */
#include <string.h>
#include <sys/eventfd.h>

#include "devices/virtio/virtio-balloon.h"
#include "devices/virtio/virtio-console.h"
#include "devices/virtio/virtio-rng.h"
#include "tests/devices/virtio-rig.h"

#define DEVFN    MOS_PCI_DEVFN (13, 0)
#define DATA_GPA 0x20000u
#define BIT(n)   (G_GUINT64_CONSTANT (1) << (n))

typedef struct {
  StorageRig   rig;
  MosPciBus   *pci;
  VirtioDriver driver;
  MosDevice   *device;
  MosCharPort *ports[MOS_VIRTIO_CONSOLE_PORTS];
  GString     *out;
} Fixture;

static void
begin (Fixture *f)
{
  memset (f, 0, sizeof *f);
  storage_rig_init (&f->rig);
  f->pci = mos_pci_bus_new (f->rig.bus);
}

/* Negotiates @features, with the event index as drivers do, and sets up
 * @n_queues. */
static void
run (Fixture *f, guint64 features, guint n_queues)
{
  virtio_driver_init (&f->driver, &f->rig, f->pci, DEVFN);
  g_assert_true (
      virtio_driver_negotiate (&f->driver, features | BIT (VIRTIO_VERSION_1) |
                                               BIT (VIRTIO_EVENT_INDEX)));
  for (guint i = 1; i < n_queues; i++)
    virtio_driver_use (&f->driver, i);
  virtio_driver_use (&f->driver, 0);
  virtio_driver_start (&f->driver);
}

static void
end (Fixture *f)
{
  storage_rig_clear (&f->rig);
}

/* -- random numbers ------------------------------------------------------ */

static void
test_rng (gconstpointer data)
{
  guint8  first[48];
  Fixture f;

  begin (&f);
  mos_virtio_rng_new (f.rig.bus, f.pci, DEVFN, "rng");
  run (&f, data != NULL ? BIT (VIRTIO_PACKED) : 0, 1);
  for (guint i = 0; i < 20; i++) {
    VirtioPart parts[] = { { DATA_GPA, 16, TRUE },
                           { DATA_GPA + 64, 32, TRUE } };

    memset (rig_ram (&f.rig, DATA_GPA), 0, 128);
    g_assert_cmpuint (virtio_driver_do (&f.driver, parts, 2, FALSE), ==, 48);
    g_assert_cmpuint (rig_ram (&f.rig, DATA_GPA)[16], ==, 0);
    if (i == 0)
      memcpy (first, rig_ram (&f.rig, DATA_GPA), 16);
    else
      g_assert_cmpint (memcmp (first, rig_ram (&f.rig, DATA_GPA), 16), !=, 0);
  }
  end (&f);
}

/* The rig's clock is counted: two machines get the same, and so does one that
 * goes on from a saved state. */
static void
test_rng_counted (void)
{
  VirtioPart part = { DATA_GPA, 32, TRUE };
  guint8     bytes[2][32];

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GVariant) state = NULL;
    Fixture f;

    begin (&f);
    mos_virtio_rng_new (f.rig.bus, f.pci, DEVFN, "rng");
    run (&f, 0, 1);
    virtio_driver_do (&f.driver, &part, 1, FALSE);
    state = mos_bus_save (f.rig.bus);
    if (i == 1) {
      virtio_driver_do (&f.driver, &part, 1, FALSE);
      g_assert_true (mos_bus_load (f.rig.bus, state, NULL));
      virtio_driver_rewind (&f.driver, 1);
    }
    virtio_driver_do (&f.driver, &part, 1, FALSE);
    memcpy (bytes[i], rig_ram (&f.rig, DATA_GPA), 32);
    end (&f);
  }
  g_assert_cmpmem (bytes[0], 32, bytes[1], 32);
}

/* -- balloon ------------------------------------------------------------- */

static guint32
config_u32 (Fixture *f, guint offset)
{
  return virtio_read (&f->driver, f->driver.config + offset, 4);
}

static void
test_balloon (void)
{
  const guint8     numbers[] = { 4, 0, 0x39, 0x30, 0, 0, 0, 0, 0, 0,
                                 5, 0, 0,    0,    1, 0, 0, 0, 0, 0 };
  VirtioPart       pages = { DATA_GPA, 12, FALSE };
  VirtioPart       stats = { DATA_GPA + 256, sizeof numbers, FALSE };
  VirtioPart       report = { 0xc0800, 0x2000, TRUE };
  guint32          pfns[] = { 0xa0, 0xa1, 0xfffff };
  MosBalloonReport told;
  guint32          written;
  Fixture          f;

  begin (&f);
  f.device =
      mos_virtio_balloon_new (f.rig.bus, f.pci, DEVFN, "balloon", 1 << 20);
  run (&f, BIT (1) | BIT (5), 4);
  g_assert_cmpuint (config_u32 (&f, 0), ==, 256);
  mos_virtio_balloon_set_target (f.device, 0x3000);
  g_assert_cmpuint (config_u32 (&f, 0), ==, 3);
  g_assert_cmpuint (virtio_read (&f.driver, f.driver.common + 0x15, 1), ==, 1);

  /* Pages in the balloon read as zeros; what is no RAM does not matter. */
  memset (rig_ram (&f.rig, 0x9f000), 0x55, 0x4000);
  memcpy (rig_ram (&f.rig, DATA_GPA), pfns, sizeof pfns);
  virtio_driver_do (&f.driver, &pages, 1, FALSE);
  g_assert_cmphex (*rig_ram (&f.rig, 0x9ffff), ==, 0x55);
  g_assert_cmphex (*rig_ram (&f.rig, 0xa0000), ==, 0);
  g_assert_cmphex (*rig_ram (&f.rig, 0xa1fff), ==, 0);
  g_assert_cmphex (*rig_ram (&f.rig, 0xa2000), ==, 0x55);
  virtio_write (&f.driver, f.driver.config + 4, 2, 4);
  g_assert_cmpuint (config_u32 (&f, 4), ==, 2);

  /* Statistics stay until they are asked for. */
  mos_virtio_balloon_get (f.device, &told);
  g_assert_cmpuint (told.actual, ==, 0x2000);
  g_assert_cmpuint (told.discarded, ==, 0x2000);
  g_assert_cmpuint (told.free, ==, G_MAXUINT64);
  memcpy (rig_ram (&f.rig, DATA_GPA + 256), numbers, sizeof numbers);
  virtio_driver_use (&f.driver, 2);
  virtio_driver_offer (&f.driver, &stats, 1, FALSE);
  virtio_driver_kick (&f.driver);
  g_assert_false (virtio_driver_take (&f.driver, &written));
  mos_virtio_balloon_get (f.device, &told);
  g_assert_true (virtio_driver_take (&f.driver, &written));
  g_assert_cmpuint (told.free, ==, 12345);
  g_assert_cmpuint (told.total, ==, 65536);

  /* Only whole pages of a report are dropped. */
  memset (rig_ram (&f.rig, 0xc0000), 0x66, 0x3000);
  virtio_driver_use (&f.driver, 3);
  virtio_driver_do (&f.driver, &report, 1, FALSE);
  g_assert_cmphex (*rig_ram (&f.rig, 0xc0fff), ==, 0x66);
  g_assert_cmphex (*rig_ram (&f.rig, 0xc1000), ==, 0);
  g_assert_cmphex (*rig_ram (&f.rig, 0xc2000), ==, 0x66);
  end (&f);
}

/* -- consoles ------------------------------------------------------------ */

static void
out_cb (gpointer user_data, const guint8 *data, gsize size)
{
  g_string_append_len (user_data, (const char *) data, (gssize) size);
}

static void
begin_console (Fixture *f, guint n_ports)
{
  begin (f);
  f->out = g_string_new (NULL);
  for (guint i = 0; i < n_ports; i++)
    f->ports[i] = mos_char_port_new (64);
  mos_char_port_add_listener (f->ports[n_ports - 1], out_cb, f->out);
  f->device = mos_virtio_console_new (f->rig.bus, f->pci, DEVFN, "console",
                                      f->ports, n_ports);
}

static void
end_console (Fixture *f)
{
  end (f);
  for (guint i = 0; i < MOS_VIRTIO_CONSOLE_PORTS; i++)
    mos_char_port_unref (f->ports[i]);
  g_string_free (f->out, TRUE);
}

/* Sends a control message. */
static void
control (Fixture *f, guint32 port, guint16 event, guint16 value)
{
  VirtioPart part = { DATA_GPA, 8, FALSE };
  guint64    message = port | (guint64) event << 32 | (guint64) value << 48;

  memcpy (rig_ram (&f->rig, DATA_GPA), &message, 8);
  virtio_driver_use (&f->driver, 3);
  virtio_driver_do (&f->driver, &part, 1, FALSE);
}

/* Takes one; "port event value". */
static char *
answer (Fixture *f)
{
  VirtioPart    part = { DATA_GPA + 64, 64, TRUE };
  const guint8 *message = rig_ram (&f->rig, DATA_GPA + 64);
  guint32       size;

  memset (rig_ram (&f->rig, DATA_GPA + 64), 0, 64);
  virtio_driver_use (&f->driver, 2);
  size = virtio_driver_do (&f->driver, &part, 1, FALSE);
  g_assert_cmpuint (size, >=, 8);
  return g_strdup_printf ("%u %u %u %s", message[0], message[4], message[6],
                          (const char *) message + 8);
}

static void
expect (Fixture *f, const char *wanted)
{
  g_autofree char *got = answer (f);

  g_assert_cmpstr (got, ==, wanted);
}

static void
test_ports (void)
{
  VirtioPart text = { DATA_GPA + 512, 5, FALSE };
  VirtioPart room = { DATA_GPA + 600, 3, TRUE };
  guint32    written;
  Fixture    f;

  begin_console (&f, 2);
  run (&f, BIT (1), 6);
  g_assert_cmpuint (config_u32 (&f, 4), ==, MOS_VIRTIO_CONSOLE_PORTS);
  control (&f, 0, 0, 1);
  expect (&f, "0 1 1 ");
  expect (&f, "1 1 1 ");
  control (&f, 1, 3, 1);
  expect (&f, "1 4 1 ");
  expect (&f, "1 7 1 multios.1");
  expect (&f, "1 6 1 ");
  control (&f, 7, 3, 1); /* no such port: nothing comes of it */

  memcpy (rig_ram (&f.rig, DATA_GPA + 512), "hello", 5);
  virtio_driver_use (&f.driver, 5);
  virtio_driver_do (&f.driver, &text, 1, FALSE);
  g_assert_cmpstr (f.out->str, ==, "hello");

  /* Input waits for buffers and then fills as many as it needs. */
  g_assert_cmpuint (mos_char_port_feed (f.ports[1], "abcd", 4), ==, 4);
  virtio_driver_use (&f.driver, 4);
  g_assert_cmpuint (virtio_driver_do (&f.driver, &room, 1, FALSE), ==, 3);
  g_assert_cmpmem (rig_ram (&f.rig, DATA_GPA + 600), 3, "abc", 3);
  g_assert_cmpuint (virtio_driver_do (&f.driver, &room, 1, FALSE), ==, 1);
  virtio_driver_offer (&f.driver, &room, 1, FALSE);
  virtio_driver_kick (&f.driver);
  g_assert_false (virtio_driver_take (&f.driver, &written));
  mos_char_port_feed (f.ports[1], "x", 1);
  g_assert_true (virtio_driver_take (&f.driver, &written));
  g_assert_cmphex (*rig_ram (&f.rig, DATA_GPA + 600), ==, 'x');
  end_console (&f);
}

/* A driver that knows no ports. */
static void
test_single (void)
{
  VirtioPart text = { DATA_GPA, 2, FALSE };
  Fixture    f;

  begin_console (&f, 1);
  run (&f, 0, 2);
  memcpy (rig_ram (&f.rig, DATA_GPA), "ok", 2);
  virtio_driver_use (&f.driver, 1);
  virtio_driver_do (&f.driver, &text, 1, FALSE);
  g_assert_cmpstr (f.out->str, ==, "ok");
  end_console (&f);
}

static void
test_console_saved (void)
{
  g_autoptr (GVariant) state = NULL;
  Fixture f;

  begin_console (&f, 2);
  run (&f, BIT (1), 6);
  control (&f, 0, 0, 1);
  expect (&f, "0 1 1 ");
  state = mos_bus_save (f.rig.bus);
  expect (&f, "1 1 1 ");
  g_assert_true (mos_bus_load (f.rig.bus, state, NULL));
  virtio_driver_rewind (&f.driver, 1);
  expect (&f, "1 1 1 ");
  end_console (&f);
}

/* -- kicks by eventfd ---------------------------------------------------- */

/* A backend that has eventfds: it notes where they ring and what they send. */
typedef struct {
  guint64 bell_gpa; /* of the last one that was set; 0: taken away */
  int     bell_fd;
  guint   n_bells;
  int     message_fd;
  guint64 address;
  guint32 data;
} Backend;

static gboolean
set_doorbell (gpointer cpus, guint64 gpa, guint size, int fd, gboolean on)
{
  Backend *self = cpus;

  g_assert_cmpuint (size, ==, 2);
  self->n_bells += on ? 1 : -1;
  self->bell_gpa = on ? gpa : 0;
  self->bell_fd = fd;
  return TRUE;
}

static gboolean
set_message (gpointer cpus, int fd, guint64 address, guint32 data)
{
  Backend *self = cpus;

  self->message_fd = fd;
  self->address = address;
  self->data = data;
  return TRUE;
}

static void
clear_message (gpointer cpus, int fd)
{
  g_assert_cmpint (((Backend *) cpus)->message_fd, ==, fd);
  ((Backend *) cpus)->message_fd = -1;
}

static guint64
read_fd (int fd)
{
  eventfd_t count = 0;

  return eventfd_read (fd, &count) == 0 ? count : 0;
}

/* Vector 0 of the device, for queue 0; its table is where the rig maps no BAR
 * by itself. */
static void
use_vector (Fixture *f)
{
  const guint32 table = 0xe1000000;
  guint         cap = mos_pci_bus_config_read (f->pci, DEVFN, 0x34, 1);

  while (mos_pci_bus_config_read (f->pci, DEVFN, cap, 1) != 0x11)
    cap = mos_pci_bus_config_read (f->pci, DEVFN, cap + 1, 1);
  mos_pci_bus_config_write (f->pci, DEVFN, 0x14, table, 4);
  virtio_write (&f->driver, table, 0xfee00000, 4);
  virtio_write (&f->driver, table + 4, 0, 4);
  virtio_write (&f->driver, table + 8, 0x41, 4);
  virtio_write (&f->driver, table + 12, 0, 4);
  mos_pci_bus_config_write (f->pci, DEVFN, cap + 2, 0x8000, 2);
  virtio_write (&f->driver, f->driver.common + 0x16, 0, 2);
  virtio_write (&f->driver, f->driver.common + 0x1a, 0, 2);
}

/* Offers and rings as the kernel does for a guest's kick. */
static void
ring (Fixture *f, Backend *backend)
{
  VirtioPart part = { DATA_GPA, 16, TRUE };

  virtio_driver_offer (&f->driver, &part, 1, FALSE);
  g_assert_cmpint (eventfd_write (backend->bell_fd, 1), ==, 0);
}

static gboolean
is_taken (gpointer data)
{
  guint32 written;

  return virtio_driver_take (&((Fixture *) data)->driver, &written);
}

static void
test_eventfds (void)
{
  static const MosCpuInputs inputs = { .set_doorbell = set_doorbell,
                                       .set_message = set_message,
                                       .clear_message = clear_message };
  Backend                   backend = { .message_fd = -1 };
  Fixture                   f;

  begin (&f);
  mos_bus_set_cpus (f.rig.bus, &inputs, &backend);
  f.device = mos_virtio_rng_new (f.rig.bus, f.pci, DEVFN, "rng");
  run (&f, 0, 1);
  use_vector (&f);
  g_assert_cmphex (backend.bell_gpa, ==, f.driver.notify);
  g_assert_cmpuint (backend.n_bells, ==, 1);
  ring (&f, &backend);
  g_assert_true (rig_wait (&f.rig, is_taken, &f));
  g_assert_cmphex (backend.address, ==, 0xfee00000);
  g_assert_cmphex (backend.data, ==, 0x41);
  g_assert_cmpuint (read_fd (backend.message_fd), ==, 1);
  g_assert_cmpuint (f.device->counters.interrupts, ==, 1);

  /* A machine that stands still is not touched, and not forgotten. */
  mos_clock_pause (f.rig.bus->clock);
  ring (&f, &backend);
  rig_settle (&f.rig);
  g_assert_false (is_taken (&f));
  mos_clock_resume (f.rig.bus->clock);
  g_assert_true (rig_wait (&f.rig, is_taken, &f));

  /* Bells follow the BAR, and a stopped device has none. */
  mos_pci_bus_config_write (f.pci, DEVFN, 0x20, 0xe2000000, 4);
  g_assert_cmphex (backend.bell_gpa, ==, f.driver.notify + 0x2000000);
  mos_pci_bus_config_write (f.pci, DEVFN, 0x20, (guint32) VIRTIO_BAR_GPA, 4);
  virtio_write (&f.driver, f.driver.common + 0x14, 0, 1);
  g_assert_cmpuint (backend.n_bells, ==, 0);
  end (&f);
  g_assert_cmpint (backend.message_fd, ==, -1);
}

/* A kick that was under way when the machine was saved is not lost. */
static void
test_kick_saved (void)
{
  VirtioPart part = { DATA_GPA, 16, TRUE };
  Fixture    f;
  g_autoptr (GVariant) state = NULL;

  begin (&f);
  mos_virtio_rng_new (f.rig.bus, f.pci, DEVFN, "rng");
  run (&f, 0, 1);
  virtio_driver_offer (&f.driver, &part, 1, FALSE);
  state = mos_bus_save (f.rig.bus);
  g_assert_true (mos_bus_load (f.rig.bus, state, NULL));
  g_assert_true (rig_wait (&f.rig, is_taken, &f));
  end (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/virtio-rng/split", NULL, test_rng);
  g_test_add_data_func ("/virtio-rng/packed", "packed", test_rng);
  g_test_add_func ("/virtio-rng/counted", test_rng_counted);
  g_test_add_func ("/virtio-balloon/all", test_balloon);
  g_test_add_func ("/virtio-console/ports", test_ports);
  g_test_add_func ("/virtio-console/single", test_single);
  g_test_add_func ("/virtio-console/saved", test_console_saved);
  g_test_add_func ("/virtio/eventfds", test_eventfds);
  g_test_add_func ("/virtio/kick-saved", test_kick_saved);
  return g_test_run ();
}
