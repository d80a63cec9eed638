/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Processors and a board that do nothing but what a test tells them.
 */
#include "tests/unit/fake-machine.h"

#include <string.h>

#define MAX_VCPUS 32

typedef struct {
  MosVcpu     parent;
  GMutex      lock;
  GCond       cond;
  gboolean    kicked; /* with lock */
  FakeDeed    deed;   /* with lock */
  MosCpuState state;
} FakeVcpu;

typedef struct {
  MosCpus  parent;
  FakeVcpu vcpus[MAX_VCPUS];
} FakeCpus;

typedef struct {
  MosBoard       board;
  MosBlockStore *medium;
} FakeBoard;

/* The memory goes with the bus, after the board. */
typedef struct {
  MosDevice       parent;
  MosRam         *ram;
  MosMemoryRegion region;
} FakeMemory;

typedef struct {
  MosDevice parent;
  guint32   cell;
} FakeDevice;

typedef struct {
  MosBlockStore parent;
} FakeStore;

Fake             fake;
static FakeCpus *last_cpus;
static MosBus   *last_bus;

/* -- controls ------------------------------------------------------------ */

void
fake_reset (void)
{
  fake.fail_at = FAKE_NOTHING;
  fake.obeys_button = FALSE;
  fake.usable = TRUE;
  fake.nests = FALSE;
  fake.wait_at = FAKE_NOTHING;
  fake.waiting = FALSE;
  fake.stubborn = FALSE;
  fake.n_starts = 0;
  g_assert_cmpuint (fake.n_alive, ==, 0);
}

/* A step of a start: waits if it shall, and fails if it shall. */
static gboolean
step (FakeStep at, GError **error)
{
  g_mutex_lock (&fake.lock);
  while (fake.wait_at == at) {
    fake.waiting = TRUE;
    g_cond_broadcast (&fake.cond);
    g_cond_wait (&fake.cond, &fake.lock);
  }
  g_mutex_unlock (&fake.lock);
  if (fake.fail_at != at)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, "step %d fails", (int) at);
  return FALSE;
}

void
fake_release (void)
{
  g_mutex_lock (&fake.lock);
  fake.wait_at = FAKE_NOTHING;
  fake.waiting = FALSE;
  g_cond_broadcast (&fake.cond);
  g_mutex_unlock (&fake.lock);
}

void
fake_wait_until_waiting (void)
{
  g_mutex_lock (&fake.lock);
  while (!fake.waiting)
    g_cond_wait (&fake.cond, &fake.lock);
  g_mutex_unlock (&fake.lock);
}

static void
count_alive (int change)
{
  g_mutex_lock (&fake.lock);
  fake.n_alive += (guint) change;
  g_mutex_unlock (&fake.lock);
}

/* -- processors ---------------------------------------------------------- */

static void
fake_probe (MosBackendInfo *info)
{
  info->usable = fake.usable;
  info->why_not = fake.usable ? NULL : g_strdup ("the test does not want it");
  info->nested_svm = fake.nests;
  info->max_vcpus = MAX_VCPUS;
}

static void
other_probe (MosBackendInfo *info)
{
  info->why_not = g_strdup ("it is not there");
}

static void
ignore_msi (gpointer cpus, guint64 address, guint32 data)
{
}

static void
ignore_level (gpointer cpus, gboolean level)
{
}

static void
ignore_nmi (gpointer cpus)
{
}

static const MosCpuInputs inputs = {
  .send_msi = ignore_msi,
  .set_intr = ignore_level,
  .send_nmi = ignore_nmi,
};

static MosCpus *
fake_create (const MosCpusSpec *spec, GError **error)
{
  FakeCpus *self;

  if (!step (FAKE_CPUS, error))
    return NULL;
  self = g_new0 (FakeCpus, 1);
  self->parent.klass = &fake_backend;
  self->parent.bus = spec->bus;
  self->parent.n_vcpus = spec->n_vcpus;
  for (guint i = 0; i < spec->n_vcpus; i++) {
    FakeVcpu *vcpu = &self->vcpus[i];

    vcpu->parent.cpus = &self->parent;
    vcpu->parent.index = i;
    g_mutex_init (&vcpu->lock);
    g_cond_init (&vcpu->cond);
  }
  mos_bus_set_cpus (spec->bus, &inputs, self);
  last_cpus = self;
  last_bus = spec->bus;
  count_alive (1);
  return &self->parent;
}

