/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From a configuration to a machine.
 *
 * Runs on the worker thread of a start. Everything the board needs is resolved
 * here: the backend is chosen, files are checked, images opened and locked,
 * the built-in guest is made. Whatever fails names the key to change, and all
 * that was opened is closed again.
 */
#include <cpuid.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/cpu/x86/cpuid.h"
#include "engine/lifecycle/serial-file.h"
#include "engine/lifecycle/serial-stream.h"
#include "engine/lifecycle/vm-private.h"

/* Where the clock of a deterministic machine begins: 2020-01-01. */
#define DETERMINISTIC_RTC_S 1577836800

/* How the share of a start is told: what comes before the machine is made. */
#define SHARE_BEFORE 0.2

#define VARIABLES_ENDING ".nvram"

typedef struct {
  MosVmBuild           *build;
  MosOperation         *operation;
  MosMachineSpec        spec;
  GPtrArray            *strings; /* that the spec points to */
  GPtrArray            *stores;
  GArray               *modules;
  GPtrArray            *companions; /* of Companion */
  const MosBackendInfo *info;
} Parts;

/* -- small things -------------------------------------------------------- */

static const char *
keep (Parts *parts, char *text)
{
  if (text != NULL)
    g_ptr_array_add (parts->strings, text);
  return text;
}

static gboolean
is_word (MosVmConfig *config, const char *key, const char *word)
{
  return g_str_equal (mos_vm_config_get_string (config, key), word);
}

static gboolean
has_text (MosVmConfig *config, const char *key)
{
  return *mos_vm_config_get_string (config, key) != '\0';
}

static MosCpuVendor
host_vendor (void)
{
  guint eax = 0, ebx = 0, ecx = 0, edx = 0;

  /* "Auth" of "AuthenticAMD". */
  if (__get_cpuid (0, &eax, &ebx, &ecx, &edx) && ebx == 0x68747541)
    return MOS_VENDOR_AMD;
  return MOS_VENDOR_INTEL;
}

/* -- processors ---------------------------------------------------------- */

static gboolean
choose_vendor (Parts *parts, GError **error)
{
  MosVmConfig  *config = parts->build->config;
  const char   *wanted = mos_vm_config_get_string (config, "cpu.vendor");
  gboolean      nested = mos_vm_config_get_bool (config, "features.nested");
  gboolean      automatic = g_str_equal (wanted, "auto");
  MosCpuVendor *vendor = &parts->spec.cpus.vendor;

  *vendor = automatic ? host_vendor ()
                      : (g_str_equal (wanted, "amd") ? MOS_VENDOR_AMD
                                                     : MOS_VENDOR_INTEL);
  parts->spec.cpus.nested = nested;
  if (!nested)
    return TRUE;
  if (automatic && parts->info->nested_svm != parts->info->nested_vmx)
    *vendor = parts->info->nested_svm ? MOS_VENDOR_AMD : MOS_VENDOR_INTEL;
  if (*vendor == MOS_VENDOR_AMD ? parts->info->nested_svm
                                : parts->info->nested_vmx)
    return TRUE;

  g_set_error (error, MOS_ERROR, MOS_ERROR_NO_NESTING,
               _ ("Nested Virtualization Not Supported: features.nested is "
                  "true, but %s offers no %s on this host; choose cpu.accel = "
                  "\"soft\", or switch features.nested off"),
               parts->spec.backend->title,
               *vendor == MOS_VENDOR_AMD ? "AMD-V" : "Intel VT-x");
  return FALSE;
}

