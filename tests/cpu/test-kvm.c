/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Small guests on the KVM backend: ports, memory, kicks, faults, interrupts.
 *
 * Each guest is a few bytes of machine code with its source beside it. Without
 * /dev/kvm every test is skipped and says why.
 */

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/cpu/x86/bits.h"
#include "tests/cpu/kvm-world.h"

#define SAY 0xba, 0x10, 0x05 /* mov dx, 0x510 */

static void
kick_after_four (World *world, guint32 value)
{
  if (value == 4)
    world_kick (world, 0);
}

static void
kick_now (World *world, guint32 value)
{
  world_kick (world, 0);
}

/* Counts to four, then halts with interrupts off: only a kick helps. */
static void
test_ports (void)
{
  static const guint8 code[] = {
    SAY,                    /* mov dx, 0x510 */
    0x30, 0xc0,             /* xor al, al */
    0xfe, 0xc0,             /* again: inc al */
    0xee,                   /* out dx, al */
    0x3c, 0x04,             /* cmp al, 4 */
    0x75, 0xf9,             /* jne again */
    0x66, 0xed,             /* in eax, dx */
    0x66, 0xef,             /* out dx, eax */
    0xfa, 0xf4, 0xeb, 0xfd, /* cli; stop: hlt; jmp stop */
  };
  World *world = world_new (1);

  if (world == NULL)
    return;
  world_load (world, 0, code, sizeof code);
  world_start (world, 0);
  world_wait (world, 5);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (world_said (world, i), ==, i + 1);
  g_assert_cmphex (world_said (world, 4), ==, 0x44332211);
  world_kick (world, 0);
  g_assert_cmpint (world_join (world, 0).result, ==, MOS_RUN_KICKED);
  world_free (world);
}

/* A kick from within a device; the run then goes on where it was. */
static void
test_kick_inside (void)
{
  static const guint8 code[] = {
    SAY, 0xb0, 0x00, 0xfe, 0xc0, 0xee, 0xeb, 0xfb, /* inc al; out; jmp */
  };
  World          *world = world_new (1);
  MosVcpuCounters counters;

  if (world == NULL)
    return;
  world->says_func = kick_now;
  world_load (world, 0, code, sizeof code);
  for (guint i = 0; i < 10; i++) {
    g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);

    g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
    g_assert_cmpuint (world_said (world, i), ==, i + 1);
    /* The OUT is over: RIP is behind it. */
    g_assert_true (
        mos_vcpu_get_state (mos_cpus_vcpu (world->cpus, 0), state, NULL));
    g_assert_cmphex (state->rip, ==, WORLD_CODE + 8);
    mos_cpu_state_clear (state);
  }
  mos_vcpu_counters (mos_cpus_vcpu (world->cpus, 0), &counters);
  g_assert_cmpuint (counters.exits[MOS_EXIT_PORT_OUT], ==, 10);
  g_assert_cmpuint (counters.exits[MOS_EXIT_KICK], ==, 10);
  g_assert_cmpint (counters.run_ns, >, 0);
  world_free (world);
}

static void
test_strings (void)
{
  static const guint8 code[] = {
    SAY,              /* mov dx, 0x510 */
    0xfc,             /* cld */
    0xb9, 100,  0x00, /* mov cx, 100 */
    0xbf, 0x00, 0x60, /* mov di, 0x6000 */
    0xf3, 0x6c,       /* rep insb */
    0xb9, 100,  0x00, /* mov cx, 100 */
    0xbe, 0x00, 0x60, /* mov si, 0x6000 */
    0xf3, 0x6e,       /* rep outsb */
    0xb0, 0x04, 0xee, /* mov al, 4; out dx, al */
    0xf4,             /* hlt */
  };
  World *world = world_new (1);

  if (world == NULL)
    return;
  world->says_func = kick_after_four;
  world_load (world, 0, code, sizeof code);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_cmpuint (world->text->len, ==, 101);
  for (guint i = 0; i < 100; i++) {
    g_assert_cmpint (world->text->str[i], ==, world->ram->hva[0x6000 + i]);
    g_assert_cmpint (world->text->str[i], >=, 'a');
  }
  world_free (world);
}