static void
fake_free (MosCpus *cpus)
{
  FakeCpus *self = (FakeCpus *) cpus;

  for (guint i = 0; i < cpus->n_vcpus; i++) {
    mos_cpu_state_clear (&self->vcpus[i].state);
    g_mutex_clear (&self->vcpus[i].lock);
    g_cond_clear (&self->vcpus[i].cond);
  }
  g_free (self);
  count_alive (-1);
}

static MosVcpu *
fake_vcpu (MosCpus *cpus, guint index)
{
  return &((FakeCpus *) cpus)->vcpus[index].parent;
}

static gboolean
is_stubborn (void)
{
  gboolean stubborn;

  g_mutex_lock (&fake.lock);
  stubborn = fake.stubborn;
  g_mutex_unlock (&fake.lock);
  return stubborn;
}

static FakeDeed
wait_for_deed (FakeVcpu *self)
{
  FakeDeed deed;

  g_mutex_lock (&self->lock);
  while ((!self->kicked || is_stubborn ()) && self->deed == FAKE_DO_NOTHING)
    g_cond_wait (&self->cond, &self->lock);
  deed = self->deed;
  if (deed != FAKE_DO_TRIPLE_FAULTS)
    self->deed = FAKE_DO_NOTHING;
  self->kicked = FALSE;
  g_mutex_unlock (&self->lock);
  return deed;
}

static MosRunResult
fake_run (MosVcpu *vcpu, GError **error)
{
  MosBus *bus = vcpu->cpus->bus;

  switch (wait_for_deed ((FakeVcpu *) vcpu)) {
  case FAKE_DO_POWEROFF:
    mos_bus_request (bus, MOS_BUS_POWEROFF, 0);
    return MOS_RUN_KICKED;
  case FAKE_DO_EXIT:
    mos_bus_request (bus, MOS_BUS_EXIT, 5);
    return MOS_RUN_KICKED;
  case FAKE_DO_RESET:
    mos_bus_request (bus, MOS_BUS_RESET, 0);
    return MOS_RUN_KICKED;
  case FAKE_DO_SUSPEND:
    mos_bus_request (bus, MOS_BUS_SUSPEND, 0);
    return MOS_RUN_KICKED;
  case FAKE_DO_TRIPLE_FAULT:
  case FAKE_DO_TRIPLE_FAULTS:
    return MOS_RUN_SHUTDOWN;
  case FAKE_DO_DEBUG:
    return MOS_RUN_DEBUG;
  case FAKE_DO_FAIL:
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED, "the processor is broken");
    return MOS_RUN_FAILED;
  case FAKE_DO_NOTHING:
  default:
    return MOS_RUN_KICKED;
  }
}

