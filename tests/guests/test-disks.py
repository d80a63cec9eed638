# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of machines: SeaBIOS boots a sector from every controller, which reads
on and writes by INT 13h; and images that a killed `multios` leaves behind.
"""

import random
import signal
import subprocess

from guests import machine
from guests.machine import MULTIOS, expect, expect_status, run

TEXT = b'sector 1000 speaking\0'
SIZE = 8 << 20

# Reads sector 1000 to 0:8000, says its text on COM1, writes it to sector 1001.
COPY = bytes.fromhex(
    '31c0 8ed8 8ed0 bc007c'      # xor ax, ax; mov ds, ax; mov ss, ax; mov sp, 7c00
    '8816417c'                   # mov [drive], dl
    'b442 be447c cd13 7224'      # mov ah, 42; mov si, packet; int 13; jc fail
    'be0080'                     # mov si, 8000
    'ac 84c0 7406'               # again: lodsb; test al, al; jz done
    'baf803 ee ebf5'             # mov dx, 3f8; out dx, al; jmp again
    'ff064c7c'                   # done: inc word [packet + 8]
    'b80043 8a16417c'            # mov ax, 4300; mov dl, [drive]
    'be447c cd13 7204'           # mov si, packet; int 13; jc fail
    'b010 eb02'                  # mov al, 10; jmp leave
    'b011'                       # fail: mov al, 11
    'e6f4 f4 ebfb'               # leave: out f4, al; hlt; jmp leave
    '00 0000'                    # drive
    '1000 0100 00800000 e803000000000000')  # packet: 1 sector, 0:8000, 1000

# Writes 24 sectors every 37 sectors, for ever; a dot on COM1 after each.
SCATTER = bytes.fromhex(
    '31c0 8ed8 8ed0 bc007c'
    '88162a7c'                   # mov [drive], dl
    '8306347c25'                 # again: add word [packet + 8], 37
    'b80043 8a162a7c be2c7c cd13'
    'b02e 7302 b021'             # mov al, '.'; jnc good; mov al, '!'
    'baf803 ee ebe3'             # good: mov dx, 3f8; out dx, al; jmp again
    '00 00'
    '1000 1800 007c0000 0000000000000000')


# Reads block 30 of what it was started from, and says its text on COM1.
SAY = bytes.fromhex(
    '31c0 8ed8 8ed0 bc007c'
    'b442 be2c7c cd13'           # mov ah, 42; mov si, packet; int 13
    'b011 7210'                  # mov al, 11; jc leave
    'be0080'                     # mov si, 8000
    'ac 84c0 7406'               # again: lodsb; test al, al; jz done
    'baf803 ee ebf5'
    'b010'                       # done: mov al, 10
    'e6f4 f4 ebfb'               # leave: out f4, al; hlt; jmp leave
    '000000'
    '1000 0100 00800000 1e00000000000000')


def disk(code):
    image = bytearray(SIZE)
    image[:512] = code.ljust(510, b'\0') + b'\x55\xaa'
    image[1000 * 512:1000 * 512 + len(TEXT)] = TEXT
    return bytes(image)


def compact_disc(code):
    """A CD with CODE to start by El Torito, without emulation."""
    image = bytearray(64 * 2048)

    def block(number, content):
        image[number * 2048:number * 2048 + len(content)] = content

    block(16, b'\x01CD001\x01')
    block(17, b'\x00CD001\x01' + b'EL TORITO SPECIFICATION'.ljust(64, b'\0') +
          (19).to_bytes(4, 'little'))
    block(18, b'\xffCD001\x01')
    entry = bytearray(b'\x01'.ljust(30, b'\0') + b'\x55\xaa')
    total = sum(int.from_bytes(entry[i:i + 2], 'little') for i in range(0, 32, 2))
    entry[28:30] = (-total & 0xffff).to_bytes(2, 'little')
    block(19, bytes(entry) + b'\x88\0\0\0\0\0\x04\0' + (20).to_bytes(4, 'little'))
    block(20, code)
    block(30, TEXT)
    return bytes(image)


def make(folder, code, form):
    """An image of that format with CODE as its boot sector."""
    raw = folder.file('disk.raw', disk(code))
    if form == 'raw':
        return raw
    path = folder.file('disk.qcow2')
    expect_status(run('disk', 'convert', raw, path, '--source-format', 'raw'), 0)
    return path


def contents(folder, path, form):
    if form != 'raw':
        expect_status(run('disk', 'check', path), 0)
        raw = folder.file('back.raw')
        expect_status(run('disk', 'convert', path, raw, '--format', 'raw'), 0)
        path = raw
    with open(path, 'rb') as file:
        return file.read()


def boots(folder, accel, bus, form):
    path = make(folder, COPY, form)
    out, _ = expect_status(run('run', '--accel', accel, '--memory', '32', '--disk',
                               f'{path},format={form},bus={bus}', '--debug-exit',
                               '--timeout', '100', seconds=120), 33)
    expect(TEXT[:-1] in out, f'the guest said {out}')
    data = contents(folder, path, form)
    expect(data[1001 * 512:1001 * 512 + len(TEXT)] == TEXT, 'sector 1001 was not written')
    expect(data[:1001 * 512] == disk(COPY)[:1001 * 512], 'other sectors were')


def boots_cd(folder, accel):
    path = folder.file('disc.iso', compact_disc(SAY))
    out, _ = expect_status(run('run', '--accel', accel, '--memory', '32', '--cdrom', path,
                               '--debug-exit', '--timeout', '100', seconds=120), 33)
    expect(TEXT[:-1] in out, f'the guest said {out}')


def killed(folder, accel, bus):
    """Whenever it dies, the image is in order: at most space is lost."""
    chance = random.Random(4)
    path = make(folder, SCATTER, 'qcow2')
    for _ in range(3):
        guest = subprocess.Popen([MULTIOS, 'run', '--accel', accel, '--memory', '32', '--disk',
                                  f'{path},format=qcow2,bus={bus}', '--timeout', '100'],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 stdin=subprocess.DEVNULL)
        dots = 0
        while dots < chance.randrange(20, 100):
            byte = guest.stdout.read(1)
            expect(byte not in (b'', b'!'), f'after {dots} writes it said {byte}')
            dots += byte == b'.'
        guest.send_signal(signal.SIGKILL)
        guest.wait()
        guest.stdout.close()
        expect_status(run('disk', 'check', path), 0)


def all_cases():
    accels = machine.backends()
    if not accels:
        yield 'disks boot', machine.no_backend
    for accel in accels:
        for bus, form in [('ide', 'raw'), ('ahci', 'qcow2'), ('virtio', 'raw'),
                          ('virtio', 'qcow2')]:
            yield (f'{accel}: {form} on {bus}',
                   lambda folder, a=accel, b=bus, f=form: boots(folder, a, b, f))
        yield f'{accel}: CD', lambda folder, accel=accel: boots_cd(folder, accel)
        yield f'{accel}: killed', lambda folder, accel=accel: killed(folder, accel, 'virtio')


if __name__ == '__main__':
    machine.main(list(all_cases()))
