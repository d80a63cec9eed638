#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The distribution's kernel as a hypervisor in a machine of ours.

Its KVM modules, unchanged, run a guest through /dev/kvm (nested/vmm.c is the
only process); the software CPU gives them AMD-V or VT-x. The times are printed
as comments, and judge nothing.
"""

import glob
import os
import re

import machine

VMM = os.path.join(machine.BUILD, 'tests', 'guests', 'nested', 'nested-vmm')
MODULES = {'amd': ['virt/lib/irqbypass', 'arch/x86/kvm/kvm', 'drivers/crypto/ccp/ccp',
                   'arch/x86/kvm/kvm-amd'],
           'intel': ['virt/lib/irqbypass', 'arch/x86/kvm/kvm', 'arch/x86/kvm/kvm-intel']}


def kernel():
    """The newest kernel with modules: (image, their folder)."""
    for image in sorted(glob.glob('/boot/vmlinuz-*'), reverse=True):
        folder = '/lib/modules/' + image.removeprefix('/boot/vmlinuz-') + '/kernel'
        if os.path.isdir(folder):
            return image, folder
    raise machine.Skip('no kernel in /boot has its modules in /lib/modules')


def archive(files):
    """A RAM disk in the "newc" form: pairs (name, content)."""
    out = b''
    for number, (name, content) in enumerate([*files, ('TRAILER!!!', b'')], 1):
        fields = [number, 0o100755, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        head = b'070701' + b''.join(b'%08x' % field for field in fields)
        head += name.encode() + b'\0'
        out += head + b'\0' * (-len(head) % 4) + content + b'\0' * (-len(content) % 4)
    return out


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def initrd(vendor):
    """The RAM disk: the monitor as init, and the modules that it loads."""
    _, modules = kernel()
    files = [('init', read(VMM))]
    for module in MODULES[vendor]:
        path = f'{modules}/{module}.ko'
        if os.path.exists(path):
            files.append((os.path.basename(path), read(path)))
        elif 'kvm' in module:
            raise machine.Skip(f'{path} does not exist, or is compressed')
    return archive(files)


def runs_guests(folder, vendor):
    soft = [b for b in machine.host()['backends'] if b['name'] == 'soft'][0]
    if not soft['nested_svm' if vendor == 'amd' else 'nested_vmx']:
        raise machine.Skip(f'the software CPU does not nest on {vendor}')
    image, _ = kernel()
    out, _ = machine.expect_status(machine.run(
        'run', '--accel', 'soft', '--memory', '512', '--kernel', image, '--initrd',
        folder.file('initrd', initrd(vendor)),
        '--append', 'console=ttyS0 quiet mitigations=off', '--set', f'cpu.vendor={vendor}',
        '--set', 'features.nested=true', '--net', 'none', '--until-serial', 'vmm: done',
        '--timeout', '500', seconds=520), 0)
    said = dict(re.findall(r'vmm: (\w+): (.*)', out.decode(errors='replace')))
    for name, exits in (('port', 2000), ('mmio', 2000), ('cpuid', 0), ('loop', 0)):
        machine.expect(said.get(name, '').startswith(f'{exits} exits'), f'it said {out[-800:]}')
        print(f'# {vendor}, {name}: {said[name].strip()}')


if __name__ == '__main__':
    machine.main([(f'kvm-{vendor}', lambda folder, v=vendor: runs_guests(folder, v))
                  for vendor in ('amd', 'intel')])
