/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The life of real machines, on the real board and every backend this host
 * has: guests of a few bytes that start without firmware and answer on COM1
 * whether they are still themselves.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "app/lab.h"

/* Answers each byte with how many there have been: '1', '2', … */
static const guint8 counter[] = {
  0xb3, 0x00,       /* mov bl, 0 */
  0xba, 0xfd, 0x03, /* wait: mov dx, 0x3fd */
  0xec,             /* in al, dx */
  0xa8, 0x01,       /* test al, 1 */
  0x74, 0xf8,       /* jz wait */
  0xba, 0xf8, 0x03, /* mov dx, 0x3f8 */
  0xec,             /* in al, dx */
  0xfe, 0xc3,       /* inc bl */
  0x88, 0xd8,       /* mov al, bl */
  0x04, 0x30,       /* add al, '0' */
  0xee,             /* out dx, al */
  0xeb, 0xeb        /* jmp wait */
};

/* Says 't' at each interrupt of the timer, 100 a second, and sleeps between. */
static const guint8 ticker[] = {
  0xfa,                               /* cli */
  0xc7, 0x06, 0x80, 0x00, 0x32, 0x7c, /* mov word [0x80], handler */
  0xc7, 0x06, 0x82, 0x00, 0x00, 0x00, /* mov word [0x82], 0 */
  0xb0, 0x11, 0xe6, 0x20,             /* 8259: ICW1 */
  0xb0, 0x20, 0xe6, 0x21,             /* ICW2: vector 0x20 */
  0xb0, 0x04, 0xe6, 0x21,             /* ICW3 */
  0xb0, 0x01, 0xe6, 0x21,             /* ICW4 */
  0xb0, 0xfe, 0xe6, 0x21,             /* only IRQ 0 */
  0xb0, 0x34, 0xe6, 0x43,             /* 8254: counter 0, mode 2 */
  0xb0, 0x9c, 0xe6, 0x40,             /* 11932 */
  0xb0, 0x2e, 0xe6, 0x40, 0xfb, 0xf4, /* … sti; hlt: */
  0xeb, 0xfd,                         /* jmp hlt */
  0x90,                               /* handler at 0x7c32: */
  0xba, 0xf8, 0x03, 0xb0, 0x74, 0xee, /* 't' to COM1 */
  0xb0, 0x20, 0xe6, 0x20, 0xcf        /* EOI; iret */
};

/* For each byte a hundred OUT, the last of which is the byte back. */
static const guint8 hundreds[] = {
  0xba, 0xfd, 0x03, /* wait: mov dx, 0x3fd */
  0xec,             /* in al, dx */
  0xa8, 0x01,       /* test al, 1 */
  0x74, 0xf8,       /* jz wait */
  0xbe, 0x63, 0x00, /* mov si, 99 */
  0xe6, 0x80,       /* again: out 0x80, al */
  0x4e,             /* dec si */
  0x75, 0xfb,       /* jnz again */
  0xba, 0xf8, 0x03, /* mov dx, 0x3f8 */
  0xec, 0xee,       /* in al, dx; out dx, al */
  0xeb, 0xe9        /* jmp wait */
};

