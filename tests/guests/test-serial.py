# SPDX-License-Identifier: GPL-3.0-or-later
"""Serial ports that lead to other programs: a UNIX socket and a
pseudo-terminal, with a guest that sends back what it gets.
"""

import os
import select
import socket
import subprocess
import time

from guests import machine
from guests.machine import expect, run

SECONDS = 60


def start(folder, accel, *arguments):
    floppy = folder.file('echo.img', machine.boot_sector(
        machine.say_on_serial(b'ready\n', machine.ECHO)))
    return subprocess.Popen([machine.MULTIOS, 'run', '--floppy', floppy, '--memory', '16',
                             '--accel', accel, '--timeout', str(SECONDS), *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def stop(process):
    process.terminate()
    process.communicate(timeout=20)


def until(what, test):
    end = time.monotonic() + SECONDS
    while not test():
        expect(time.monotonic() < end, f'no {what}')
        time.sleep(0.02)


def read(fd, wanted):
    """Reads until WANTED has come."""
    got = b''
    end = time.monotonic() + SECONDS
    while wanted not in got:
        left = end - time.monotonic()
        expect(left > 0 and select.select([fd], [], [], left)[0], f'only {got}')
        part = os.read(fd, 4096)
        expect(part, f'closed after {got}')
        got += part
    return got


def echo(fd):
    big = bytes(range(33, 127)) * 20
    for text in (b'hello', big):
        os.write(fd, text)
        read(fd, text[-40:])


def a_socket(folder, accel):
    path = folder.file('port')
    process = start(folder, accel, '--serial', 'socket:' + path)
    try:
        until('socket', lambda: os.path.exists(path))
        for first in (b'ready\n', b''):  # the next program finds it free again
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(SECONDS)
                client.connect(path)
                if first:
                    read(client.fileno(), first)
                echo(client.fileno())
    finally:
        stop(process)
    expect(not os.path.exists(path), 'the socket is left over')


def a_terminal(folder, accel):
    path = folder.file('terminal')
    process = start(folder, accel, '--serial', 'pty:' + path)
    try:
        until('link', lambda: os.path.islink(path))
        expect(os.readlink(path).startswith('/dev/pts/'), os.readlink(path))
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        read(fd, b'ready\n')
        echo(fd)
        os.close(fd)
    finally:
        stop(process)
    expect(not os.path.islink(path), 'the link is left over')


def taken(folder, accel):
    path = folder.file('port')
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        status, _, err = run('run', '--guest', 'simple-boot', '--accel', accel, '--serial',
                             'socket:' + path, '--timeout', '5')
        expect(status not in (0, 124) and 'something else is there' in err, f'{status}: {err}')
    file = folder.file('data', b'precious')
    status, _, err = run('run', '--guest', 'simple-boot', '--accel', accel, '--serial',
                         'socket:' + file, '--timeout', '5')
    with open(file, 'rb') as data:
        expect(data.read() == b'precious', 'a file was replaced')
    expect(status not in (0, 124), f'{status}: {err}')


def wrong(folder, accel):
    for value in ('socket:', 'pty', 'tty:x', 'socket'):
        status, _, err = run('run', '--guest', 'simple-boot', '--serial', value)
        expect(status == 2 or 'allowed' in err, f'{value}: {status} {err}')


def all_cases():
    accels = [b for b in machine.backends() if b == 'soft']
    for accel in accels:
        for case in (a_socket, a_terminal, taken, wrong):
            name = f'{accel}: {case.__name__.replace("_", " ")}'
            yield name, lambda folder, case=case, accel=accel: case(folder, accel)


if __name__ == '__main__':
    machine.main(list(all_cases()) or [('serial ports', machine.no_backend)])
