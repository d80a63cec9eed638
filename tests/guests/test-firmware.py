# SPDX-License-Identifier: GPL-3.0-or-later
"""Stock SeaBIOS and its VGA BIOS on our PC: the screen, the keyboard, a floppy.

On a KVM that emulates instructions a case takes ten seconds and more.
"""

import random

from guests import machine
from guests.machine import expect, expect_status, run

TIMEOUT = ['--timeout', '150']

# xor ax, ax; mov ds, ax; mov es, ax; mov si, text
# print: lodsb; test al, al; jz keys; mov ah, 0x0e; xor bx, bx; int 0x10; jmp print
# keys: xor ax, ax; int 0x16; mov ah, 0x0e; xor bx, bx; int 0x10; jmp keys
TYPEWRITER = (b'\x31\xc0\x8e\xd8\x8e\xc0\xbe\x22\x7c'
              b'\xac\x84\xc0\x74\x08\xb4\x0e\x31\xdb\xcd\x10\xeb\xf3'
              b'\x31\xc0\xcd\x16\xb4\x0e\x31\xdb\xcd\x10\xeb\xf4'
              b'ready\r\n\0')


def no_bootable_device(folder, accel):
    picture = folder.file('picture.png')
    expect_status(run('run', '--firmware', 'seabios', '--accel', accel, '--serial', 'none',
                      '--memory', '16', '--until-screen', 'No bootable device', '--screenshot',
                      picture, *TIMEOUT, seconds=200), 0)
    with open(picture, 'rb') as file:
        expect(file.read(8) == machine.SIGNATURE, 'no PNG')


def typed_keys(folder, accel):
    machine.need_speed(accel)
    floppy = folder.file('floppy.img', machine.boot_sector(TYPEWRITER))
    expect_status(run('run', '--floppy', floppy, '--accel', accel, '--serial', 'none',
                      '--memory', '16', '--until-screen', '^ready', '--type',
                      'Hello, (World)! ~{0_9}|', '--until-screen',
                      r'Hello, \(World\)! ~\{0_9\}\|', *TIMEOUT, seconds=200), 0)


def empty_drives(folder, accel):
    machine.need_speed(accel)
    toml = folder.file('m.toml', b'memory_mb = 16\n[[storage.drives]]\nkind = "cdrom"\n'
                       b'[[storage.drives]]\nkind = "floppy"\n')
    expect_status(run('run', toml, '--accel', accel, '--serial', 'none', '--until-screen',
                      'No bootable device', *TIMEOUT, seconds=200), 0)


def random_boot_sector(folder, accel):
    machine.need_speed(accel)
    floppy = folder.file('floppy.img', machine.boot_sector(random.Random(5).randbytes(510)))
    status, _, err = run('run', '--floppy', floppy, '--accel', accel, '--serial', 'none',
                         '--memory', '16', '--timeout', '15', seconds=60)
    expect(status in (0, 1, 124), f'status {status}: {err}')


def all_cases():
    accels = machine.backends()
    if not accels:
        yield 'SeaBIOS runs', machine.no_backend
    for accel in accels:
        for case in (no_bootable_device, typed_keys, empty_drives, random_boot_sector):
            name = f'{accel}: {case.__name__.replace("_", " ")}'
            yield name, lambda folder, case=case, accel=accel: case(folder, accel)


if __name__ == '__main__':
    machine.main(list(all_cases()))
