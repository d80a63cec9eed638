# SPDX-License-Identifier: GPL-3.0-or-later
"""`multios run` from its command line to its exit status, on every backend.

The guests are a few bytes that start without firmware, so that a case takes
moments.
"""

import json
import os
import pty
import random
import select
import signal
import subprocess
import termios
import time

from guests import machine
from guests.machine import expect, expect_status, run


# mov dx, 0x604; mov ax, 0x2000; out dx, ax; hlt: ACPI's "soft off"
POWER_OFF = b'\xba\x04\x06\xb8\x00\x20\xef\xf4\xeb\xfd'
# lidt of an empty table; int3
TRIPLE_FAULT = b'\x0f\x01\x1e\x08\x7c\xcc\xeb\xfe\0\0\0\0\0\0'


def debug_exit(folder, accel):
    guest = folder.file('guest', machine.say_on_serial(b'hello', machine.debug_exit(0x10)))
    out, _ = expect_status(run('run', '--kernel', guest, '--accel', accel, '--debug-exit',
                               '--timeout', '20'), 33)
    expect(out == b'hello', f'the terminal got {out}')


def without_debug_exit(folder, accel):
    guest = folder.file('guest', machine.debug_exit(0x10))
    expect_status(run('run', '--kernel', guest, '--accel', accel, '--timeout', '1'), 124)


def until_serial(folder, accel):
    guest = folder.file('guest', machine.say_on_serial(b'one\r\ntwo\r\n', machine.SPIN))
    expect_status(run('run', '--kernel', guest, '--accel', accel, '--serial', 'none',
                      '--until-serial', '^one$', '--until-serial', 't.o', '--timeout', '20'), 0)


def serial_to_file(folder, accel):
    guest = folder.file('guest', machine.say_on_serial(b'to a file', machine.SPIN))
    path = folder.file('serial.txt')
    out, _ = expect_status(run('run', '--kernel', guest, '--accel', accel, '--serial',
                               'file:' + path, '--until-serial', 'file', '--timeout', '20'), 0)
    expect(out == b'', f'the terminal got {out}')
    with open(path, 'rb') as file:
        expect(file.read() == b'to a file', 'the file differs')


def serial_input(folder, accel):
    guest = folder.file('guest', machine.ECHO)
    text = b'The quick brown fox jumps over the lazy dog. ' * 20
    out, _ = expect_status(run('run', '--kernel', guest, '--accel', accel, '--until-serial',
                               'END', '--timeout', '30', stdin=text + b'END'), 0)
    expect(out == text + b'END', f'the echo differs: {out}')


def timeout(folder, accel):
    guest = folder.file('guest', machine.SPIN)
    start = time.monotonic()
    _, err = expect_status(run('run', '--kernel', guest, '--accel', accel, '--timeout', '0.5',
                               '--until-serial', 'never'), 124)
    expect(time.monotonic() - start < 10, 'it took too long')
    expect(err == "multios run: 0.5 s passed, waiting for --until-serial 'never'\n", err)


