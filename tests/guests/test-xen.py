#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Xen as the distribution ships it, in a machine of ours.

Level 1 is Xen with the distribution's kernel as its paravirtual dom0, level 2
the same kernel in a PVH domain that dom0's tools start: processor, nested
paging and interrupts of level 2 are all Xen's. SMAP and SMEP are on. It takes
minutes: MOS_TEST_LONG asks for it.
"""

import glob
import gzip
import os
import re

import initramfs
import machine

TOOLS = ['xenstored', 'xenconsoled', 'xen-init-dom0', 'xl']
MODULES = ['xenfs', 'xen_privcmd', 'xen_evtchn', 'xen_gntdev']

LEVEL2 = '''
echo "level 2: $(uname -r) is up as $(cat /sys/hypervisor/guest_type) on $(cat /sys/hypervisor/type)"
echo "level 2: has $(grep -o -w -m1 smap /proc/cpuinfo)"
echo "level 2: up for $(cut -d' ' -f1 /proc/uptime) s"
'''
DOMAIN = b'''name = "inner"
type = "pvh"
memory = 192
vcpus = 1
kernel = "/level2/kernel"
ramdisk = "/level2/initrd"
cmdline = "console=hvc0 quiet mitigations=off"
vif = []
'''
LEVEL1 = '''
mkdir -p /var/log/xen/console /var/lib/xenstored /var/lib/xen /run/xen /run/lock /run/xenstored
mkdir -p /dev/pts /etc/xen; mount -t devpts devpts /dev/pts; touch /etc/xen/xl.conf
ln -s /run /var/run; ln -s /run/lock /var/lock
mount -t xenfs xenfs /proc/xen
echo "level 1: $(uname -r) is dom0, $(cat /proc/xen/capabilities)"
{bin}/xenstored; {bin}/xen-init-dom0
{bin}/xenconsoled --log=guest --log-dir=/var/log/xen/console
{bin}/xl info | grep -E "virt_caps|xen_version|hw_caps"
{bin}/xl create /level2/inner
echo "level 1: xl create ended $?"
{bin}/xl list
tail -f /var/log/xen/console/guest-inner.log
'''


def xen():
    for path in sorted(glob.glob('/boot/xen-*-amd64.gz'), reverse=True):
        version = os.path.basename(path)[len('xen-'):-len('-amd64.gz')]
        folder = f'/usr/lib/xen-{version}/bin'
        if all(os.access(f'{folder}/{tool}', os.X_OK) for tool in TOOLS):
            return path, folder
    raise machine.Skip('the packages xen-hypervisor-4.17-amd64 and xen-utils-4.17 are '
                       'not installed')


def runs_domain(folder, vendor):
    if 'MOS_TEST_LONG' not in os.environ:
        raise machine.Skip('it takes minutes; MOS_TEST_LONG asks for it')
    image, tools = xen()
    hypervisor = folder.file('xen', gzip.decompress(initramfs.read(image)))
    inner, outer = folder.file('level2'), folder.file('level1')
    kernel = initramfs.build(inner, LEVEL2)
    programs = {}
    for tool in TOOLS:
        programs.update(initramfs.program(f'{tools}/{tool}'))
    # A thread of xl ends by it; no program is linked with it.
    libc = [path for path in programs.values() if 'libc.so' in path][0]
    programs['lib/libgcc_s.so.1'] = os.path.join(os.path.dirname(libc), 'libgcc_s.so.1')
    initramfs.build(outer, LEVEL1.format(bin=tools), MODULES,
                    {**programs, 'level2/kernel': kernel, 'level2/initrd': inner,
                     'level2/inner': folder.file('inner', DOMAIN)})
    out, _ = machine.expect_status(machine.run(
        'run', '--accel', 'soft', '--memory', '1024', '--kernel', hypervisor,
        '--append', 'console=com1 com1=115200,8n1 dom0_mem=512M smep=1 smap=1 spec-ctrl=no',
        '--module', f'{kernel} console=hvc0 quiet mitigations=off', '--module', outer,
        '--set', f'cpu.vendor={vendor}', '--set', 'cpu.model=x86-64-v3', '--set',
        'features.nested=true', '--net', 'none', '--until-serial', r'level 2: up for \d',
        '--timeout', '1800', seconds=1830), 0)
    text = out.decode(errors='replace')
    for wanted in (r'level 1: \S+ is dom0, control_d', r'virt_caps.*hvm',
                   r'xl create ended 0', r'level 2: \S+ is up as PVH on xen',
                   r'level 2: has smap', r'level 2: up for \d'):
        found = re.search(wanted + '.*', text)
        machine.expect(found is not None, f'no {wanted!r}; it said {text[-1500:]}')
        print(f'# {vendor}: {found.group().strip()}')


if __name__ == '__main__':
    machine.main([(f'xen-{vendor}', lambda folder, v=vendor: runs_domain(folder, v))
                  for vendor in ('amd', 'intel')])