/* -- memory -------------------------------------------------------------- */

static guint64
read_device (gpointer opaque, guint64 offset, guint size)
{
  return 0x80 + offset;
}

static void
write_device (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  *(guint64 *) opaque = offset << 32 | size << 16 | value;
}

/* A device, a ROM and a hole, seen by the guest. */
static void
test_memory (void)
{
  static const guint8 code[] = {
    SAY,                          /* mov dx, 0x510 */
    0xb8, 0x00, 0xd0, 0x8e, 0xd8, /* mov ax, 0xd000; mov ds, ax */
    0xa0, 0x07, 0x00, 0xee,       /* mov al, [7]; out dx, al */
    0xb0, 0x55,                   /* mov al, 0x55 */
    0xa2, 0x09, 0x00,             /* mov [9], al */
    0xb8, 0x00, 0xe0, 0x8e, 0xd8, /* mov ax, 0xe000; mov ds, ax */
    0xa0, 0x03, 0x00, 0xee,       /* mov al, [3]; out dx, al */
    0xc6, 0x06, 0x03, 0x00, 0x99, /* mov byte [3], 0x99 */
    0xa0, 0x03, 0x00, 0xee,       /* mov al, [3]; out dx, al */
    0xb0, 0x04, 0xee, 0xf4,       /* mov al, 4; out dx, al; hlt */
  };
  static const MosIoOps device = { .read = read_device, .write = write_device };
  guint64               written = 0;
  MosIoWindow           window = {
              .name = "device", .ops = &device, .opaque = &written, .size = 0x1000
  };
  MosMemoryRegion io = {
    .name = "device",
    .gpa = 0xd0000,
    .size = 0x1000,
    .priority = 1,
    .enabled = TRUE,
    .kind = MOS_MEMORY_IO,
    .io = &window,
  };
  MosMemoryRegion rom = {
    .name = "rom",
    .gpa = 0xe0000,
    .size = 0x2000,
    .priority = 1,
    .enabled = TRUE,
    .kind = MOS_MEMORY_ROM,
  };
  World *world = world_new (1);

  if (world == NULL)
    return;
  window.base = io.gpa;
  rom.ram = mos_ram_new ("rom", 0x2000, NULL);
  rom.ram->hva[3] = 0x77;
  mos_memory_map_add (world->bus->memory, &io);
  mos_memory_map_add (world->bus->memory, &rom);
  world->says_func = kick_after_four;
  world_load (world, 0, code, sizeof code);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_cmphex (world_said (world, 0), ==, 0x87);
  g_assert_cmphex (written, ==, G_GUINT64_CONSTANT (0x900010055));
  g_assert_cmphex (world_said (world, 1), ==, 0x77);
  g_assert_cmphex (world_said (world, 2), ==, 0x77);
  g_assert_cmphex (rom.ram->hva[3], ==, 0x77);
  world_free (world);
  mos_ram_free (rom.ram);
}

#define POSTED       1000 /* writes before the guest speaks */
#define POSTED_LATER 5    /* and after it, before it spins */

typedef struct {
  guint n;       /* atomic: writes that have come */
  guint wrong;   /* not in their order */
  guint n_heard; /* when the guest spoke */
} Posted;

static void
count_in_order (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  Posted *posted = opaque;

  if (offset != posted->n || value != (posted->n & 0xff) || size != 1)
    posted->wrong++;
  g_atomic_int_inc (&posted->n);
}

static void
note_posted (World *world, guint32 value)
{
  Posted *posted = world->user_data;

  posted->n_heard = (guint) g_atomic_int_get (&posted->n);
}

static gboolean
host_posts (void)
{
  MosBackendInfo info;
  gboolean       posts;

  mos_kvm_backend.probe (&info);
  posts = strstr (info.details, "KVM_CAP_COALESCED_MMIO") == NULL;
  mos_backend_info_clear (&info);
  return posts;
}

/* Posted writes come in order, before the next exit, and when asked for; only
 * a full ring leaves the guest. */
