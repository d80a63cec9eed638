#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests of asm/ say the same on every processor.

Each runs on the software CPU, on /dev/kvm and on QEMU, where these are, and
its serial transcript is compared with the one in tests/data/guests/, which was
checked against the manuals.
"""

import os
import re
import shutil
import subprocess
import sys

SOURCE = os.environ['MOS_SOURCE_ROOT']
BUILD = os.environ['MOS_BUILD_ROOT']
MULTIOS = os.path.join(BUILD, 'app/multios')
EXPECTED = os.path.join(SOURCE, 'tests/data/guests')
GUESTS = ['apic-timer', 'debug', 'int1', 'limits', 'long-mode', 'paging', 'protected',
          'real-mode', 'self-modify', 'smp', 'task-switch', 'v86']
CPUS = {'smp': 4}
TIMEOUT = 60

# What other processors are known not to do.
LEFT_OUT = {
    ('int1', 'qemu'): 'QEMU without hardware takes INT1 for its own debugger',
    ('limits', 'qemu'): 'QEMU without hardware checks no segment limits',
}
# A KVM without hardware under it says so and gives up, with the number of bytes
# it read and the bytes, as two numbers behind a one.
EMULATING = re.compile(r'cannot emulate an instruction.*?details: 1 ([0-9a-f]+) ([0-9a-f]+)')
# What it is known to lack, by the first bytes.
LACKING = {
    '62000000': '32-bit paging, so that the guest goes astray',
    'cc': 'INT3 in protected mode',
    'cf': 'IRET in protected mode',
    'f0480fc70d': 'LOCK CMPXCHG16B',
    'f1': 'INT1',
    'ff6c24': 'a far jump to a task',
}


def ours(accel, guest):
    return [MULTIOS, 'run', '--accel', accel, '--kernel', image(guest),
            '--cpus', str(CPUS.get(guest, 1)), '--memory', '64M', '--net', 'none',
            '--set', 'cpu.model=x86-64-v2', '--debug-exit', '--timeout', str(TIMEOUT)]


def qemu(guest):
    return ['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-kernel', image(guest),
            '-smp', str(CPUS.get(guest, 1)), '-m', '64', '-serial', 'stdio',
            '-display', 'none', '-no-reboot', '-net', 'none',
            '-device', 'isa-debug-exit,iobase=0xf4,iosize=4']


def image(guest):
    return os.path.join(BUILD, 'tests/guests/asm', guest + '.elf')


def run(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=TIMEOUT + 20)
        return done.returncode, done.stdout.decode('latin-1').replace('\r', ''), \
            done.stderr.decode('utf-8', 'replace')
    except subprocess.TimeoutExpired as over:
        return 124, (over.stdout or b'').decode('latin-1').replace('\r', ''), 'timed out'


def difference(expected, found):
    for number, (want, got) in enumerate(zip(expected + ['(end)'], found + ['(end)']), 1):
        if want != got:
            return f'line {number}: expected "{want}", found "{got}"'
    return None


def name_instruction(match):
    """What EMULATING found, in words or in hexadecimal."""
    words = [int(word, 16).to_bytes(8, 'little') for word in match.groups()]
    code = b''.join(words)[1:].hex()
    return next((name for start, name in LACKING.items() if code.startswith(start)),
                'the instruction ' + code[:12])


def check(guest, where):
    """None if all is well, ('skip', why) or ('fail', why)."""
    if (guest, where) in LEFT_OUT:
        return 'skip', LEFT_OUT[guest, where]
    if where == 'kvm' and not os.path.exists('/dev/kvm'):
        return 'skip', 'no /dev/kvm'
    if where == 'qemu' and shutil.which('qemu-system-x86_64') is None:
        return 'skip', 'QEMU is not installed'
    status, out, err = run(qemu(guest) if where == 'qemu' else ours(where, guest))
    lacking = EMULATING.search(err)
    if where == 'kvm' and lacking:
        return 'skip', f"this host's KVM emulates and lacks {name_instruction(lacking)}"
    with open(os.path.join(EXPECTED, guest + '.txt'), encoding='ascii') as file:
        problem = difference(file.read().splitlines(), out.splitlines())
    if problem:
        return 'fail', problem + ('; ' + err.strip() if err.strip() else '')
    if status != 1:
        return 'fail', f'ended with status {status}, not 1: {err.strip()}'
    return None


def main():
    wheres = sys.argv[1:] or ['soft', 'kvm', 'qemu']
    cases = [(guest, where) for guest in GUESTS for where in wheres]
    failed = False
    print(f'1..{len(cases)}')
    for number, (guest, where) in enumerate(cases, 1):
        result = check(guest, where)
        if result is None:
            print(f'ok {number} {guest} on {where}', flush=True)
        elif result[0] == 'skip':
            print(f'ok {number} {guest} on {where} # SKIP {result[1]}', flush=True)
        else:
            failed = True
            print(f'not ok {number} {guest} on {where}', flush=True)
            print(f'# {result[1]}', flush=True)
    sys.exit(failed)


if __name__ == '__main__':
    main()
