# SPDX-License-Identifier: GPL-3.0-or-later
"""An initial RAM disk for Debian's kernel: busybox, some modules, a script.

The kernel and its modules are those of the package linux-image-amd64, busybox
is that of busybox-static; where they are missing, the case is skipped.
"""

import glob
import gzip
import os
import re
import subprocess

import machine

BUSYBOX = '/bin/busybox'
FOLDERS = ('bin', 'lib', 'dev', 'etc', 'etc/udhcpc')
INIT = '''#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /bin /sbin /tmp /etc /run
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
for module in $(cat /modules); do insmod /lib/$module; done
. /script
echo o >/proc/sysrq-trigger
sleep 60
'''
# What busybox's DHCP client calls with what it has got.
UDHCPC = '''#!/bin/sh
case $1 in
deconfig) ip addr flush dev $interface; ip link set $interface up ;;
bound|renew)
  ip addr add $ip/$mask dev $interface
  [ -n "$router" ] && ip route add default via $router
  echo "nameserver $dns" >/etc/resolv.conf
  echo "lease $interface $ip router $router dns $dns" ;;
esac
'''


def kernel():
    """(path, release) of the newest kernel whose modules are there too."""
    for path in sorted(glob.glob('/boot/vmlinuz-*-amd64'), reverse=True):
        release = os.path.basename(path)[len('vmlinuz-'):]
        if os.path.isdir(f'/lib/modules/{release}/kernel') and os.access(path, os.R_OK):
            return path, release
    raise machine.Skip('the package linux-image-amd64 is not installed')


def with_needs(release, names, root=''):
    """The files of the modules NAMES of the system below ROOT, each after what it
    needs."""
    files, order = {}, []
    with open(f'{root}/lib/modules/{release}/modules.dep', encoding='ascii') as lines:
        for line in lines:
            path, _, needs = line.partition(':')
            files[os.path.basename(path).split('.')[0].replace('-', '_')] = (path, needs.split())
    for name in names:
        if name in files:  # else built in
            path, needs = files[name]
            order += [one for one in [*reversed(needs), path] if one not in order]
    return [f'{root}/lib/modules/{release}/{path}' for path in order]


def entry(name, mode, content=b'', device=(0, 0)):
    """One member of a cpio archive (newc)."""
    raw = name.encode() + b'\0'
    fields = [0, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(raw), 0]
    head = b'070701' + b''.join(b'%08x' % field for field in fields)
    out = head + raw
    out += b'\0' * (-len(out) % 4) + content
    return out + b'\0' * (-len(out) % 4)


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def program(path):
    """The file PATH and the libraries it is linked with, for PROGRAMS of `build`."""
    out = subprocess.run(['ldd', path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True, check=False).stdout
    return {name.lstrip('/'): name for name in [path, *re.findall(r'(/\S+) \(0x', out)]}


def folders(names):
    """Those that NAMES lie in and are not there anyway, each before what is in it."""
    found = []
    for name in names:
        parts = name.split('/')[:-1]
        found += ['/'.join(parts[:n]) for n in range(1, len(parts) + 1)]
    return [name for name in dict.fromkeys(found) if name not in FOLDERS]


def build(target, script, modules=(), programs=None):
    """Writes TARGET; SCRIPT runs after MODULES are loaded, then the machine is
    switched off. PROGRAMS: paths of the host by those of the guest. Returns the
    kernel's path."""
    path, release = kernel()
    pack(target, script, BUSYBOX, with_needs(release, modules), programs)
    return path


def pack(target, script, busybox, modules=(), programs=None):
    """Writes TARGET with the program BUSYBOX, the files MODULES, and PROGRAMS."""
    if not os.access(busybox, os.R_OK) or b'ld-linux' in read(busybox)[:4096]:
        raise machine.Skip('the package busybox-static is not installed')
    programs = programs or {}
    out = b''.join(entry(name, 0o040755) for name in [*FOLDERS, *folders(programs)])
    out += entry('dev/console', 0o020600, device=(5, 1))
    out += entry('bin/busybox', 0o100755, read(busybox))
    out += entry('init', 0o100755, INIT.encode())
    out += entry('etc/udhcpc/default.script', 0o100755, UDHCPC.encode())
    out += entry('script', 0o100755, script.encode())
    for name, source in programs.items():
        out += entry(name, 0o100755, read(source))
    names = []
    for number, file in enumerate(modules):
        names.append(f'{number}.ko')
        content = read(file)
        if file.endswith('.gz'):
            content = gzip.decompress(content)
        out += entry(f'lib/{names[-1]}', 0o100644, content)
    out += entry('modules', 0o100644, ' '.join(names).encode())
    out += entry('TRAILER!!!', 0)
    with open(target, 'wb') as file:
        file.write(out)