/* An exception with no table to find its handler in, in protected mode. */
static const guint8 triple_fault[] = {
  0x0f, 0x01, 0x1e, 0x10, 0x7c, /* lidt [0x7c10] */
  0x0f, 0x20, 0xc0,             /* mov eax, cr0 */
  0x0c, 0x01,                   /* or al, 1 */
  0x0f, 0x22, 0xc0,             /* mov cr0, eax */
  0x0f, 0x0b,                   /* ud2, at 0x7c0d */
  0x90,                         /* */
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* Waits for the power button and switches off, as ACPI has it. */
static const guint8 obedient[] = {
  0xba, 0x00, 0x06, /* wait: mov dx, 0x600 (PM1 status) */
  0xed,             /* in ax, dx */
  0xf6, 0xc4, 0x01, /* test ah, 1 (PWRBTN_STS) */
  0x74, 0xf7,       /* jz wait */
  0xba, 0x04, 0x06, /* mov dx, 0x604 (PM1 control) */
  0xb8, 0x00, 0x20, /* mov ax, SLP_EN, type 0: soft off */
  0xef,             /* out dx, ax */
  0xeb, 0xee        /* jmp wait */
};

static const guint8 debug_exit[] = { 0xb0, 0x2a, 0xe6, 0xf4, 0xeb, 0xfe };

typedef struct {
  MosHypervisor *hypervisor;
  char          *dir;
  const char    *accel;
} Fixture;

typedef struct {
  MosVm   *vm;
  guint    listener;
  GMutex   lock;
  GString *said; /* with lock */
} Guest;

static void
set_up (Fixture *self, gconstpointer accel)
{
  self->hypervisor = mos_lab_new (FALSE);
  self->dir = g_dir_make_tmp ("mos-lifecycle-XXXXXX", NULL);
  self->accel = accel;
}

static void
tear_down (Fixture *self, gconstpointer accel)
{
  g_autoptr (GDir) dir = g_dir_open (self->dir, 0, NULL);
  const char *name;

  mos_hypervisor_shutdown (self->hypervisor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (self->hypervisor);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (self->dir, name, NULL);

    g_remove (path);
  }
  g_rmdir (self->dir);
  g_free (self->dir);
}

/* -- guests -------------------------------------------------------------- */

static void
said_cb (gpointer user_data, const guint8 *data, gsize size)
{
  Guest *guest = user_data;

  g_mutex_lock (&guest->lock);
  g_string_append_len (guest->said, (const char *) data, (gssize) size);
  g_mutex_unlock (&guest->lock);
  g_main_context_wakeup (NULL);
}

static void
must_set (MosVmConfig *config, const char *key, const char *value)
{
  g_autoptr (GError) error = NULL;

  mos_vm_config_set (config, key, value, &error);
  g_assert_no_error (error);
}

static void
guest_init (Guest        *guest,
            Fixture      *fixture,
            const char   *name,
            const guint8 *code,
            gsize         size)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_new_minimal (name, 1, 4);
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, (const char *) code, (gssize) size, &error);
  g_assert_no_error (error);
  must_set (config, "boot.guest", "");
  must_set (config, "boot.kernel_path", path);
  must_set (config, "devices.debug_exit", "true");
  must_set (config, "cpu.accel", fixture->accel);
  guest->vm = mos_hypervisor_create_vm (fixture->hypervisor, config, &error);
  g_assert_no_error (error);
  g_mutex_init (&guest->lock);
  guest->said = g_string_new (NULL);
  guest->listener = mos_char_port_add_listener (
      mos_vm_get_serial (guest->vm, 0), said_cb, guest);
}

static void
guest_clear (Guest *guest)
{
  mos_char_port_remove_listener (mos_vm_get_serial (guest->vm, 0),
                                 guest->listener);
  g_string_free (guest->said, TRUE);
  g_mutex_clear (&guest->lock);
}

static void
must (MosOperation *operation)
{
  g_autoptr (GError) error = NULL;

  mos_operation_wait (operation, &error);
  g_assert_no_error (error);
  g_object_unref (operation);
}

static gsize
guest_n_said (Guest *guest)
{
  gsize n;

  g_mutex_lock (&guest->lock);
  n = guest->said->len;
  g_mutex_unlock (&guest->lock);
  return n;
}

static void
guest_expect (Guest *guest, const char *said)
{
  while (guest_n_said (guest) < strlen (said))
    g_main_context_iteration (NULL, TRUE);
  g_mutex_lock (&guest->lock);
  g_assert_cmpstr (guest->said->str, ==, said);
  g_string_truncate (guest->said, 0);
  g_mutex_unlock (&guest->lock);
}

