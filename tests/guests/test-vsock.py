#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's kernel and programs of the host talk through virtio sockets: each
side calls the other, and gets back what it has said.
"""

import hashlib
import os
import random
import socket
import subprocess
import threading
import time

import initramfs
import machine
from machine import expect

PEER = os.path.join(machine.BUILD, 'tests', 'guests', 'vsock-peer')
MODULES = ['virtio_pci', 'vmw_vsock_virtio_transport']
SCRIPT = '''
vsock-peer echo 1234 &
echo nobody | vsock-peer call 2 98 || echo REFUSED
head -c 1500000 /bin/busybox >/tmp/sent
md5sum </tmp/sent
vsock-peer call 2 99 </tmp/sent | md5sum
wait
echo ENDED
'''


def until(seconds, what, guest, function):
    """What FUNCTION returns once that is something, while GUEST runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and guest.poll() is None:
        try:
            found = function()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f'{what} did not happen: status {guest.poll()}')


def call_guest(path):
    """A stream to the guest's port 1234; None while nobody is there."""
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(100)
    link.connect(path)
    link.sendall(b'CONNECT 1234\n')
    answer = b''
    while not answer.endswith(b'\n'):
        byte = link.recv(1)
        if not byte:
            link.close()
            return None
        answer += byte
    expect(answer.startswith(b'OK '), answer)
    return link


def exchange(link, data):
    """Sends DATA and reads it back."""
    sender = threading.Thread(target=lambda: (link.sendall(data),
                                              link.shutdown(socket.SHUT_WR)))
    sender.start()
    back = b''
    while chunk := link.recv(65536):
        back += chunk
    sender.join()
    expect(back == data, f'{len(back)} of {len(data)} bytes came back')


def echo(listener):
    """Sends back what one caller says."""
    link, _ = listener.accept()
    while chunk := link.recv(65536):
        link.sendall(chunk)
    link.close()


def both_ways(folder):
    if not os.path.exists(PEER):
        raise machine.Skip('the guest\'s program was not built')
    path, image, serial = folder.file('sock'), folder.file('initrd'), folder.file('serial')
    kernel = initramfs.build(image, SCRIPT, MODULES, {'bin/vsock-peer': PEER})
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path + '_99')
    listener.listen()
    threading.Thread(target=echo, args=(listener,), daemon=True).start()
    guest = subprocess.Popen(
        [machine.MULTIOS, 'run', '--accel', 'soft', '--memory', '256M', '--kernel', kernel,
         '--initrd', image, '--append', 'console=ttyS0 quiet no_timer_check', '--serial',
         f'file:{serial}', '--set', 'devices.vsock_cid=42',
         '--set', f'devices.vsock_path={path}', '--timeout', '500'],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        link = until(300, 'a call of the guest', guest, lambda: call_guest(path))
        exchange(link, random.Random(4).randbytes(3000000))
        link.close()
        _, error = guest.communicate(timeout=300)
    finally:
        guest.kill()
        guest.wait()
    with open(serial, encoding='utf-8', errors='replace') as file:
        text = file.read()
    expect(guest.returncode == 0, f'status {guest.returncode} {error} {text}')
    digest = hashlib.md5(initramfs.read(initramfs.BUSYBOX)[:1500000]).hexdigest()
    expect(text.count(digest) == 2, text)
    expect('REFUSED' in text and 'ENDED' in text, text)
    expect(not os.path.exists(path), 'the socket was left behind')


def taken(folder):
    """What else is at the path is left alone, and said."""
    path = folder.file('sock', b'precious')
    status, _, error = machine.run('run', '--set', f'devices.vsock_path={path}', '--timeout',
                                   '20')
    expect(status == 1 and path in error, f'{status} {error}')
    expect(initramfs.read(path) == b'precious', 'the file is gone')
    status, _, error = machine.run('run', '--set', 'devices.vsock_cid=2')
    expect(status == 2 and 'vsock_cid' in error, f'{status} {error}')


CASES = [
    ('what is wrong with the sockets is said', taken),
    ('guest and host call each other', both_ways),
]

if __name__ == '__main__':
    if 'soft' not in machine.backends():
        CASES = [(name, machine.no_backend) for name, _ in CASES]
    machine.main(CASES)
