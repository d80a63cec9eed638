# SPDX-License-Identifier: GPL-3.0-or-later
"""Performance counters of the software CPU: our guest counts to the instruction,
and Debian's kernel finds them and is interrupted by them.
"""

import glob
import os

from guests import machine
from guests.machine import BUILD, expect, run

COMMON = {
    'instructions': 0, 'of the kernel': 0, 'of programs': 0, 'cycles': 0,
    'another event': 0, 'no such cycle': 0, 'in ring 3': 0, 'interrupts': 1, 'soon': 1,
}
INTEL = dict(COMMON, **{
    'version, counters, width': 0x07300402, 'events that are not': 0x7c, 'fixed': 0x602,
    'masked': 1, 'status': 1, 'cleared': 0, 'fixed instructions': 2002, 'fixed cycles': 2002,
})
AMD = dict(COMMON, masked=0)
FAULTS = {'counter 4': 13, 'fixed counter 2': 13, 'reserved bit': 13}


def guest(vendor, *more):
    elf = os.path.join(BUILD, 'tests/guests/asm/pmu.elf')
    status, out, err = run('run', '--accel', 'soft', '--kernel', elf, '--memory', '64M',
                           '--net', 'none', '--debug-exit', '--timeout', '30',
                           '--set', f'cpu.vendor={vendor}', *more)
    return status, out.decode('latin-1').replace('\r', ''), err


def counts(wanted, vendor):
    def case(folder):
        first = None
        for more in ((), ('--deterministic',)):
            _, out, err = guest(vendor, '--set', 'cpu.pmu=true', *more)
            said = dict(line.split(': ', 1) for line in out.splitlines() if ': ' in line)
            expect(said.get('pmu') == 'done', out + err)
            for key, value in wanted.items():
                expect(int(said.get(key, '-1'), 16) == value,
                       f'{key}: {said.get(key)}, not {value:x}\n{out}')
            for key, vector in FAULTS.items():
                expect(key not in said or said[key].startswith(f'vector {vector} '),
                       f'{key}: {said.get(key)}')
            expect(first in (None, out), 'two runs differ')
            first = out
    return case


def not_offered(folder):
    _, out, err = guest('intel')
    expect('pmu: none' in out, out + err)
    status, _, err = run('run', '--accel', 'kvm', '--set', 'cpu.pmu=true', '--timeout', '5')
    expect(status == 2 and 'cpu.pmu' in err, f'{status} {err}')


def linux(vendor, line):
    def case(folder):
        kernels = sorted(glob.glob('/boot/vmlinuz-6.*-amd64'))
        if not kernels:
            raise machine.Skip('there is no Debian kernel')
        if not os.environ.get('MOS_TEST_LONG'):
            raise machine.Skip('only with MOS_TEST_LONG')
        status, out, err = run(
            'run', '--accel', 'soft', '--kernel', kernels[-1], '--memory', '512M', '--net', 'none',
            '--append', 'console=ttyS0 panic=-1', '--set', 'cpu.pmu=true',
            '--set', f'cpu.vendor={vendor}', '--until-serial', 'PMU driver|Broken PMU',
            '--timeout', '170', seconds=200)
        expect(line.encode() in out, out[-3000:].decode('latin-1') + err)
    return case


machine.main([
    ("our guest counts on Intel's", counts(INTEL, 'intel')),
    ("our guest counts on AMD's", counts(AMD, 'amd')),
    ('only where it is asked for', not_offered),
    ("Debian finds Intel's", linux('intel', 'PMU driver')),
    ("Debian finds AMD's", linux('amd', 'AMD PMU driver')),
])