static void
test_posted (void)
{
  static const guint8 code[] = {
    SAY,                          /* mov dx, 0x510 */
    0xb8, 0x00, 0xd0, 0x8e, 0xd8, /* mov ax, 0xd000; mov ds, ax */
    0x31, 0xdb,                   /* xor bx, bx */
    0x88, 0x1f, 0x43,             /* again: mov [bx], bl; inc bx */
    0x81, 0xfb, 0xe8, 0x03,       /* cmp bx, 1000 */
    0x75, 0xf7,                   /* jne again */
    0xb0, 0x01, 0xee,             /* mov al, 1; out dx, al */
    0x88, 0x1f, 0x43,             /* more: mov [bx], bl; inc bx */
    0x81, 0xfb, 0xed, 0x03,       /* cmp bx, 1005 */
    0x75, 0xf7,                   /* jne more */
    0xeb, 0xfe,                   /* spin: jmp spin */
  };
  static const MosIoOps device = { .read = read_device,
                                   .write = count_in_order,
                                   .max_size = 1 };
  Posted                posted = { 0 };
  MosIoWindow           window = { .name = "device",
                                   .ops = &device,
                                   .opaque = &posted,
                                   .base = 0xd0000,
                                   .size = 0x1000 };
  MosMemoryRegion       io = { .name = "device",
                               .gpa = 0xd0000,
                               .size = 0x1000,
                               .priority = 1,
                               .enabled = TRUE,
                               .kind = MOS_MEMORY_IO,
                               .io = &window,
                               .posted = TRUE };
  World                *world = world_new (1);
  gint64          deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  MosVcpuCounters counters;

  if (world == NULL)
    return;
  mos_memory_map_add (world->bus->memory, &io);
  world->says_func = note_posted;
  world->user_data = &posted;
  world_load (world, 0, code, sizeof code);
  world_start (world, 0);
  world_wait (world, 1);
  /* The guest does not come out any more. */
  while (g_atomic_int_get (&posted.n) < POSTED + POSTED_LATER) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    mos_memory_map_settle (world->bus->memory);
    g_thread_yield ();
  }
  world_kick (world, 0);
  g_assert_cmpint (world_join (world, 0).result, ==, MOS_RUN_KICKED);
  g_assert_cmpuint (posted.n_heard, ==, POSTED);
  g_assert_cmpuint (posted.wrong, ==, 0);
  g_assert_cmpuint (posted.n, ==, POSTED + POSTED_LATER);
  mos_vcpu_counters (mos_cpus_vcpu (world->cpus, 0), &counters);
  if (host_posts ())
    g_assert_cmpuint (counters.exits[MOS_EXIT_MMIO_WRITE], <=, POSTED / 100);
  world_free (world);
}

typedef struct {
  MosMemoryRegion shadow;
  guint           turns;
} Shadow;

static void
toggle_shadow (World *world, guint32 value)
{
  Shadow *s = world->user_data;

  mos_memory_map_update (world->bus->memory, &s->shadow, s->shadow.gpa,
                         s->shadow.kind, !s->shadow.enabled);
  if (++s->turns == 20)
    world_kick (world, 0);
}

/* The memory under the guest's eyes changes from within an exit. */
static void
test_slot_change (void)
{
  static const guint8 code[] = {
    SAY,                          /* mov dx, 0x510 */
    0xb8, 0x00, 0xe0, 0x8e, 0xd8, /* mov ax, 0xe000; mov ds, ax */
    0xa0, 0x03, 0x00, 0xee,       /* again: mov al, [3]; out dx, al */
    0xeb, 0xfa,                   /* jmp again */
  };
  Shadow s = { .shadow = {
                   .name = "shadow",
                   .gpa = 0xe0000,
                   .size = 0x10000,
                   .priority = 1,
                   .kind = MOS_MEMORY_RAM,
               } };
  World *world = world_new (1);

  if (world == NULL)
    return;
  s.shadow.ram = mos_ram_new ("shadow", 0x10000, NULL);
  s.shadow.ram->hva[3] = 2;
  world->ram->hva[0xe0003] = 1;
  mos_memory_map_add (world->bus->memory, &s.shadow);
  world->says_func = toggle_shadow;
  world->user_data = &s;
  world_load (world, 0, code, sizeof code);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  for (guint i = 0; i < 20; i++)
    g_assert_cmpuint (world_said (world, i), ==, 1 + i % 2);
  world_free (world);
  mos_ram_free (s.shadow.ram);
}