static gboolean
choose_cpus (Parts *parts, GError **error)
{
  MosVmConfig     *config = parts->build->config;
  MosVmServices   *services = parts->build->services;
  MosCpusSpec     *cpus = &parts->spec.cpus;
  g_autofree char *why = NULL;
  MosVmNeeds       needs = {
          .accel = mos_vm_config_get_string (config, "cpu.accel"),
          .nested = mos_vm_config_get_bool (config, "features.nested"),
          .deterministic = mos_vm_config_get_bool (config, "cpu.deterministic"),
          .pmu = mos_vm_config_get_bool (config, "cpu.pmu"),
          .n_vcpus = (guint) mos_vm_config_get_int (config, "vcpu_count"),
  };

  parts->spec.backend =
      services->choose_backend (services, &needs, &parts->info, &why, error);
  if (parts->spec.backend == NULL)
    return FALSE;
  mos_log (parts->build->log, MOS_LOG_INFO, _ ("Runs on %s: %s"),
           parts->spec.backend->title, why);

  cpus->n_vcpus = needs.n_vcpus;
  cpus->deterministic = needs.deterministic;
  cpus->pmu = needs.pmu;
  cpus->jit = mos_vm_config_get_string (config, "cpu.jit");
  cpus->model =
      mos_cpu_model_find (mos_vm_config_get_string (config, "cpu.model"));
  if (cpus->model == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("cpu.model: there is no processor model “%s”"),
                 mos_vm_config_get_string (config, "cpu.model"));
    return FALSE;
  }
  parts->spec.clock_mode =
      needs.deterministic ? MOS_CLOCK_MANUAL : MOS_CLOCK_REAL;
  if (needs.deterministic)
    parts->spec.board.rtc_start_s = DETERMINISTIC_RTC_S;
  return choose_vendor (parts, error);
}

/* -- what it boots ------------------------------------------------------- */

/* A fresh machine that nobody has given anything to boot greets the user. */
static const char *
guest_name (MosVmConfig *config)
{
  const char *name = mos_vm_config_get_string (config, "boot.guest");

  if (*name != '\0')
    return name;
  if (has_text (config, "boot.kernel_path") ||
      mos_vm_config_n_tables (config, "storage.drives") > 0 ||
      mos_vm_config_is_set (config, "boot.firmware") ||
      !(is_word (config, "template", "minimal") ||
        is_word (config, "template", "educational")))
    return NULL;
  return "simple-boot";
}

static gboolean
add_guest (Parts *parts, GError **error)
{
  MosVmServices *services = parts->build->services;
  MosVmConfig   *config = parts->build->config;
  MosBoardSpec  *board = &parts->spec.board;
  const char    *name = guest_name (config);
  const char    *args = mos_vm_config_get_string (config, "boot.guest_args");
  char          *command_line = NULL;

  if (name == NULL)
    return TRUE;
  board->guest_image =
      services->make_guest (services, name, args, &command_line, error);
  if (command_line != NULL)
    board->command_line = keep (parts, command_line);
  if (board->guest_image == NULL)
    g_prefix_error (error, "boot.guest = \"%s\": ", name);
  return board->guest_image != NULL;
}

static void
add_modules (Parts *parts)
{
  MosVmConfig *config = parts->build->config;
  guint        n = mos_vm_config_n_tables (config, "boot.modules");

  for (guint i = 0; i < MIN (n, MOS_BOARD_MAX_MODULES); i++) {
    MosBoardModule module = {
      .path = keep (
          parts, mos_vm_config_table_path (config, "boot.modules", i, "path")),
      .command_line =
          mos_vm_config_table_string (config, "boot.modules", i, "args"),
    };

    g_array_append_val (parts->modules, module);
  }
  parts->spec.board.modules = (const MosBoardModule *) parts->modules->data;
  parts->spec.board.n_modules = parts->modules->len;
}