def interrupted(folder, accel):
    guest = folder.file('guest', machine.say_on_serial(b'up', machine.SPIN))
    for number in (signal.SIGINT, signal.SIGTERM):
        child = subprocess.Popen([machine.MULTIOS, 'run', '--kernel', guest, '--accel', accel],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        expect(child.stdout.read(2) == b'up', 'the guest did not start')
        child.send_signal(number)
        child.stdout.close()
        expect(child.wait(10) == 128 + number, f'status {child.returncode}')


def on_a_terminal(folder, accel):
    guest = folder.file('guest', machine.say_on_serial(b'up', machine.ECHO))
    try:
        pid, terminal = pty.fork()
    except OSError as error:
        raise machine.Skip(f'no pseudo-terminal here ({error})') from error
    if pid == 0:
        os.execv(machine.MULTIOS, ['multios', 'run', '--kernel', guest, '--accel', accel,
                                   '--timeout', '30'])
    before = termios.tcgetattr(terminal)
    read_until(terminal, b'up')
    expect(termios.tcgetattr(terminal) != before, 'the terminal is not raw')
    os.write(terminal, b'\x03\x01\x01')  # Control+C, and one Control+A, are the guest's
    read_until(terminal, b'\x03\x01')
    os.write(terminal, b'\x01x')
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    expect(status == 128 + signal.SIGINT, f'status {status}')
    expect(termios.tcgetattr(terminal) == before, 'the terminal is not as it was')
    os.close(terminal)


def read_until(terminal, wanted):
    text = b''
    while wanted not in text:
        expect(select.select([terminal], [], [], 20)[0], f'only {text} came')
        text += os.read(terminal, 1000)


def switched_off(folder, accel):
    guest = folder.file('guest', POWER_OFF)
    stats = folder.file('stats.json')
    expect_status(run('run', '--kernel', guest, '--accel', accel, '--stats', stats,
                      '--timeout', '20'), 0)
    with open(stats, 'rb') as file:
        data = json.load(file)
    expect(data['ended_by'] == 'guest' and data['exits'], str(data))
    expect(accel != 'soft' or data['guest_instructions'] > 0, str(data))
    _, err = expect_status(run('run', '--kernel', guest, '--accel', accel, '--until-serial',
                               'never', '--timeout', '20'), 1)
    expect('the guest ended before' in err, err)


def counts_of_a_busy_guest(folder, accel):
    if accel != 'soft':
        raise machine.Skip(f'{accel} counts no instructions')
    guest = folder.file('guest', machine.say_on_serial(b'x', machine.SPIN))
    stats = folder.file('stats.json')
    expect_status(run('run', '--kernel', guest, '--accel', accel, '--stats', stats,
                      '--until-serial', 'never', '--timeout', '2'), 124)
    with open(stats, 'rb') as file:
        data = json.load(file)
    expect(data['guest_instructions'] > 100000, str(data))
    expect(0 < data['guest_s'] <= data['wall_s'], str(data))


def endless_resets(folder, accel):
    guest = folder.file('guest', TRIPLE_FAULT)
    status, _, err = run('run', '--kernel', guest, '--accel', accel, '--timeout', '5')
    expect(status in (1, 124) and err.count('\n') == 1, f'status {status}: {err}')


def results(folder, accel):
    guest = folder.file('guest', machine.say_on_serial(b'x', machine.debug_exit(0)))
    stats, picture, log = (folder.file(n) for n in ('stats.json', 'picture.png', 'log'))
    expect_status(run('run', '--kernel', guest, '--accel', accel, '--debug-exit', '--stats',
                      stats, '--screenshot', picture, '--log', log, '--timeout', '20'), 1)
    with open(stats, 'rb') as file:
        data = json.load(file)
    expect(data['ended_by'] == 'debug-exit' and data['status'] == 1, str(data))
    expect(data['backend'] == accel and data['wall_s'] > 0, str(data))
    expect(data['tree']['children'][0]['level'] == 1, str(data['tree']))
    expect(data['unknown_instructions'] == {}, str(data['unknown_instructions']))
    expect(data['guest_s'] > 0, str(data))
    expect(accel != 'soft' or data['guest_instructions'] > 0, str(data))
    serial = [d for d in data['devices'] if d['name'] == 'serial0']
    expect(serial and serial[0]['accesses'] >= 1, str(data['devices']))
    outs = [e['count'] for e in data['exits'] if e['reason'] == 'port-out']
    expect(sum(outs) >= 2, str(data['exits']))
    with open(picture, 'rb') as file:
        expect(file.read(8) == machine.SIGNATURE, 'no PNG')
    with open(log, encoding='utf-8') as file:
        expect('State: Running' in file.read(), 'the log lacks the start')


def machine_file(folder, accel):
    folder.file('k.bin', machine.say_on_serial(b'from a file', machine.SPIN))
    toml = folder.file('m.toml', b'name = "Mine"\nmemory_mb = 8\n[boot]\n'
                       b'kernel_path = "k.bin"\n[[devices.serial]]\nmode = "file"\n'
                       b'path = "out.txt"\n')
    out, _ = expect_status(run('run', toml, '--accel', accel, '--until-serial', 'file',
                               '--timeout', '20'), 0)
    expect(out == b'', f'the terminal got {out}')
    with open(folder.file('out.txt'), 'rb') as file:
        expect(file.read() == b'from a file', 'the file differs')


def random_guests(folder, accel):
    numbers = random.Random(3)
    for _ in range(12):
        guest = folder.file('guest', numbers.randbytes(numbers.choice([1, 512, 4000])))
        status, _, err = run('run', '--kernel', guest, '--accel', accel, '--timeout', '0.2',
                             '--memory', '4')
        expect(status in (0, 1, 124), f'status {status}: {err}')
        expect(err.count('\n') <= 1, err)


def mistakes(folder):
    there = folder.file('guest', machine.SPIN)
    rows = [
        (['--kernel', '/nowhere'], 'boot.kernel_path: found /nowhere'),
        (['--cpus', '33'], '--cpus: vcpu_count: found 33; allowed: an integer, 1 to 32'),
        (['--frobnicate'], 'there is no option “--frobnicate”'),
        (['--disk', '/nowhere.img'], 'storage.drives[0].path: found /nowhere.img'),
        (['--kernel', there, '--serial', 'file:/nowhere/x'], '--serial: /nowhere/x cannot be'),
        (['--kernel', there, '--timeout'], '--timeout needs a value'),
        ([os.path.join(machine.SOURCE, 'tests/data/basic-vm.toml')],
         'basic-vm.toml:7: boot.kernel_path: found linux_kernel.bin'),
    ]
    for arguments, message in rows:
        _, err = expect_status(run('run', *arguments), 2)
        expect(message in err and err.count('\n') == 1, err)


def all_cases():
    yield 'mistakes are one line and status 2', mistakes
    accels = machine.backends()
    if not accels:
        yield 'guests run', machine.no_backend
    for accel in accels:
        for case in (debug_exit, without_debug_exit, until_serial, serial_to_file, serial_input,
                     timeout, interrupted, on_a_terminal, switched_off, endless_resets,
                     counts_of_a_busy_guest, results,
                     machine_file, random_guests):
            name = f'{accel}: {case.__name__.replace("_", " ")}'
            yield name, lambda folder, case=case, accel=accel: case(folder, accel)


if __name__ == '__main__':
    machine.main(list(all_cases()))
