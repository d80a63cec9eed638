/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Every key of a machine's configuration.
 *
 * The order is the one in which a new file is written and a form is laid out.
 * A key is only here when the lab reads it; one that it merely keeps for a
 * later version is marked reserved, and says so to the user.
 */

#include <glib/gi18n-lib.h>

#include "engine/config/schema.h"
#include "engine/config/vmconfig.h"

static const char *const templates[] = { "minimal", "educational", "nested",
                                         "linux", NULL };
static const char *const architectures[] = { "x86_64", NULL };
static const char *const boot_orders[] = { "DiskFirst", "CdromFirst",
                                           "FloppyFirst", "NetworkFirst",
                                           NULL };
static const char *const firmwares[] = { "seabios", "ovmf", NULL };
static const char *const accels[] = { "auto", "kvm", "soft", NULL };
static const char *const vendors[] = { "auto", "amd", "intel", NULL };
static const char *const models[] = { "x86-64", "x86-64-v2", "x86-64-v3",
                                      "host", NULL };
static const char *const jits[] = { "auto", "always", "never", NULL };
static const char *const cards[] = { "VGA", "Virtio", "None", NULL };
static const char *const serial_modes[] = { "terminal", "stdio", "file", "pty",
                                            "socket",   "none",  NULL };
static const char *const serial_models[] = { "16550", "virtio", NULL };
static const char *const network_modes[] = { "None", "NAT", "Internal", NULL };
static const char *const network_models[] = { "virtio", "e1000", NULL };
static const char *const drive_kinds[] = { "disk", "cdrom", "floppy", NULL };
static const char *const drive_buses[] = { "auto",   "ide",    "ahci",
                                           "virtio", "floppy", NULL };
static const char *const drive_formats[] = { "raw", "qcow2", NULL };

static const MosKeyInfo module_keys[] = {
  {
      .name = "path",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("File"),
      .help = N_ ("The file to load."),
  },
  {
      .name = "args",
      .type = MOS_KEY_STRING,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Arguments"),
      .help = N_ ("What the kernel is told about the module, behind its "
                  "file's name."),
  },
  { NULL },
};

static const MosKeyInfo serial_keys[] = {
  {
      .name = "mode",
      .type = MOS_KEY_ENUM,
      .fallback = "\"terminal\"",
      .choices = serial_modes,
      .title = N_ ("Connected to"),
      .help = N_ ("terminal: the lab's own; stdio: the terminal that multios "
                  "runs in; file: what the guest sends is written to path; "
                  "pty: a pseudo-terminal of the host, whose name the log "
                  "tells and path leads to, if given; socket: a UNIX socket at "
                  "path, for one program at a time; none: the machine has no "
                  "such port."),
  },
  {
      .name = "path",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("File"),
      .help = N_ ("The file for mode file, written anew at each start; the "
                  "socket; or a link to the pseudo-terminal."),
      .output = TRUE,
  },
  {
      .name = "model",
      .type = MOS_KEY_ENUM,
      .fallback = "\"16550\"",
      .choices = serial_models,
      .title = N_ ("Kind of port"),
      .help = N_ ("16550: a PC's serial port, COM1 to COM4; virtio: a console "
                  "of a guest that knows it is virtual, in Linux hvc0 and on."),
  },
  { NULL },
};