/* Another thread replaces the very memory that two vCPUs execute. */
static void
test_slot_change_smp (void)
{
  static const guint8 code[] = { 0xeb, 0xfe }; /* jmp $ */
  MosMemoryRegion     cut = {
        .name = "cut",
        .gpa = 0x40000,
        .size = 0x1000,
        .priority = 1,
        .kind = MOS_MEMORY_RAM,
  };
  World *world = world_new (2);

  if (world == NULL)
    return;
  cut.ram = mos_ram_new ("cut", 0x1000, NULL);
  mos_memory_map_add (world->bus->memory, &cut);
  for (guint i = 0; i < 2; i++) {
    g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
    MosVcpu                *vcpu = mos_cpus_vcpu (world->cpus, i);

    world_load (world, i, code, sizeof code);
    g_assert_true (mos_vcpu_get_state (vcpu, state, NULL));
    state->mp_state = MOS_MP_RUNNABLE;
    g_assert_true (mos_vcpu_set_state (vcpu, state, NULL));
    mos_cpu_state_clear (state);
    world_start (world, i);
  }
  /* It cuts the memory slot in three and joins it again. */
  for (guint i = 0; i < 100; i++)
    mos_memory_map_update (world->bus->memory, &cut, cut.gpa, cut.kind,
                           i % 2 == 0);
  for (guint i = 0; i < 2; i++) {
    WorldEnd end;

    world_kick (world, i);
    end = world_join (world, i);
    g_assert_no_error (end.error);
    g_assert_cmpint (end.result, ==, MOS_RUN_KICKED);
  }
  world_free (world);
  mos_ram_free (cut.ram);
}

static void
test_dirty (void)
{
  static const guint8 code[] = {
    SAY,                          /* mov dx, 0x510 */
    0xb8, 0x00, 0x80, 0x8e, 0xd8, /* mov ax, 0x8000; mov ds, ax */
    0xa2, 0x00, 0x30,             /* mov [0x3000], al */
    0xb0, 0x04, 0xee, 0xf4,       /* mov al, 4; out dx, al; hlt */
  };
  gulong bits[4];
  World *world = world_new (1);

  if (world == NULL)
    return;
  world->says_func = kick_after_four;
  world_load (world, 0, code, sizeof code);
  mos_memory_map_track (world->bus->memory, &world->region, TRUE);
  g_assert_true (mos_memory_map_take_dirty (world->bus->memory, &world->region,
                                            0, 256, bits));
  g_assert_false (mos_memory_map_take_dirty (world->bus->memory, &world->region,
                                             0, 256, bits));
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_true (mos_memory_map_take_dirty (world->bus->memory, &world->region,
                                            0x80, 16, bits));
  g_assert_cmphex (bits[0], ==, 1u << 3);
  mos_memory_map_track (world->bus->memory, &world->region, FALSE);
  world_free (world);
}

/* -- stopping ------------------------------------------------------------ */

/* Guests that never come out by themselves, or all the time. */
typedef struct {
  const char *name;
  guint8      code[16];
} Busy;

static const Busy busy[] = {
  { "spins with interrupts off", { 0xfa, 0xeb, 0xfe } }, /* cli; jmp $ */
  { "halts with interrupts off",
    { 0xfa, 0xf4, 0xeb, 0xfd } }, /* cli; again: hlt; jmp again */
  { "writes a port",
    { SAY, 0xee, 0xeb, 0xfd } }, /* mov dx, 0x510; again: out; jmp again */
  { "reads where nothing is",
    { 0xb8, 0xff, 0xff, 0x8e, 0xd8,     /* mov ax, 0xffff; mov ds, ax */
      0xa0, 0xf0, 0xf0, 0xeb, 0xfb } }, /* again: mov al, [0xf0f0]; jmp */
  { "fills memory without end",
    { 0xfc, 0x66, 0x31, 0xff,             /* cld; again: xor edi, edi */
      0xb9, 0x00, 0x60, 0xbf, 0x00, 0x10, /* mov cx, 0x6000; mov di, 0x1000 */
      0xf3, 0xaa, 0xeb, 0xf3 } },         /* rep stosb; jmp again */
  { "faults in a circle", { 0xcc } },     /* int3, whose handler is here */
};