static void
guest_forget (Guest *guest)
{
  g_mutex_lock (&guest->lock);
  g_string_truncate (guest->said, 0);
  g_mutex_unlock (&guest->lock);
}

static void
guest_ask (Guest *guest, const char *bytes)
{
  g_assert_cmpuint (mos_char_port_feed (mos_vm_get_serial (guest->vm, 0), bytes,
                                        strlen (bytes)),
                    ==, strlen (bytes));
}

static void
wait_state (MosVm *vm, MosVmState state)
{
  while (mos_vm_get_state (vm) != state)
    g_main_context_iteration (NULL, TRUE);
}

/* -- tests --------------------------------------------------------------- */

static void
test_life (Fixture *self, gconstpointer accel)
{
  Guest guest;

  guest_init (&guest, self, "counter", counter, sizeof counter);
  must (mos_vm_start (guest.vm));
  g_assert_cmpstr (mos_vm_get_backend_name (guest.vm), ==, accel);
  guest_ask (&guest, "xx");
  guest_expect (&guest, "12");
  must (mos_vm_pause (guest.vm));
  guest_ask (&guest, "x");
  g_assert_cmpuint (guest_n_said (&guest), ==, 0);
  must (mos_vm_resume (guest.vm));
  guest_expect (&guest, "3");
  must (mos_vm_reset (guest.vm));
  guest_ask (&guest, "x");
  guest_expect (&guest, "1");
  must (mos_vm_force_stop (guest.vm));
  must (mos_vm_start (guest.vm));
  guest_ask (&guest, "x");
  guest_expect (&guest, "1");
  guest_clear (&guest);
}

static void
test_two (Fixture *self, gconstpointer accel)
{
  Guest a, b;

  guest_init (&a, self, "a", counter, sizeof counter);
  guest_init (&b, self, "b", counter, sizeof counter);
  must (mos_vm_start (a.vm));
  must (mos_vm_start (b.vm));
  guest_ask (&a, "xxx");
  guest_ask (&b, "x");
  guest_expect (&a, "123");
  guest_expect (&b, "1");
  must (mos_vm_force_stop (a.vm));
  guest_ask (&b, "x");
  guest_expect (&b, "2");
  guest_clear (&a);
  guest_clear (&b);
}

/* The power button does what it does on a PC. */
static void
test_stop (Fixture *self, gconstpointer accel)
{
  Guest guest;

  guest_init (&guest, self, "obedient", obedient, sizeof obedient);
  must (mos_vm_start (guest.vm));
  must (mos_vm_stop (guest.vm));
  g_assert_cmpint (mos_vm_get_state (guest.vm), ==, MOS_VM_STOPPED);
  guest_clear (&guest);
}

static void
test_exit (Fixture *self, gconstpointer accel)
{
  Guest guest;

  guest_init (&guest, self, "exit", debug_exit, sizeof debug_exit);
  must (mos_vm_start (guest.vm));
  wait_state (guest.vm, MOS_VM_STOPPED);
  guest_clear (&guest);
}

static void
test_triple_fault (Fixture *self, gconstpointer accel)
{
  Guest guest;

  guest_init (&guest, self, "fault", triple_fault, sizeof triple_fault);
  must (mos_vm_start (guest.vm));
  while (TRUE) {
    g_autoptr (GPtrArray) lines = mos_log_lines (mos_vm_get_log (guest.vm), 0);
    gboolean found = FALSE;

    for (guint i = 0; i < lines->len; i++)
      found |= strstr (((MosLogLine *) lines->pdata[i])->text,
                       "guest reset after a triple fault at 0000:"
                       "0000000000007c0d") != NULL;
    if (found)
      break;
    g_main_context_iteration (NULL, TRUE);
  }
  guest_clear (&guest);
}

