#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the Screen Modes guest beside those of QEMU's standard VGA,
which runs the same guest with the same VGA BIOS: the same, pixel by pixel, but
for how six bits of colour become eight.

Known differences: bit 7 of an attribute blinks here, as the BIOS asked for, and
is a bright background there, so the cells without it are compared; the cells of
40 columns are 9 dots wide here and 8 there; mode 102 is garbage there.

A minute of a processor, so only with --long (MOS_TEST_LONG).
"""

import json
import os
import shutil
import socket
import subprocess

import machine
from machine import expect

MODES = ('004 005 006 00d 00e 00f 010 011 012 013 101 103 105 107 111 112 144 18c '
         '003 002 007').split()
TEXT_MODES = ('003', '002', '007')
CELL = 9, 16
COLUMNS = 80
TOLERANCE = 3  # 63 * 4 and 63 * 4 + 3


class Peer:
    """QEMU with the guest's floppy, without a window."""

    def __init__(self, folder):
        with open(os.path.join(machine.BUILD, 'tutorials', 'guests', 'screen-modes.bin'),
                  'rb') as file:
            floppy = folder.file('floppy.img', file.read().ljust(1440 * 1024, b'\0'))
        path = folder.file('monitor')
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        self.guest = subprocess.Popen(
            ['qemu-system-x86_64', '-machine', 'pc', '-accel', 'tcg', '-m', '32', '-nodefaults',
             '-vga', 'std', '-display', 'none', '-boot', 'a', '-serial', 'stdio', '-drive',
             f'file={floppy},if=floppy,format=raw', '-qmp', f'unix:{path}'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        listener.settimeout(60)
        with listener:
            link, _ = listener.accept()
        link.settimeout(60)
        self.monitor = link.makefile('rw')
        self.monitor.readline()
        self.ask('qmp_capabilities')

    def ask(self, command, **arguments):
        self.monitor.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            expect('error' not in answer, f'QEMU: {answer}')
            if 'return' in answer:
                return

    def walk(self, folder):
        """A picture of each mode of one round; returns the modes."""
        shown = []
        while True:
            line = self.guest.stdout.readline().decode()
            expect(line, 'QEMU ended')
            if not line.startswith('mode '):
                continue
            number, word = line.split()[1:3]
            if number in shown:
                return shown
            expect(word == 'shown', line)
            shown.append(number)
            self.ask('screendump', filename=folder.file(f'peer-{number}.ppm'))
            self.guest.stdin.write(b' ')

    def close(self):
        self.guest.kill()
        self.guest.wait()


def read(path):
    """(width, height, bytes of red, green, blue)"""
    with open(path, 'rb') as file:
        content = file.read()
    width, height = (int(word) for word in content.split(None, 4)[1:3])
    return width, height, content[-width * height * 3:]


def line_of(picture, y):
    width, _, data = picture
    line = data[y * width * 3:(y + 1) * width * 3]
    return list(zip(line[0::3], line[1::3], line[2::3]))


def compare(folder, number):
    """Every colour of ours is everywhere the same colour, or nearly, there."""
    ours, peer = (read(folder.file(f'{who}-{number}.ppm')) for who in ('guest', 'peer'))
    across, down = peer[0] // ours[0], peer[1] // ours[1]
    expect((ours[0] * across, ours[1] * down) == peer[:2],
           f'mode {number}: {ours[:2]} and {peer[:2]}')
    first, lines = 0, peer[1]
    if number in TEXT_MODES:  # the first row has attributes below 128, but the cursor
        first, lines = CELL[0], CELL[1]
        expect(ours[0] == COLUMNS * CELL[0], f'mode {number} is {ours[0]} wide')
    pairs = set()
    for y in range(lines):
        line = line_of(ours, y // down)
        if across > 1:
            line = [pixel for pixel in line for _ in range(across)]
        pairs.update(zip(line[first:], line_of(peer, y)[first:]))
    expect(len(pairs) > 1, f'mode {number} has one colour only')
    for one, other in pairs:
        expect(max(abs(a - b) for a, b in zip(one, other)) <= TOLERANCE,
               f'mode {number}: {one} here is {other} there')
    print(f'# mode {number}: {ours[0]}x{ours[1]}, {len(pairs)} colours alike', flush=True)


def walk(folder):
    if 'MOS_TEST_LONG' not in os.environ:
        raise machine.Skip('it takes a minute; --long runs it')
    if shutil.which('qemu-system-x86_64') is None:
        raise machine.Skip('QEMU (qemu-system-x86) is not installed')
    subprocess.run([os.path.join(machine.BUILD, 'tests', 'test-screen-modes')], check=False,
                   env={**os.environ, 'MOS_TEST_PICTURES': folder.path}, timeout=300,
                   stdout=subprocess.DEVNULL)
    peer = Peer(folder)
    try:
        shown = peer.walk(folder)
    finally:
        peer.close()
    for number in MODES:
        expect(number in shown, f'QEMU has not shown mode {number}')
        compare(folder, number)


if __name__ == '__main__':
    CASES = [("the pictures are QEMU's", walk)]
    if 'soft' not in machine.backends():
        CASES = [(name, machine.no_backend) for name, _ in CASES]
    machine.main(CASES)