/* The best of a few tries, since the test machine may be busy. */
static void
check_kick (const Busy *guest)
{
  gint64 best = G_MAXINT64;
  World *world = world_new (1);

  if (world == NULL)
    return;
  world_load (world, 0, guest->code, sizeof guest->code);
  memcpy (world->ram->hva + 3 * 4, (const guint8[]){ 0x00, 0x7c, 0, 0 }, 4);
  for (guint i = 0; i < 5; i++) {
    WorldEnd end;
    gint64   start;

    world_start (world, 0);
    world_wait_inside (world, 0);
    start = g_get_monotonic_time ();
    world_kick (world, 0);
    end = world_join (world, 0);
    g_assert_no_error (end.error);
    g_assert_cmpint (end.result, ==, MOS_RUN_KICKED);
    best = MIN (best, g_get_monotonic_time () - start);
  }
  g_test_message ("%s: %" G_GINT64_FORMAT " us from kick to return",
                  guest->name, best);
  g_assert_cmpint (best, <, 100000);
  world_free (world);
}

static void
test_kick_latency (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (busy); i++)
    check_kick (&busy[i]);
}

/* A kick before the run is not lost, and two are one. */
static void
test_kick_before (void)
{
  static const guint8 code[] = {
    SAY, 0xb0, 0x04, 0xee, 0xfa, 0xf4, /* mov al, 4; out dx, al; cli; hlt */
  };
  World *world = world_new (1);

  if (world == NULL)
    return;
  world->says_func = kick_after_four;
  world_load (world, 0, code, sizeof code);
  world_kick (world, 0);
  world_kick (world, 0);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_cmpuint (world->values->len, ==, 0);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_cmpuint (world->values->len, ==, 1);
  world_free (world);
}

/* Flat 32-bit protected mode before the code; no descriptor can be loaded. */
static void
enter_protected_mode (World *world)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  MosVcpu                *vcpu = mos_cpus_vcpu (world->cpus, 0);

  g_assert_true (mos_vcpu_get_state (vcpu, state, NULL));
  state->cr0 |= MOS_CR0_PE;
  for (guint i = 0; i <= MOS_SEG_GS; i++) {
    state->seg[i].selector = i == MOS_SEG_CS ? 8 : 16;
    state->seg[i].limit = G_MAXUINT32;
    state->seg[i].db = 1;
    state->seg[i].g = 1;
  }
  state->gdt.limit = 0;
  state->idt.limit = 0;
  g_assert_true (mos_vcpu_set_state (vcpu, state, NULL));
  mos_cpu_state_clear (state);
}

static void
test_triple_fault (void)
{
  static const guint8 fault[] = { 0x0f, 0x0b }; /* ud2 */
  static const guint8 spin[] = { 0xeb, 0xfe };  /* jmp $ */
  World              *world = world_new (1);

  if (world == NULL)
    return;
  world_load (world, 0, fault, sizeof fault);
  enter_protected_mode (world);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_SHUTDOWN);
  /* It stays down until it is reset. */
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_SHUTDOWN);
  world_load (world, 0, spin, sizeof spin);
  world_kick (world, 0);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  world_free (world);
}

/* -- interrupts ---------------------------------------------------------- */