static void
save_and_load (Fixture *self, const char *then)
{
  g_autofree char *path = g_build_filename (self->dir, "state", NULL);
  g_autoptr (MosVmConfig) config = NULL;
  Guest count, tick;

  guest_init (&count, self, "counter", counter, sizeof counter);
  must (mos_vm_start (count.vm));
  guest_ask (&count, "xxx");
  guest_expect (&count, "123");
  must (mos_vm_pause (count.vm));
  must (mos_vm_save_state (count.vm, path));
  must (mos_vm_force_stop (count.vm));
  config = mos_vm_config_copy (mos_vm_get_config (count.vm));
  must_set (config, "cpu.accel", then);
  g_assert_true (mos_vm_set_config (count.vm, config, NULL));
  must (mos_vm_load_state (count.vm, path));
  g_assert_cmpstr (mos_vm_get_backend_name (count.vm), ==, then);
  must (mos_vm_resume (count.vm));
  guest_ask (&count, "x");
  guest_expect (&count, "4");
  must (mos_vm_force_stop (count.vm));
  guest_clear (&count);

  /* One that lives by interrupts. */
  guest_init (&tick, self, "ticker", ticker, sizeof ticker);
  must (mos_vm_start (tick.vm));
  while (guest_n_said (&tick) < 3)
    g_main_context_iteration (NULL, TRUE);
  must (mos_vm_pause (tick.vm));
  must (mos_vm_save_state (tick.vm, path));
  must (mos_vm_force_stop (tick.vm));
  g_clear_object (&config);
  config = mos_vm_config_copy (mos_vm_get_config (tick.vm));
  must_set (config, "cpu.accel", then);
  g_assert_true (mos_vm_set_config (tick.vm, config, NULL));
  guest_forget (&tick);
  must (mos_vm_load_state (tick.vm, path));
  must (mos_vm_resume (tick.vm));
  while (guest_n_said (&tick) < 3)
    g_main_context_iteration (NULL, TRUE);
  must (mos_vm_force_stop (tick.vm));
  guest_clear (&tick);
}

static void
test_save (Fixture *self, gconstpointer accel)
{
  save_and_load (self, accel);
}

/* Saved on one backend, gone on with on the other. */
static void
test_move (Fixture *self, gconstpointer accel)
{
  save_and_load (self, g_str_equal (accel, "kvm") ? "soft" : "kvm");
}

/* -- what is counted ----------------------------------------------------- */

typedef struct {
  MosVm          *vm;
  MosCollectState state;
  gint64          ms;
  double          outs; /* a second */
  MosSampler     *sampler;
} Counting;

static void
count_clock (gpointer user_data, gint64 *real_ms, gint64 *steady_ms)
{
  const Counting *self = user_data;

  *real_ms = G_GINT64_CONSTANT (1700000000000) + self->ms;
  *steady_ms = self->ms;
}

static void
count_collect (gpointer source, MosReadingFunc func, gpointer user_data)
{
  Counting *self = source;

  mos_vm_collect (self->vm, &self->state, func, user_data);
}

static void
count_sampled (gpointer        user_data,
               gint64          time_ms,
               gint64          steady_ms,
               const MosShown *shown,
               guint           n)
{
  Counting *self = user_data;

  for (guint i = 0; i < n; i++) {
    const MosSeriesKey *key = &shown[i].key;

    if (shown[i].has)
      g_assert_cmpfloat (shown[i].shown, >=, 0);
    if (key->metric == MOS_METRIC_EXITS && shown[i].has &&
        strcmp (key->label, "port-out") == 0)
      self->outs = shown[i].shown;
  }
}

static const MosSamplerSource count_source = { count_collect };

/* The guest does so many hundreds; then a second is over. */
static void
count_hundreds (Counting *self, Guest *guest, guint hundreds_done)
{
  g_autofree char *bytes = g_strnfill (hundreds_done, 'x');

  if (hundreds_done > 0) {
    must (mos_vm_resume (guest->vm));
    guest_ask (guest, bytes);
    guest_expect (guest, bytes);
    must (mos_vm_pause (guest->vm));
  }
  self->ms += 1000;
  self->outs = 0;
  mos_sampler_tick (self->sampler);
  g_assert_cmpfloat (self->outs, ==, hundreds_done * 100.0);
}