static void
wake (FakeVcpu *self, FakeDeed deed)
{
  g_mutex_lock (&self->lock);
  if (deed != FAKE_DO_NOTHING)
    self->deed = deed;
  else
    self->kicked = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
fake_kick (MosVcpu *vcpu)
{
  wake ((FakeVcpu *) vcpu, FAKE_DO_NOTHING);
}

static gboolean
fake_get_state (MosVcpu *vcpu, MosCpuState *state, GError **error)
{
  *state = ((FakeVcpu *) vcpu)->state;
  return TRUE;
}

static gboolean
fake_set_state (MosVcpu *vcpu, const MosCpuState *state, GError **error)
{
  if (!step (FAKE_SET_STATE, error))
    return FALSE;
  ((FakeVcpu *) vcpu)->state = *state;
  return TRUE;
}

static void
fake_counters (MosVcpu *vcpu, MosVcpuCounters *counters)
{
  counters->exits[MOS_EXIT_HLT] = 1;
}

const MosBackendClass fake_backend = {
  .name = "kvm",
  .title = "Fake",
  .probe = fake_probe,
  .create = fake_create,
  .free = fake_free,
  .vcpu = fake_vcpu,
  .run = fake_run,
  .kick = fake_kick,
  .get_state = fake_get_state,
  .set_state = fake_set_state,
  .counters = fake_counters,
};

const MosBackendClass fake_other_backend = {
  .name = "soft",
  .title = "Other",
  .probe = other_probe,
};

/* -- board --------------------------------------------------------------- */

static void
fake_device_reset (MosDevice *device)
{
  ((FakeDevice *) device)->cell = 0;
}

static const MosStateField fake_device_state[] = {
  MOS_STATE (FakeDevice, cell, MOS_STATE_U32),
  { NULL },
};

static const MosDeviceClass fake_device = {
  .name = "fake",
  .title = "Fake",
  .instance_size = sizeof (FakeDevice),
  .state_version = 1,
  .state = fake_device_state,
  .reset = fake_device_reset,
};

static void
fake_memory_clear (MosDevice *device)
{
  mos_ram_free (((FakeMemory *) device)->ram);
}

static const MosDeviceClass fake_memory_class = {
  .name = "fake-memory",
  .title = "Fake memory",
  .instance_size = sizeof (FakeMemory),
  .clear = fake_memory_clear,
};

static MosBoard *
fake_board_create (const MosBoardSpec *spec, MosBus *bus, GError **error)
{
  FakeBoard  *self;
  FakeMemory *memory;
  MosRam     *ram;

  if (!step (FAKE_BOARD, error))
    return NULL;
  fake.has_guest = spec->guest_image != NULL;
  fake.has_firmware = spec->firmware != NULL;
  fake.n_drives = spec->n_drives;
  ram = mos_ram_new ("ram", spec->memory_bytes, error);
  if (ram == NULL)
    return NULL;
  memory = mos_device_new (&fake_memory_class, bus, "memory0");
  memory->ram = ram;
  memory->region.name = "ram";
  memory->region.size = ram->size;
  memory->region.enabled = TRUE;
  memory->region.kind = MOS_MEMORY_RAM;
  memory->region.ram = ram;
  mos_memory_map_add (bus->memory, &memory->region);
  mos_device_new (&fake_device, bus, "fake0");

  self = g_new0 (FakeBoard, 1);
  self->board.klass = &fake_board;
  count_alive (1);
  return &self->board;
}

static void
fake_board_free (MosBoard *board)
{
  FakeBoard *self = (FakeBoard *) board;

  g_clear_pointer (&self->medium, mos_block_store_unref);
  g_free (self);
  count_alive (-1);
}

static gboolean
fake_board_start (MosBoard *board, MosCpuState *boot_cpu, GError **error)
{
  g_mutex_lock (&fake.lock);
  fake.n_starts++;
  g_mutex_unlock (&fake.lock);
  boot_cpu->gpr[MOS_RAX] = 0x1234;
  return step (FAKE_START, error);
}

static void
fake_power_button (MosBoard *board)
{
  if (fake.obeys_button)
    fake_do (FAKE_DO_POWEROFF);
}

static gboolean
fake_set_balloon (MosBoard *board, guint64 bytes)
{
  fake.balloon_bytes = bytes;
  return TRUE;
}

/* The fake's guest gives back what it is asked for at once. */
static gboolean
fake_get_balloon (MosBoard *board, guint64 *bytes)
{
  *bytes = fake.balloon_bytes;
  return TRUE;
}

static gboolean
fake_change_medium (MosBoard      *board,
                    guint          index,
                    MosBlockStore *store,
                    GError       **error)
{
  FakeBoard *self = (FakeBoard *) board;

  g_clear_pointer (&self->medium, mos_block_store_unref);
  if (store != NULL)
    self->medium = mos_block_store_ref (store);
  return TRUE;
}

const MosBoardClass fake_board = {
  .name = "fake",
  .title = "Fake",
  .create = fake_board_create,
  .free = fake_board_free,
  .start = fake_board_start,
  .power_button = fake_power_button,
  .set_balloon = fake_set_balloon,
  .get_balloon = fake_get_balloon,
  .change_medium = fake_change_medium,
};

/* -- images and guests --------------------------------------------------- */

static void
fake_store_submit (MosBlockStore *self, MosBlockRequest *request)
{
  mos_block_store_complete (self, request, 0);
}

static void
fake_store_free (MosBlockStore *self)
{
  mos_block_store_clear (self);
  g_free (self);
  count_alive (-1);
}

static const MosBlockStoreOps fake_store_ops = {
  .name = "fake",
  .submit = fake_store_submit,
  .free = fake_store_free,
};

static MosBlockStore *
fake_open_image (const char *path,
                 const char *format,
                 gboolean    read_only,
                 GError    **error)
{
  MosBlockStore *self;

  if (!step (FAKE_IMAGE, error))
    return NULL;
  self = g_malloc0 (sizeof (FakeStore));
  mos_block_store_init (self, &fake_store_ops, path);
  self->size = 512;
  self->read_only = read_only;
  count_alive (1);
  return self;
}

static GBytes *
fake_make_guest (const char *arguments, char **command_line, GError **error)
{
  *command_line = g_strdup (arguments);
  return g_bytes_new_static ("guest", 5);
}

static const MosGuestInfo guests[] = {
  { "simple-boot", "Simple", "A fake", NULL, fake_make_guest },
};

/* -- what tests do ------------------------------------------------------- */

MosHypervisor *
fake_hypervisor_new (const char *data_dir)
{
  MosHypervisor *self = mos_hypervisor_new (data_dir);

  mos_hypervisor_add_backend (self, &fake_backend);
  mos_hypervisor_add_backend (self, &fake_other_backend);
  mos_hypervisor_add_board (self, &fake_board);
  mos_hypervisor_set_guests (self, guests, G_N_ELEMENTS (guests));
  mos_hypervisor_set_open_image (self, fake_open_image);
  return self;
}

MosVm *
fake_vm_new (MosHypervisor *hypervisor, const char *name)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_new_minimal (name, 2, 4);
  g_autoptr (GError) error = NULL;
  MosVm *vm = mos_hypervisor_create_vm (hypervisor, config, &error);

  g_assert_no_error (error);
  return vm;
}