static const MosKeyInfo network_keys[] = {
  {
      .name = "interface_name",
      .type = MOS_KEY_STRING,
      .maximum = 15,
      .fallback = "\"\"",
      .title = N_ ("Name"),
      .help = N_ ("What the adapter is called in the lab."),
  },
  {
      .name = "mode",
      .type = MOS_KEY_ENUM,
      .fallback = "\"NAT\"",
      .choices = network_modes,
      .title = N_ ("Network"),
      .help = N_ ("None: an unplugged cable; NAT: outward through the host; "
                  "Internal: to other machines on the same network."),
  },
  {
      .name = "network",
      .type = MOS_KEY_STRING,
      .maximum = 64,
      .fallback = "\"\"",
      .title = N_ ("Internal network"),
      .help = N_ ("The name of the internal network."),
  },
  {
      .name = "model",
      .type = MOS_KEY_ENUM,
      .fallback = "\"virtio\"",
      .choices = network_models,
      .title = N_ ("Adapter"),
      .help = N_ ("The network card that the guest sees."),
  },
  {
      .name = "mac",
      .type = MOS_KEY_STRING,
      .maximum = 17,
      .fallback = "\"\"",
      .title = N_ ("Hardware address"),
      .help = N_ ("Six bytes as 52:54:00:12:34:56; empty: derived from the "
                  "machine's name."),
  },
  {
      .name = "forwards",
      .type = MOS_KEY_STRINGS,
      .maximum = 128,
      .fallback = "[]",
      .max_items = 32,
      .title = N_ ("Forwarded ports"),
      .help = N_ ("For NAT: \"tcp:2222:22\" leads port 2222 of this host's "
                  "loopback to port 22 of the guest; "
                  "\"tcp:0.0.0.0:2222:10.0.2.15:22\" also says which "
                  "addresses."),
  },
  {
      .name = "restricted",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Restricted"),
      .help = N_ ("For NAT: the guest reaches nothing outside, neither the "
                  "host nor beyond it; forwarded ports still lead in."),
  },
  {
      .name = "connected",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "true",
      .title = N_ ("Cable plugged in"),
      .help = N_ ("Whether the guest finds its link up at the start."),
  },
  {
      .name = "mtu",
      .type = MOS_KEY_INTEGER,
      .minimum = 1280,
      .maximum = 65520,
      .fallback = "1500",
      .unit = "B",
      .title = N_ ("Largest packet"),
      .help = N_ ("What a virtio adapter tells the guest as its MTU."),
  },
  {
      .name = "send_kb_per_s",
      .type = MOS_KEY_INTEGER,
      .maximum = 100000000,
      .fallback = "0",
      .unit = "kB/s",
      .title = N_ ("Limit for sending"),
      .help = N_ ("At most so many thousand bytes a second from the guest; 0 "
                  "for no limit."),
  },
  {
      .name = "receive_kb_per_s",
      .type = MOS_KEY_INTEGER,
      .maximum = 100000000,
      .fallback = "0",
      .unit = "kB/s",
      .title = N_ ("Limit for receiving"),
      .help = N_ ("At most so many thousand bytes a second to the guest; 0 "
                  "for no limit."),
  },
  {
      .name = "capture",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Capture file"),
      .help = N_ ("A pcapng file for Wireshark that gets every frame; it is "
                  "written anew at each start."),
      .output = TRUE,
  },
  {
      .name = "capture_max_mb",
      .type = MOS_KEY_INTEGER,
      .maximum = 1000000,
      .fallback = "0",
      .unit = "MiB",
      .title = N_ ("Capture size"),
      .help = N_ ("When the file is so large the capture ends; 0 for no "
                  "limit."),
  },
  {
      .name = "capture_snap_bytes",
      .type = MOS_KEY_INTEGER,
      .maximum = 65550,
      .fallback = "0",
      .unit = "B",
      .title = N_ ("Captured of a frame"),
      .help = N_ ("How much of each frame is kept; 0 for all of it."),
  },
  { NULL },
};

static const MosKeyInfo drive_keys[] = {
  {
      .name = "path",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Image"),
      .help = N_ ("The image file; a CD or floppy drive without one is "
                  "empty."),
  },
  {
      .name = "kind",
      .type = MOS_KEY_ENUM,
      .fallback = "\"disk\"",
      .choices = drive_kinds,
      .title = N_ ("Kind"),
      .help = N_ ("What drive the guest sees."),
  },
  {
      .name = "bus",
      .type = MOS_KEY_ENUM,
      .fallback = "\"auto\"",
      .choices = drive_buses,
      .title = N_ ("Bus"),
      .help = N_ ("What the drive is connected to; auto picks what the most "
                  "systems can drive."),
  },
  {
      .name = "format",
      .type = MOS_KEY_ENUM,
      .fallback = "\"raw\"",
      .choices = drive_formats,
      .title = N_ ("Format"),
      .help = N_ ("How the image file is laid out. It is never guessed, "
                  "because a guest could write what deceives the guess."),
  },
  {
      .name = "readonly",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Read only"),
      .help = N_ ("Whether the guest's writes are refused; CDs always are."),
  },
  { NULL },
};