static const char *
boot_order (MosVmConfig *config)
{
  static const struct {
    const char *word;
    const char *letters;
  } orders[] = {
    { "DiskFirst", "cdan" },
    { "CdromFirst", "dcan" },
    { "FloppyFirst", "acdn" },
    { "NetworkFirst", "ncda" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    if (is_word (config, "boot.boot_order", orders[i].word))
      return orders[i].letters;
  return orders[0].letters;
}

/* UEFI's variables lie in the machine's folder, unless the user says where. */
static void
add_firmware (Parts *parts)
{
  MosVmConfig  *config = parts->build->config;
  MosBoardSpec *board = &parts->spec.board;
  char         *path = mos_vm_config_get_path (config, "boot.variables_path");

  board->firmware =
      keep (parts, mos_vm_config_get_path (config, "boot.firmware"));
  board->variables_given = path != NULL;
  if (path == NULL)
    path = mos_vm_config_beside (config, VARIABLES_ENDING);
  board->variables_path = keep (parts, path);
}

static gboolean
add_boot (Parts *parts, GError **error)
{
  MosVmConfig  *config = parts->build->config;
  MosBoardSpec *board = &parts->spec.board;
  gboolean      direct = has_text (config, "boot.kernel_path");

  board->boot_order = boot_order (config);
  board->command_line = mos_vm_config_get_string (config, "boot.kernel_args");
  if (direct) {
    board->kernel =
        keep (parts, mos_vm_config_get_path (config, "boot.kernel_path"));
    board->initrd =
        keep (parts, mos_vm_config_get_path (config, "boot.initrd_path"));
  }
  if (!direct || mos_vm_config_is_set (config, "boot.firmware"))
    add_firmware (parts);
  add_modules (parts);
  return add_guest (parts, error);
}

/* -- drives -------------------------------------------------------------- */

static MosDriveKind
drive_kind (const char *word)
{
  if (g_str_equal (word, "cdrom"))
    return MOS_DRIVE_CDROM;
  return g_str_equal (word, "floppy") ? MOS_DRIVE_FLOPPY : MOS_DRIVE_DISK;
}

static gboolean
add_drive (Parts *parts, guint n, GError **error)
{
  const char      *list = "storage.drives";
  MosVmServices   *services = parts->build->services;
  MosVmConfig     *config = parts->build->config;
  MosBoardDrive   *drive = &parts->spec.board.drives[n];
  const char      *bus = mos_vm_config_table_string (config, list, n, "bus");
  g_autofree char *path = mos_vm_config_table_path (config, list, n, "path");
  gboolean         read_only;

  drive->kind =
      drive_kind (mos_vm_config_table_string (config, list, n, "kind"));
  drive->bus = g_str_equal (bus, "auto") ? NULL : bus;
  if (path == NULL || *path == '\0')
    return TRUE;
  read_only = drive->kind == MOS_DRIVE_CDROM ||
              mos_vm_config_table_bool (config, list, n, "readonly");
  drive->store = services->open_image (
      services, path, mos_vm_config_table_string (config, list, n, "format"),
      read_only, error);
  if (drive->store == NULL) {
    g_prefix_error (error, "storage.drives[%u].path: ", n);
    return FALSE;
  }
  g_ptr_array_add (parts->stores, drive->store);
  return TRUE;
}

static gboolean
add_drives (Parts *parts, GError **error)
{
  guint n = mos_vm_config_n_tables (parts->build->config, "storage.drives");

  parts->spec.board.n_drives = MIN (n, MOS_BOARD_MAX_DRIVES);
  for (guint i = 0; i < parts->spec.board.n_drives; i++)
    if (!add_drive (parts, i, error))
      return FALSE;
  return TRUE;
}

/* -- the other devices --------------------------------------------------- */

/* Where a serial port leads to, beside the lab's terminal. */
typedef struct {
  gpointer       self;
  GDestroyNotify free;
} Companion;

static void
companion_free (gpointer data)
{
  Companion *companion = data;

  companion->free (companion->self);
  g_free (companion);
}

static gboolean
add_companion (Parts *parts, gpointer self, GDestroyNotify free)
{
  Companion *companion;

  if (self == NULL)
    return FALSE;
  companion = g_new0 (Companion, 1);
  *companion = (Companion){ self, free };
  g_ptr_array_add (parts->companions, companion);
  return TRUE;
}

/* Connects port @n as @mode says. */
static gboolean
connect_serial (Parts *parts, guint n, const char *mode, GError **error)
{
  MosVmBuild      *build = parts->build;
  MosCharPort     *port = build->serial[n];
  g_autofree char *name = g_strdup_printf ("COM%u", n + 1);
  g_autofree char *path =
      mos_vm_config_table_path (build->config, "devices.serial", n, "path");

  if (g_str_equal (mode, "file"))
    return add_companion (
        parts,
        mos_serial_file_new (path, port, build->io_context, build->log, error),
        (GDestroyNotify) mos_serial_file_free);
  if (g_str_equal (mode, "pty"))
    return add_companion (parts,
                          mos_serial_stream_new_pty (name, path, port,
                                                     build->io_context,
                                                     build->log, error),
                          (GDestroyNotify) mos_serial_stream_free);
  if (g_str_equal (mode, "socket"))
    return add_companion (parts,
                          mos_serial_stream_new_socket (name, path, port,
                                                        build->io_context,
                                                        build->log, error),
                          (GDestroyNotify) mos_serial_stream_free);
  return TRUE;
}

static gboolean
add_serial (Parts *parts, GError **error)
{
  const char   *list = "devices.serial";
  MosVmBuild   *build = parts->build;
  MosBoardSpec *board = &parts->spec.board;
  guint         n = mos_vm_config_n_tables (build->config, list);

  if (n == 0)
    board->serial[0] = build->serial[0];
  for (guint i = 0; i < MIN (n, MOS_BOARD_MAX_SERIAL); i++) {
    const char *mode =
        mos_vm_config_table_string (build->config, list, i, "mode");

    if (g_str_equal (mode, "none"))
      continue;
    board->serial[i] = build->serial[i];
    board->serial_is_virtio[i] = g_str_equal (
        mos_vm_config_table_string (build->config, list, i, "model"), "virtio");
    if (!connect_serial (parts, i, mode, error)) {
      g_prefix_error (error, "devices.serial[%u]: ", i);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
add_net (Parts *parts, GError **error)
{
  GPtrArray *links =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_net_link_free);

  add_companion (parts, links, (GDestroyNotify) g_ptr_array_unref);
  return mos_vm_build_net (parts->build, &parts->spec.board, links, error);
}

static gboolean
add_devices (Parts *parts, GError **error)
{
  MosVmConfig  *config = parts->build->config;
  MosBoardSpec *board = &parts->spec.board;
  const char   *size = "devices.graphics.resolution";

  board->memory_bytes = (guint64) mos_vm_config_get_int (config, "memory_mb")
                        << 20;
  board->n_vcpus = parts->spec.cpus.n_vcpus;
  board->input = parts->build->input;
  board->panel = parts->build->panel;
  if (!is_word (config, "devices.graphics.card_type", "None"))
    board->screen = parts->build->screen;
  board->video_width = (guint) mos_vm_config_get_nth_int (config, size, 0, 0);
  board->video_height = (guint) mos_vm_config_get_nth_int (config, size, 1, 0);
  board->debug_exit = mos_vm_config_get_bool (config, "devices.debug_exit");
  board->demo_device = mos_vm_config_get_bool (config, "devices.demo_device") ||
                       mos_vm_config_get_bool (config, "features.demo_device");
  board->gpu = is_word (config, "devices.graphics.card_type", "Virtio");
  board->rng = mos_vm_config_get_bool (config, "devices.rng");
  board->balloon = mos_vm_config_get_bool (config, "devices.balloon");
  board->balloon_bytes =
      (guint64) mos_vm_config_get_int (config, "devices.balloon_mb") << 20;
  board->vsock_path =
      keep (parts, mos_vm_config_get_path (config, "devices.vsock_path"));
  board->vsock_cid =
      (guint32) mos_vm_config_get_int (config, "devices.vsock_cid");
  return add_serial (parts, error) && add_net (parts, error);
}

/* -- all together -------------------------------------------------------- */

static gboolean
check_config (Parts *parts, GError **error)
{
  MosVmServices *services = parts->build->services;

  parts->spec.board_class = services->find_board (services, error);
  return parts->spec.board_class != NULL &&
         mos_vm_config_validate (parts->build->config, TRUE, error);
}

/* In this order: what is cheap and often wrong first. */
static gboolean (*const steps[]) (Parts *parts, GError **error) = {
  check_config, choose_cpus, add_boot, add_devices, add_drives,
};

static gboolean
still_wanted (Parts *parts, double progress, GError **error)
{
  GCancellable *cancellable = mos_operation_get_cancellable (parts->operation);

  mos_operation_set_progress (parts->operation, progress);
  if (!g_cancellable_is_cancelled (cancellable))
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_CANCELLED, _ ("Cancelled"));
  return FALSE;
}

static gboolean
machine_progress (gpointer user_data, double progress)
{
  Parts *parts = user_data;

  return still_wanted (parts, SHARE_BEFORE + progress * (1 - SHARE_BEFORE),
                       NULL);
}

static void
free_weak_ref (gpointer user_data)
{
  g_weak_ref_clear (user_data);
  g_free (user_data);
}

static gboolean
run_steps (Parts *parts, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    double share = SHARE_BEFORE * i / G_N_ELEMENTS (steps);

    if (!still_wanted (parts, share, error) || !steps[i](parts, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
mos_vm_build_run (MosVmBuild *self, MosOperation *operation, GError **error)
{
  Parts parts = { .build = self, .operation = operation };

  parts.strings = g_ptr_array_new_with_free_func (g_free);
  parts.stores =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_block_store_unref);
  parts.modules = g_array_new (FALSE, FALSE, sizeof (MosBoardModule));
  parts.companions = g_ptr_array_new_with_free_func (companion_free);
  parts.spec.log = self->log;
  parts.spec.trace = self->trace;
  parts.spec.io_context = self->io_context;

  if (run_steps (&parts, error)) {
    parts.spec.companions = g_ptr_array_ref (parts.companions);
    parts.spec.hierarchy = mos_hierarchy_new (parts.spec.cpus.n_vcpus);
    parts.spec.board.beacon = mos_hierarchy_beacon (parts.spec.hierarchy);
    parts.spec.func = mos_vm_note_cb;
    parts.spec.user_data = g_steal_pointer (&self->vm);
    parts.spec.free_user_data = free_weak_ref;
    self->machine =
        mos_machine_new (&parts.spec, machine_progress, &parts, error);
    self->backend_name = parts.spec.backend->name;
  }

  if (parts.spec.board.guest_image != NULL)
    g_bytes_unref (parts.spec.board.guest_image);
  g_ptr_array_unref (parts.companions);
  mos_hierarchy_unref (parts.spec.hierarchy);
  g_array_unref (parts.modules);
  g_ptr_array_unref (parts.stores);
  g_ptr_array_unref (parts.strings);
  return self->machine != NULL;
}

MosVmBuild *
mos_vm_build_new (MosVm *vm)
{
  MosVmBuild *self = g_new0 (MosVmBuild, 1);

  self->services = mos_vm_services_ref (vm->services);
  self->config = mos_vm_config_copy (vm->config);
  self->log = mos_log_ref (vm->log);
  self->trace = vm->trace;
  self->io_context = vm->io_context;
  self->screen = vm->screen;
  self->input = vm->input;
  self->panel = vm->panel;
  for (guint i = 0; i < MOS_BOARD_MAX_SERIAL; i++)
    self->serial[i] = vm->serial[i];
  mos_vm_make_net (vm);
  for (guint i = 0; i < MOS_BOARD_MAX_NET; i++)
    self->net[i] = vm->net[i];
  self->vm = g_new0 (GWeakRef, 1);
  g_weak_ref_init (self->vm, vm);
  return self;
}

void
mos_vm_build_free (MosVmBuild *self)
{
  if (self == NULL)
    return;
  if (self->vm != NULL)
    free_weak_ref (self->vm);
  mos_machine_unref (self->machine);
  mos_log_unref (self->log);
  g_object_unref (self->config);
  mos_vm_services_unref (self->services);
  g_free (self);
}
