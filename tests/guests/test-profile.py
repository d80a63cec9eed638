#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile of Debian's kernel beside one that is made through QEMU's monitor.

Both boot the same kernel and the same initial RAM disk, which makes the kernel
print its symbols again and again, where time goes into a few functions of
ordinary code. Both are looked at from the first instruction to the end. QEMU is stopped many times and asked for RIP; its names come
from the kernel itself, which writes them to a disk. The two emulators are not
equally fast at everything, so it is the top symbols that must agree.
"""

import bisect
import collections
import json
import os
import re
import shutil
import subprocess
import time

import initramfs
import machine

# The same addresses in both, and nothing of the host's that differs.
ARGUMENTS = 'console=ttyS0 quiet nokaslr no_timer_check mitigations=off tsc=reliable'
SCRIPT = '''
i=0
while [ $i -lt @ROUNDS@ ]; do cat /proc/kallsyms >/dev/null; i=$((i + 1)); done
echo END
grep -i ' [tw] ' /proc/kallsyms >/tmp/names
wc -c </tmp/names >/dev/vda
cat /tmp/names | dd of=/dev/vda bs=512 seek=1 conv=notrunc 2>/dev/null
sync
'''
ROUNDS = 25
MODULES = ['virtio_pci', 'virtio_blk']
DISK_BYTES = 16 << 20
TOP = 5
AMONG = 10
# Points between the shares of a symbol; two emulators, each with its own costs.
POINTS = 12
LEAST = 300  # samples


class Monitor:
    """QEMU's, in its own protocol."""

    def __init__(self, stdin, stdout):
        self.to, self.answers = stdin, stdout
        self.answers.readline()
        self.ask('qmp_capabilities')

    def ask(self, command, **arguments):
        self.to.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.to.flush()
        while True:
            line = self.answers.readline()
            if not line:
                raise EOFError
            answer = json.loads(line)
            if 'return' in answer or 'error' in answer:
                return answer.get('return')


def shares(counts):
    """{name: per cent} of what ran in the kernel."""
    total = sum(counts.values())
    return {name: 100 * n / total for name, n in counts.items()}, total


def by_qemu(folder, kernel, image):
    """Counter of RIP up to END; the names."""
    disk = folder.file('names', bytes(DISK_BYTES))
    serial, rips = folder.file('serial'), collections.Counter()
    qemu = subprocess.Popen(
        ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'qemu64', '-m', '256', '-kernel', kernel,
         '-initrd', image, '-append', ARGUMENTS, '-display', 'none', '-no-reboot', '-net', 'none',
         '-serial', f'file:{serial}', '-drive', f'file={disk},format=raw,if=virtio',
         '-qmp', 'stdio'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        monitor = Monitor(qemu.stdin, qemu.stdout)
        while b'END' not in read(serial):
            monitor.ask('stop')
            said = monitor.ask('human-monitor-command', **{'command-line': 'info registers'})
            monitor.ask('cont')
            rips[int(re.search(r'[RE]IP=([0-9a-f]+)', said)[1], 16)] += 1
            time.sleep(0.003)
        qemu.wait(300)
    finally:
        qemu.kill()
        qemu.wait()
    with open(disk, 'rb') as file:
        size = int(file.read(512).split(b'\0')[0])
        return rips, file.read(size).decode()


def read(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return b''


def named(rips, text):
    """Counter by the kernel's functions; what is none of them is left out."""
    symbols = sorted((int(line.split()[0], 16), line.split()[2]) for line in text.splitlines())
    addresses, counts = [address for address, _ in symbols], collections.Counter()
    for rip, n in rips.items():
        at = bisect.bisect_right(addresses, rip) - 1
        if at >= 0 and rip >> 63:
            # Of several names of one place, the first; modules are as good.
            name = symbols[bisect.bisect_left(addresses, addresses[at])][1]
            if not re.search('idle|halt', name):
                counts[name] += n
    return counts, dict((name, address) for address, name in symbols)


def by_us(folder, kernel, image):
    """Counter by function up to END; the kernel has no frame pointers, so that
    the innermost function is all there is."""
    path = folder.file('profile.json')
    disk = folder.file('ours', bytes(DISK_BYTES))
    machine.expect_status(machine.run(
        'run', '--accel', 'soft', '--memory', '256M', '--kernel', kernel, '--initrd', image,
        '--append', ARGUMENTS, '--disk', f'{disk},format=raw,bus=virtio', '--net', 'none',
        '--until-serial', 'END', '--timeout', '900', '--profile', f'cpu:{path}', seconds=960), 0)
    with open(path) as file:
        stacks = json.load(file)['stacks']
    counts = collections.Counter()
    for stack, n in stacks.items():
        name = stack.split(';')[-1].split('+')[0]
        if not re.match(r'0x|\[', name):  # of a program, or asleep
            counts[name] += n
    return counts


def top_symbols(folder):
    if not os.environ.get('MOS_TEST_LONG'):
        raise machine.Skip('only with MOS_TEST_LONG')
    if shutil.which('qemu-system-x86_64') is None:
        raise machine.Skip('there is no QEMU to compare with')
    image = folder.file('initrd')
    kernel = initramfs.build(image, SCRIPT.replace('@ROUNDS@', str(ROUNDS)), MODULES)
    rips, names = by_qemu(folder, kernel, image)
    theirs, addresses = named(rips, names)
    ours = by_us(folder, kernel, image)
    compare(ours, theirs, addresses)


def compare(ours, theirs, addresses):
    (our_shares, our_total), (their_shares, their_total) = shares(ours), shares(theirs)
    print(f'# {our_total} samples of ours, {their_total} through the monitor', flush=True)
    if min(our_total, their_total) < LEAST:
        raise machine.Skip('too few samples: this computer is too busy')
    their_top = [name for name, _ in theirs.most_common(AMONG)]
    for name, _ in ours.most_common(TOP):
        print(f'# {name}: {our_shares[name]:.1f} %, {their_shares.get(name, 0):.1f} %', flush=True)
    print(f'# through the monitor: {their_top}', flush=True)
    for name, _ in ours.most_common(TOP):
        machine.expect(name in addresses, f'{name} is no symbol of the kernel')
        machine.expect(name in their_top, f'{name} is not among {their_top}')
        machine.expect(abs(our_shares[name] - their_shares[name]) <= POINTS,
                       f'{name}: {our_shares[name]:.1f} %, but {their_shares[name]:.1f} %')
    machine.expect(set(their_top[:3]) <= {name for name, _ in ours.most_common(TOP)},
                   f'{their_top[:3]} are not all at our top')


machine.main([("the top symbols of Debian's kernel", top_symbols)])