/* Sets up both 8259s for vectors 8 and 0x70, lets one line in, waits. */
static void
test_pic (void)
{
  static const guint8 code[] = {
    0xb0, 0x11, 0xe6, 0x20, /* mov al, 0x11; out 0x20, al */
    0xb0, 0x08, 0xe6, 0x21, /* vectors from 8 */
    0xb0, 0x04, 0xe6, 0x21, /* the other one is at pin 2 */
    0xb0, 0x01, 0xe6, 0x21, /* 8086 mode */
    0xb0, 0xfd, 0xe6, 0x21, /* let line 1 in */
    SAY,                    /* mov dx, 0x510 */
    0xb0, 0x01, 0xee,       /* mov al, 1; out dx, al */
    0xfb, 0xf4, 0xeb, 0xfd, /* sti; wait: hlt; jmp wait */
  };
  static const guint8 handler[] = {
    0xb0, 0x99, 0xee,       /* mov al, 0x99; out dx, al */
    0xb0, 0x20, 0xe6, 0x20, /* mov al, 0x20; out 0x20, al */
    0xcf,                   /* iret */
  };
  World *world = world_new (1);

  if (world == NULL)
    return;
  world_load (world, 0, code, sizeof code);
  memcpy (world->ram->hva + 0x6000, handler, sizeof handler);
  memcpy (world->ram->hva + 9 * 4, (const guint8[]){ 0, 0x60, 0, 0 }, 4);
  memcpy (world->ram->hva + 2 * 4, (const guint8[]){ 0, 0x60, 0, 0 }, 4);
  world_start (world, 0);
  world_wait (world, 1);
  for (guint i = 0; i < 3; i++) {
    world->bus->cpu_inputs->set_gsi (world->bus->cpus, 1, TRUE);
    world->bus->cpu_inputs->set_gsi (world->bus->cpus, 1, FALSE);
    world_wait (world, 2 + i);
    g_assert_cmphex (world_said (world, 1 + i), ==, 0x99);
  }
  world->bus->cpu_inputs->send_nmi (world->bus->cpus);
  world_wait (world, 5);
  world_kick (world, 0);
  g_assert_cmpint (world_join (world, 0).result, ==, MOS_RUN_KICKED);
  world_free (world);
}

/* Firmware lets interrupts in for two instructions at a time. */
static void
test_small_window (void)
{
  static const guint8 code[] = {
    0xb0, 0x11, 0xe6, 0x20, /* the 8259 as above */
    0xb0, 0x08, 0xe6, 0x21, 0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x01,
    0xe6, 0x21, 0xb0, 0xfd, 0xe6, 0x21, SAY,  0xb0, 0x01, 0xee, /* out dx, al */
    0xfb, 0x90, 0xfa, /* again: sti; nop; cli */
    0xb9, 0xf4, 0x01, /* mov cx, 500 */
    0xe2, 0xfe,       /* wait: loop wait */
    0xeb, 0xf6,       /* jmp again */
  };
  static const guint8 handler[] = {
    0xb0, 0x99, 0xee,       /* mov al, 0x99; out dx, al */
    0xb0, 0x20, 0xe6, 0x20, /* mov al, 0x20; out 0x20, al */
    0xcf,                   /* iret */
  };
  World *world = world_new (1);

  if (world == NULL)
    return;
  world_load (world, 0, code, sizeof code);
  memcpy (world->ram->hva + 0x6000, handler, sizeof handler);
  memcpy (world->ram->hva + 9 * 4, (const guint8[]){ 0, 0x60, 0, 0 }, 4);
  world_start (world, 0);
  world_wait (world, 1);
  for (guint i = 0; i < 20; i++) {
    world->bus->cpu_inputs->set_gsi (world->bus->cpus, 1, TRUE);
    world->bus->cpu_inputs->set_gsi (world->bus->cpus, 1, FALSE);
    world_wait (world, 2 + i);
  }
  world_kick (world, 0);
  g_assert_cmpint (world_join (world, 0).result, ==, MOS_RUN_KICKED);
  world_free (world);
}

/* Sends a message, with @by_eventfd through one of its own. */
static void
send_message (World *world, guint64 address, guint32 data, int by_eventfd)
{
  const MosCpuInputs *inputs = world->bus->cpu_inputs;
  int                 fd;

  if (!by_eventfd) {
    inputs->send_msi (world->bus->cpus, address, data);
    return;
  }
  fd = eventfd (0, EFD_NONBLOCK);
  g_assert_true (inputs->set_message (world->bus->cpus, fd, address, ~data));
  /* The last word counts. */
  g_assert_true (inputs->set_message (world->bus->cpus, fd, address, data));
  g_assert_cmpint (eventfd_write (fd, 1), ==, 0);
}