const MosKeyInfo mos_config_schema[] = {
  {
      .name = "name",
      .type = MOS_KEY_STRING,
      .minimum = 1,
      .maximum = 128,
      .fallback = "\"Machine\"",
      .live = TRUE,
      .title = N_ ("Name"),
      .help = N_ ("What the machine is called in lists and messages."),
  },
  {
      .name = "description",
      .type = MOS_KEY_STRING,
      .maximum = 4096,
      .fallback = "\"\"",
      .live = TRUE,
      .title = N_ ("Description"),
      .help = N_ ("Notes about the machine, for people."),
  },
  {
      .name = "group",
      .type = MOS_KEY_STRING,
      .maximum = 64,
      .fallback = "\"\"",
      .live = TRUE,
      .title = N_ ("Group"),
      .help = N_ ("The heading under which the machine stands in the list; "
                  "empty: none."),
  },
  {
      .name = "format_version",
      .type = MOS_KEY_INTEGER,
      .minimum = 1,
      .maximum = 1,
      .fallback = "1",
      .title = N_ ("Format version"),
      .help = N_ ("The version of this file format."),
      .remedy = N_ ("a newer MultiOS Lab wrote this file; open it with that"),
  },
  {
      .name = "template",
      .type = MOS_KEY_ENUM,
      .fallback = "\"minimal\"",
      .choices = templates,
      .title = N_ ("Template"),
      .help = N_ ("What the machine was made from; it decides how much "
                  "memory is the least."),
  },
  {
      .name = "architecture",
      .type = MOS_KEY_ENUM,
      .fallback = "\"x86_64\"",
      .choices = architectures,
      .title = N_ ("Architecture"),
      .help = N_ ("The processor family."),
  },
  {
      .name = "vcpu_count",
      .type = MOS_KEY_INTEGER,
      .minimum = MOS_MIN_VCPUS,
      .maximum = MOS_MAX_VCPUS,
      .fallback = "1",
      .title = N_ ("Processors"),
      .help = N_ ("How many virtual processors the machine has."),
      .remedy = N_ ("a machine has at most 32 processors"),
  },
  {
      .name = "memory_mb",
      .type = MOS_KEY_INTEGER,
      .minimum = MOS_MIN_MEMORY_MB,
      .maximum = MOS_MAX_MEMORY_MB,
      .fallback = "512",
      .unit = "MiB",
      .title = N_ ("Memory"),
      .help = N_ ("How much memory the machine has, in MiB. The host gives it "
                  "page by page as the guest touches it."),
      .remedy = N_ ("Memory Allocation Failed: a machine has at most 64 GiB"),
  },

  {
      .name = "boot.kernel_path",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Kernel"),
      .help = N_ ("A kernel to start directly: Linux bzImage, multiboot 1 "
                  "ELF, PVH ELF, or a flat binary."),
  },
  {
      .name = "boot.initrd_path",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Initial RAM disk"),
      .help = N_ ("Given to the kernel in memory."),
  },
  {
      .name = "boot.kernel_args",
      .type = MOS_KEY_STRING,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Kernel arguments"),
      .help = N_ ("The kernel's command line. A multiboot kernel finds its "
                  "file's name before it."),
  },
  {
      .name = "boot.modules",
      .type = MOS_KEY_TABLES,
      .fallback = "[]",
      .max_items = 16,
      .sub = module_keys,
      .title = N_ ("Modules"),
      .help = N_ ("Files that a multiboot kernel finds in memory."),
  },
  {
      .name = "boot.guest",
      .type = MOS_KEY_STRING,
      .maximum = 64,
      .fallback = "\"\"",
      .title = N_ ("Built-in guest"),
      .help = N_ ("A guest that ships with the lab, by name, instead of a "
                  "kernel; see multios guests."),
  },
  {
      .name = "boot.guest_args",
      .type = MOS_KEY_STRING,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Guest arguments"),
      .help = N_ ("For the built-in guest: key=value pairs with commas."),
  },
  {
      .name = "boot.boot_order",
      .type = MOS_KEY_ENUM,
      .fallback = "\"DiskFirst\"",
      .choices = boot_orders,
      .title = N_ ("Boot order"),
      .help = N_ ("Where the firmware looks first; then it tries the others."),
  },
  {
      .name = "boot.firmware",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"seabios\"",
      .choices = firmwares,
      .title = N_ ("Firmware"),
      .help = N_ ("seabios, a PC's BIOS; ovmf, UEFI; or the file of another "
                  "firmware."),
  },
  {
      .name = "boot.variables_path",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("UEFI variables"),
      .help = N_ ("Where UEFI keeps its settings; made when it is missing. "
                  "Empty: beside the machine's file. With the file of another "
                  "firmware, its variables."),
      .output = TRUE,
  },

  {
      .name = "cpu.accel",
      .type = MOS_KEY_ENUM,
      .fallback = "\"auto\"",
      .choices = accels,
      .title = N_ ("Execution"),
      .help = N_ ("What runs the guest's code: Linux KVM, the software "
                  "processor, or the better of them on this host."),
  },
  {
      .name = "cpu.model",
      .type = MOS_KEY_ENUM,
      .fallback = "\"x86-64-v2\"",
      .choices = models,
      .title = N_ ("Processor model"),
      .help = N_ ("Which instructions the guest is offered."),
  },
  {
      .name = "cpu.vendor",
      .type = MOS_KEY_ENUM,
      .fallback = "\"auto\"",
      .choices = vendors,
      .title = N_ ("Processor vendor"),
      .help = N_ ("Whose processor the guest sees, and with it AMD-V or "
                  "Intel VT-x for nested guests."),
  },
  {
      .name = "cpu.jit",
      .type = MOS_KEY_ENUM,
      .fallback = "\"auto\"",
      .choices = jits,
      .title = N_ ("Translation to machine code"),
      .help = N_ ("Whether the software processor compiles the guest's code: "
                  "what is hot, all, or nothing. This version interprets all "
                  "of it, whatever is set."),
  },
  {
      .name = "cpu.deterministic",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Deterministic"),
      .help = N_ ("The software processor drives all clocks by counted "
                  "instructions, so that two runs are the same."),
  },
  {
      .name = "cpu.pmu",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Performance counters"),
      .help = N_ ("The guest can count its instructions and cycles, and be "
                  "interrupted after so many; on the software processor."),
  },

  {
      .name = "devices.graphics.card_type",
      .type = MOS_KEY_ENUM,
      .fallback = "\"VGA\"",
      .choices = cards,
      .title = N_ ("Graphics card"),
      .help = N_ ("VGA with Bochs extensions; Virtio: a virtio display adapter "
                  "besides, for guests with a driver; or none at all."),
  },
  {
      .name = "devices.graphics.resolution",
      .type = MOS_KEY_INTEGERS,
      .minimum = 200,
      .maximum = 2560,
      .fallback = "[]",
      .unit = "px",
      .min_items = 2,
      .max_items = 2,
      .title = N_ ("Preferred resolution"),
      .help = N_ ("Width and height that the card recommends to the guest."),
  },
  {
      .name = "devices.serial",
      .type = MOS_KEY_TABLES,
      .fallback = "[]",
      .max_items = 4,
      .sub = serial_keys,
      .title = N_ ("Serial ports"),
      .help = N_ ("COM1 to COM4. Without any, there is COM1 with the lab's "
                  "terminal."),
  },
  {
      .name = "devices.network_adapters",
      .type = MOS_KEY_TABLES,
      .fallback = "[]",
      .max_items = 8,
      .sub = network_keys,
      .title = N_ ("Network adapters"),
      .help = N_ ("Network cards of the machine."),
  },
  {
      .name = "devices.demo_device",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Demo device"),
      .help = N_ ("The educational device that the device labs program."),
  },
  {
      .name = "devices.rng",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Random numbers"),
      .help = N_ ("A virtio device that gives the guest the host's random "
                  "bytes; the same ones in each run of a deterministic "
                  "machine."),
  },
  {
      .name = "devices.balloon",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Memory balloon"),
      .help = N_ ("A virtio device through which the guest gives memory back "
                  "that it does not need."),
  },
  {
      .name = "devices.balloon_mb",
      .type = MOS_KEY_INTEGER,
      .maximum = MOS_MAX_MEMORY_MB,
      .fallback = "0",
      .unit = "MiB",
      .title = N_ ("Memory to give back"),
      .help = N_ ("How much of its memory the guest is asked to leave to the "
                  "host, through the balloon."),
      .live = TRUE,
  },
  {
      .name = "devices.vsock_path",
      .type = MOS_KEY_PATH,
      .minimum = 1,
      .maximum = 4096,
      .fallback = "\"\"",
      .title = N_ ("Sockets to the guest"),
      .help = N_ ("A UNIX socket through which programs of host and guest talk "
                  "by virtio, without a network: who connects and writes "
                  "“CONNECT PORT” reaches that port of the guest, and the "
                  "guest reaches port N of the host at the path with “_N” "
                  "behind it. Empty: no such device."),
      .output = TRUE,
  },
  {
      .name = "devices.vsock_cid",
      .type = MOS_KEY_INTEGER,
      .minimum = 3,
      .maximum = G_MAXINT32 - 1,
      .fallback = "3",
      .title = N_ ("Guest's socket address"),
      .help = N_ ("The context number of the guest for these sockets; the "
                  "host's is 2."),
  },
  {
      .name = "devices.educational_features",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Explain devices"),
      .help = N_ ("Whether device accesses are explained as they happen."),
      .reserved = TRUE,
  },
  {
      .name = "devices.debug_exit",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Debug exit port"),
      .help = N_ ("A guest's write of v to port 0xf4 ends the machine; "
                  "multios run then ends with status (v << 1) | 1."),
  },

  {
      .name = "storage.drives",
      .type = MOS_KEY_TABLES,
      .fallback = "[]",
      .max_items = 16,
      .sub = drive_keys,
      .title = N_ ("Drives"),
      .help = N_ ("Disks, CD and floppy drives, in the order of their "
                  "units."),
  },

  {
      .name = "features.nested",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Nested virtualization"),
      .help = N_ ("Offers AMD-V or Intel VT-x to the guest, so that it can "
                  "run machines itself."),
  },
  {
      .name = "features.nested_levels",
      .type = MOS_KEY_INTEGER,
      .minimum = 1,
      .maximum = 8,
      .fallback = "2",
      .title = N_ ("Nested levels"),
      .help = N_ ("How many levels of machines the machine is meant for; it "
                  "needs 64 MiB of memory for each."),
  },
  {
      .name = "features.debug",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Debug mode"),
      .help = N_ ("Writes more detail to the machine's log."),
      .reserved = TRUE,
  },
  {
      .name = "features.educational",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Educational machine"),
      .help = N_ ("Marks a machine for lessons."),
      .reserved = TRUE,
  },
  {
      .name = "features.demo_device",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Demo device"),
      .help = N_ ("The same as devices.demo_device; either switches it on."),
  },
  {
      .name = "features.resource_monitoring",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Resource monitoring"),
      .help = N_ ("Samples what the machine uses."),
      .reserved = TRUE,
  },
  {
      .name = "features.performance_monitoring",
      .type = MOS_KEY_BOOLEAN,
      .fallback = "false",
      .title = N_ ("Performance monitoring"),
      .help = N_ ("Samples exits, interrupts and device accesses."),
      .reserved = TRUE,
  },

  {
      .name = "security.context",
      .type = MOS_KEY_STRING,
      .maximum = 64,
      .fallback = "\"default\"",
      .title = N_ ("Security context"),
      .help = N_ ("Machines of different contexts share nothing."),
      .reserved = TRUE,
  },
  {
      .name = "security.denied_devices",
      .type = MOS_KEY_STRINGS,
      .maximum = 64,
      .fallback = "[]",
      .max_items = 64,
      .title = N_ ("Denied devices"),
      .help = N_ ("Devices whose accesses the guest is refused."),
      .reserved = TRUE,
  },
  {
      .name = "quotas.cpu_percent",
      .type = MOS_KEY_INTEGER,
      .maximum = 3200,
      .fallback = "0",
      .unit = "%",
      .title = N_ ("Processor quota"),
      .help = N_ ("Host processor time, 100 for one core; 0 for no limit."),
      .reserved = TRUE,
  },
  {
      .name = "quotas.disk_mb_per_s",
      .type = MOS_KEY_INTEGER,
      .maximum = 100000,
      .fallback = "0",
      .unit = "MB/s",
      .title = N_ ("Disk quota"),
      .help = N_ ("Disk throughput; 0 for no limit."),
      .reserved = TRUE,
  },
  {
      .name = "quotas.network_mb_per_s",
      .type = MOS_KEY_INTEGER,
      .maximum = 100000,
      .fallback = "0",
      .unit = "MB/s",
      .title = N_ ("Network quota"),
      .help = N_ ("What all adapters of the machine may send together, and "
                  "receive together, in million bytes a second; 0 for no "
                  "limit."),
  },
  { NULL },
};