void
fake_do (FakeDeed deed)
{
  wake (&last_cpus->vcpus[0], deed);
}

guint32
fake_get_register (void)
{
  return ((FakeDevice *) mos_bus_find_device (last_bus, "fake0"))->cell;
}

void
fake_set_register (guint32 value)
{
  ((FakeDevice *) mos_bus_find_device (last_bus, "fake0"))->cell = value;
}

guint8 *
fake_memory (void)
{
  return ((FakeMemory *) mos_bus_find_device (last_bus, "memory0"))->ram->hva;
}

guint64 *
fake_rax (guint vcpu)
{
  return &last_cpus->vcpus[vcpu].state.gpr[MOS_RAX];
}

void
fake_set_stubborn (gboolean stubborn)
{
  g_mutex_lock (&fake.lock);
  fake.stubborn = stubborn;
  g_mutex_unlock (&fake.lock);
  for (guint i = 0; i < last_cpus->parent.n_vcpus && !stubborn; i++)
    wake (&last_cpus->vcpus[i], FAKE_DO_NOTHING);
}

void
fake_wait_state (MosVm *vm, MosVmState state)
{
  while (mos_vm_get_state (vm) != state)
    g_main_context_iteration (NULL, TRUE);
}

void
fake_ok (MosOperation *operation)
{
  g_autoptr (GError) error = NULL;

  mos_operation_wait (operation, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mos_operation_get_state (operation), ==,
                   MOS_OPERATION_SUCCEEDED);
  g_object_unref (operation);
}

char *
fake_error (MosOperation *operation, MosError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mos_operation_wait (operation, &error));
  g_assert_error (error, MOS_ERROR, (gint) code);
  g_object_unref (operation);
  return g_strdup (error->message);
}

gboolean
fake_log_has (MosLog *log, const char *text)
{
  g_autoptr (GPtrArray) lines = mos_log_lines (log, 0);

  for (guint i = 0; i < lines->len; i++)
    if (strstr (((MosLogLine *) g_ptr_array_index (lines, i))->text, text))
      return TRUE;
  return FALSE;
}
