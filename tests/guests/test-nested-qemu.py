#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian in QEMU in Debian in a machine of ours.

Level 1 is the distribution's kernel with its KVM modules (nested=1), level 2
the distribution's QEMU booting the same kernel to its init, and level 3 the
guests of nested/vmm.c, which level 2 runs through a /dev/kvm of its own. All
of it is unchanged but the last. Time goes by instructions, since the kernel of
level 2 gives up (“IO-APIC + timer doesn't work!”) if this computer is so busy
that ticks stay away. It takes minutes: MOS_TEST_LONG asks for it.
"""

import os
import re

import initramfs
import machine

QEMU = '/usr/bin/qemu-system-x86_64'
FIRMWARE = ['/usr/share/seabios/bios-256k.bin', '/usr/share/qemu/linuxboot_dma.bin',
            '/usr/share/qemu/kvmvapic.bin']
VMM = os.path.join(machine.BUILD, 'tests', 'guests', 'nested', 'nested-vmm')
MODULES = {'amd': ['kvm_amd'], 'intel': ['kvm_intel']}

LEVEL2 = '''
echo "level 2: $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime) s"
exec /vmm
'''
LEVEL1 = '''
ls -l /dev/kvm
echo "level 1: nested $(cat /sys/module/kvm_{vendor}/parameters/nested)"
begin=$(cut -d' ' -f1 /proc/uptime)
/usr/bin/qemu-system-x86_64 -accel kvm -cpu host -m 384 -nodefaults -nographic \\
  -L /usr/share/seabios -L /usr/share/qemu -serial stdio -no-reboot -kernel /level2/kernel \\
  -initrd /level2/initrd -append "console=ttyS0 quiet mitigations=off"
echo "level 1: QEMU ended $? from $begin to $(cut -d' ' -f1 /proc/uptime)"
'''


def runs_qemu(folder, vendor):
    if 'MOS_TEST_LONG' not in os.environ:
        raise machine.Skip('it takes minutes; MOS_TEST_LONG asks for it')
    for file in [QEMU, *FIRMWARE]:
        if not os.path.exists(file):
            raise machine.Skip(f'there is no {file} (package qemu-system-x86)')
    inner, outer = folder.file('level2'), folder.file('level1')
    kernel = initramfs.build(inner, LEVEL2, MODULES[vendor], {'vmm': VMM})
    initramfs.build(outer, LEVEL1.format(vendor=vendor), MODULES[vendor],
                    {**initramfs.program(QEMU), **{file[1:]: file for file in FIRMWARE},
                     'level2/kernel': kernel, 'level2/initrd': inner})
    out, _ = machine.expect_status(machine.run(
        'run', '--accel', 'soft', '--deterministic', '--memory', '1024', '--kernel', kernel,
        '--initrd', outer,
        '--append', 'console=ttyS0 quiet mitigations=off', '--set', f'cpu.vendor={vendor}',
        '--set', 'features.nested=true', '--net', 'none', '--until-serial',
        'level 1: QEMU ended', '--timeout', '900', seconds=930), 0)
    text = out.decode(errors='replace')
    for wanted in (r'level 1: nested [1Y]', r'level 2: \S+ is up', r'vmm: port: 2000 exits',
                   r'vmm: mmio: 2000 exits', r'vmm: cpuid: 0 exits', r'vmm: done'):
        found = re.search(wanted + '.*', text)
        machine.expect(found is not None, f'no {wanted!r}; it said {text[-1500:]}')
        print(f'# {vendor}: {found.group().strip()}')


if __name__ == '__main__':
    machine.main([(f'qemu-kvm-{vendor}', lambda folder, v=vendor: runs_qemu(folder, v))
                  for vendor in ('amd', 'intel')])