/* A machine that is saved, goes on, and is loaded: counters neither jump nor
 * fall, in what is told of a second and in what is kept. */
static void
test_counters (Fixture *self, gconstpointer accel)
{
  g_autofree char *path = g_build_filename (self->dir, "state", NULL);
  const guint      seconds[] = { 0, 3, 2, 0, 0, 1, 4, 0, 1, 0, 2 };
  MosStore        *store = mos_store_open (NULL, NULL, NULL);
  Counting         counting = { .sampler = mos_sampler_new (store) };
  MosSeriesKey     key;
  Guest            guest;
  gint64           first_ms = G_GINT64_CONSTANT (1700000001000);
  MosCell          cells[G_N_ELEMENTS (seconds) - 1];

  guest_init (&guest, self, "hundreds", hundreds, sizeof hundreds);
  counting.vm = guest.vm;
  mos_sampler_set_clock (counting.sampler, count_clock, &counting);
  mos_sampler_set_listener (counting.sampler, count_sampled, &counting);
  mos_sampler_add (counting.sampler, &count_source, &counting);
  must (mos_vm_start (guest.vm));
  must (mos_vm_pause (guest.vm));
  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++) {
    if (i == 2)
      must (mos_vm_save_state (guest.vm, path));
    if (i == 4 || i == 8) {
      must (mos_vm_force_stop (guest.vm));
      must (mos_vm_load_state (guest.vm, path));
    }
    count_hundreds (&counting, &guest, seconds[i]);
  }
  mos_series_key_init (&key, MOS_METRIC_EXITS, mos_vm_get_uuid (guest.vm));
  key.vcpu = 0;
  key.level = 1;
  key.handled_by = 0;
  mos_series_key_set_label (&key, "port-out");
  mos_store_grid (store, &key, first_ms, 1000, G_N_ELEMENTS (cells), cells);
  for (guint i = 0; i < G_N_ELEMENTS (cells); i++)
    g_assert_cmpfloat (cells[i].has ? cells[i].mean : 0, ==,
                       seconds[i + 1] * 100.0);
  must (mos_vm_force_stop (guest.vm));
  mos_sampler_free (counting.sampler);
  mos_store_close (store);
  guest_clear (&guest);
}

static const struct {
  const char *name;
  void (*test) (Fixture *self, gconstpointer accel);
} tests[] = {
  { "life", test_life },
  { "two", test_two },
  { "stop", test_stop },
  { "exit", test_exit },
  { "triple-fault", test_triple_fault },
  { "save", test_save },
  { "counters", test_counters },
};

int
main (int argc, char **argv)
{
  g_autoptr (MosHypervisor) hypervisor = NULL;
  const MosBackendReport *reports;
  guint                   n;
  guint                   n_usable = 0;

  g_test_init (&argc, &argv, NULL);
  hypervisor = mos_lab_new (FALSE);
  reports = mos_hypervisor_get_backends (hypervisor, &n);
  for (guint i = 0; i < n; i++)
    n_usable += reports[i].info.usable;
  for (guint i = 0; i < n; i++) {
    const char      *accel = reports[i].klass->name;
    g_autofree char *move = g_strdup_printf ("/lifecycle/%s/move", accel);

    for (guint t = 0; reports[i].info.usable && t < G_N_ELEMENTS (tests); t++) {
      g_autofree char *path =
          g_strdup_printf ("/lifecycle/%s/%s", accel, tests[t].name);

      g_test_add (path, Fixture, accel, set_up, tests[t].test, tear_down);
    }
    if (n_usable > 1 && reports[i].info.usable)
      g_test_add (move, Fixture, accel, set_up, test_move, tear_down);
  }
  return g_test_run ();
}