/* The second processor waits until INIT and start-up messages come. */
static void
start_second (gboolean by_eventfd)
{
  static const guint8 code[] = {
    SAY, 0xb0, 0x05, 0xee, 0xfa, 0xf4, /* mov al, 5; out dx, al; cli; hlt */
  };
  static const guint8 stop[] = { 0xfa, 0xf4 };
  World              *world = world_new (2);

  if (world == NULL)
    return;
  world_load (world, 1, stop, sizeof stop);
  world_kick (world, 1);
  g_assert_cmpint (world_run (world, 1), ==, MOS_RUN_KICKED);
  memcpy (world->ram->hva + 0x6000, code, sizeof code);
  world_start (world, 1);
  send_message (world, 0xfee01000, 0x4500, by_eventfd);
  send_message (world, 0xfee01000, 0x4606, by_eventfd);
  world_wait (world, 1);
  g_assert_cmphex (world_said (world, 0), ==, 5);
  world_kick (world, 1);
  g_assert_cmpint (world_join (world, 1).result, ==, MOS_RUN_KICKED);
  world_free (world);
}

static void
test_startup (void)
{
  start_second (FALSE);
}

static void
test_startup_eventfd (void)
{
  start_second (TRUE);
}

static guint64
ring_count (int fd)
{
  eventfd_t count = 0;

  return eventfd_read (fd, &count) == 0 ? count : 0;
}

/* A doorbell counts words written to it; bytes beside it and what comes when
 * it is off are none of its business. */
static void
test_doorbell (void)
{
  static const guint8 code[] = {
    0xb8, 0xff, 0xff,             /* mov ax, 0xffff */
    0x8e, 0xc0,                   /* mov es, ax */
    0x26, 0xa3, 0x14, 0x00,       /* mov [es:0x14], ax: at 0x100004 */
    0x26, 0xa3, 0x14, 0x00,       /* the same again */
    0x26, 0xa2, 0x14, 0x00,       /* mov [es:0x14], al */
    0x26, 0xa3, 0x16, 0x00,       /* mov [es:0x16], ax */
    SAY,  0xb0, 0x01, 0xee,       /* mov al, 1; out dx, al */
    0x26, 0xa3, 0x14, 0x00,       /* mov [es:0x14], ax */
    0xb0, 0x02, 0xee, 0xfa, 0xf4, /* mov al, 2; out dx, al; cli; hlt */
  };
  World              *world = world_new (1);
  int                 fd = eventfd (0, EFD_NONBLOCK);
  const MosCpuInputs *inputs;

  if (world == NULL)
    return;
  inputs = world->bus->cpu_inputs;
  g_assert_true (
      inputs->set_doorbell (world->bus->cpus, 0x100004, 2, fd, TRUE));
  world->says_func = kick_now;
  world_load (world, 0, code, sizeof code);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_cmpuint (ring_count (fd), ==, 2);
  g_assert_true (
      inputs->set_doorbell (world->bus->cpus, 0x100004, 2, fd, FALSE));
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_cmpuint (world_said (world, 1), ==, 2);
  g_assert_cmpuint (ring_count (fd), ==, 0);
  close (fd);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kvm/ports", test_ports);
  g_test_add_func ("/kvm/strings", test_strings);
  g_test_add_func ("/kvm/memory", test_memory);
  g_test_add_func ("/kvm/posted", test_posted);
  g_test_add_func ("/kvm/slot-change", test_slot_change);
  g_test_add_func ("/kvm/slot-change-smp", test_slot_change_smp);
  g_test_add_func ("/kvm/dirty", test_dirty);
  g_test_add_func ("/kvm/kick-inside", test_kick_inside);
  g_test_add_func ("/kvm/kick-latency", test_kick_latency);
  g_test_add_func ("/kvm/kick-before", test_kick_before);
  g_test_add_func ("/kvm/triple-fault", test_triple_fault);
  g_test_add_func ("/kvm/pic", test_pic);
  g_test_add_func ("/kvm/small-window", test_small_window);
  g_test_add_func ("/kvm/startup", test_startup);
  g_test_add_func ("/kvm/startup-eventfd", test_startup_eventfd);
  g_test_add_func ("/kvm/doorbell", test_doorbell);
  return g_test_run ();
}
