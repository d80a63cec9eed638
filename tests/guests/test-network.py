#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's kernel on the network: an address by DHCP, the gateway, a web server
of the host's loopback, a forwarded port, another machine, a capture, iPXE.
"""

import glob
import http.server
import os
import random
import shutil
import socket
import subprocess
import threading
import time

import initramfs
import machine

# On a host that is busy the kernel's test of the timer takes it for broken.
ARGUMENTS = 'console=ttyS0 quiet no_timer_check'

ADAPTERS = {'virtio': ['virtio_pci', 'virtio_net'], 'e1000': ['e1000']}
# What a guest serves through the forwarded port.
GREETING = 'the guest says hello'
PAGE = b'hello from the host\n' * 500
NAT_SCRIPT = f'''
ip link set eth0 up
udhcpc -n -q -i eth0 -t 10 -T 1
ping -c 3 10.0.2.2 && echo PING-OK
wget -q -O /tmp/page http://10.0.2.2:@PORT@/page && md5sum /tmp/page
nc -ll -p 80 -e echo '{GREETING}' &
wget -q -O /tmp/done http://10.0.2.2:@PORT@/done
'''
LARGE_SCRIPT = '''
ip link set eth0 up
udhcpc -n -q -i eth0 -t 10 -T 1
wget -q -O - http://10.0.2.2:@PORT@/ | md5sum
'''
LARGE_BYTES = 32 << 20
STALL_S = 1
PAIR_SCRIPT = '''
ip link set eth0 up
ip addr add 192.168.7.@ME@/24 dev eth0
while ! ping -c 1 -W 1 192.168.7.@OTHER@ >/dev/null; do :; done
echo PING-OK
@TALK@
'''
# One sends, the other answers with its checksum.
LISTEN = 'nc -l -p 99 >/tmp/got; md5sum </tmp/got; ping -c 3 192.168.7.@OTHER@'
SEND = '''head -c 300000 /bin/busybox >/tmp/sent; md5sum </tmp/sent
while ! nc 192.168.7.@OTHER@ 99 </tmp/sent; do sleep 1; done'''


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/done':  # when the forwarded port has been tried
            self.server.heard.wait(300)
        self.send_response(200)
        self.send_header('Content-Length', str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format, *args):
        pass


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def fetch_from_guest(port, heard, server, stop):
    """Connects to the forwarded PORT until the guest's words come."""
    while not stop.is_set() and not heard:
        try:
            with socket.create_connection(('127.0.0.1', port), 5) as link:
                link.settimeout(5)
                data = link.recv(1000)
                if data:
                    heard.append(data.decode())
                    server.heard.set()
        except OSError:
            pass
        stop.wait(0.5)


def tshark(path, view):
    """How many frames of the capture at PATH the filter VIEW lets through."""
    if shutil.which('tshark') is None:
        return None
    out = subprocess.run(['tshark', '-r', path, '-Y', view], check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL).stdout
    return len(out.splitlines())


def check_capture(path):
    """The packets of a NAT run are in the file, both ways."""
    with open(path, 'rb') as file:
        machine.expect(file.read(4) == b'\x0a\x0d\x0d\x0a', 'the capture is no pcapng')
    if tshark(path, 'frame') is None:
        print('# tshark is not installed: the capture was not opened', flush=True)
        return
    for view, least in (('dhcp.option.dhcp == 5', 1), ('icmp.type == 8', 3),
                        ('icmp.type == 0', 3), ('http.request', 1), ('http.response', 1),
                        ('tcp.dstport == 80', 3), ('frame.packet_flags_direction == 1', 5),
                        ('frame.packet_flags_direction == 2', 5),
                        ('frame.interface_name == "outside"', 20)):
        machine.expect(tshark(path, view) >= least, f'tshark finds too few frames: {view}')
    bad = tshark(path, '_ws.malformed')
    machine.expect(bad == 0, f'{bad} frames are malformed')


def linux(folder, script, model):
    image = folder.file('initrd')
    return initramfs.build(image, script, ADAPTERS[model]), image


def nat(folder, model):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Page)
    server.heard = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, capture = free_port(), folder.file('frames.pcapng')
    heard, stop = [], threading.Event()
    fetcher = threading.Thread(target=fetch_from_guest, args=(port, heard, server, stop))
    kernel, image = linux(folder, NAT_SCRIPT.replace('@PORT@', str(server.server_port)), model)
    adapter = ('{ interface_name = "outside", mode = "NAT", model = "%s", forwards = '
               '["tcp:%d:80"], capture = "%s" }' % (model, port, capture))
    fetcher.start()
    try:
        out, _ = machine.expect_status(machine.run(
            'run', '--accel', 'soft', '--memory', '256M', '--kernel', kernel, '--initrd', image,
            '--append', ARGUMENTS, '--set', f'devices.network_adapters=[{adapter}]',
            '--timeout', '580', seconds=600), 0)
    finally:
        stop.set()
        fetcher.join()
        server.shutdown()
    text = out.decode(errors='replace')
    machine.expect('lease eth0 10.0.2.15 router 10.0.2.2 dns 10.0.2.3' in text, text)
    machine.expect('PING-OK' in text, text)
    digest = subprocess.run(['md5sum'], input=PAGE, stdout=subprocess.PIPE,
                            check=True).stdout.split()[0].decode()
    machine.expect(digest in text, text)
    machine.expect(heard == [GREETING + '\n'], f'through the forwarded port came {heard}')
    check_capture(capture)


class Large(http.server.BaseHTTPRequestHandler):
    """Serves its server's data, and notes how far it is."""

    def do_GET(self):
        data = self.server.data
        self.send_response(200)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        for at in range(0, len(data), 65536):
            self.server.sent = at
            self.wfile.write(data[at:at + 65536])
        self.server.sent = None

    def log_message(self, format, *args):
        pass


def busy_ns(pid):
    """How long the threads of a process have run or waited for a processor."""
    total = 0
    for path in glob.glob(f'/proc/{pid}/task/*/schedstat'):
        try:
            with open(path, encoding='ascii') as file:
                ran, waited, _ = file.read().split()
            total += int(ran) + int(waited)
        except OSError:
            pass
    return total


def longest_stall(guest, server, seconds):
    """While GUEST runs: the longest time in which nothing was sent though there
    was something to send, and the machine did not even want a processor. A
    busy host cannot be taken for that."""
    longest, since, before = 0, time.monotonic(), (None, 0)
    end = since + seconds
    while guest.poll() is None and time.monotonic() < end:
        now = (server.sent, busy_ns(guest.pid))
        if now[0] is None or now[0] != before[0] or now[1] - before[1] > 5000000:
            since = time.monotonic()
        longest = max(longest, time.monotonic() - since)
        before = now
        time.sleep(0.1)
    return longest


def large(folder, model):
    """Many times what queues and windows hold, whole and without a pause."""
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Large)
    server.data, server.sent = random.Random(5).randbytes(LARGE_BYTES), None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    script = LARGE_SCRIPT.replace('@PORT@', str(server.server_port))
    kernel, image = linux(folder, script, model)
    serial = folder.file('serial')
    guest = subprocess.Popen(
        [machine.MULTIOS, 'run', '--accel', 'soft', '--memory', '256M', '--kernel', kernel,
         '--initrd', image, '--append', ARGUMENTS, '--serial', f'file:{serial}', '--set',
         'devices.network_adapters=[{ mode = "NAT", model = "%s" }]' % model, '--timeout', '580'],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        stall = longest_stall(guest, server, 600)
        _, error = guest.communicate(timeout=30)
    finally:
        guest.kill()
        guest.wait()
        server.shutdown()
    with open(serial, encoding='utf-8', errors='replace') as file:
        text = file.read()
    machine.expect(guest.returncode == 0, f'status {guest.returncode} {error} {text}')
    digest = subprocess.run(['md5sum'], input=server.data, stdout=subprocess.PIPE,
                            check=True).stdout.split()[0].decode()
    machine.expect(digest in text, text)
    machine.expect(stall < STALL_S, f'nothing moved for {stall:.1f} s')


def large_virtio(folder):
    large(folder, 'virtio')


def large_e1000(folder):
    large(folder, 'e1000')


def nat_virtio(folder):
    nat(folder, 'virtio')


def nat_e1000(folder):
    nat(folder, 'e1000')


def pair(folder):
    """Two machines of one program, one with each adapter."""
    files = []
    for me, other, talk, model in ((1, 2, LISTEN, 'virtio'), (2, 1, SEND, 'e1000')):
        script = PAIR_SCRIPT.replace('@TALK@', talk)
        script = script.replace('@ME@', str(me)).replace('@OTHER@', str(other))
        image = folder.file(f'initrd{me}')
        kernel = initramfs.build(image, script, ADAPTERS[model])
        files.append(folder.file(f'{me}.toml', f'''
name = "machine {me}"
memory_mb = 256
cpu.accel = "soft"
boot.kernel_path = "{kernel}"
boot.initrd_path = "{image}"
boot.kernel_args = "{ARGUMENTS}"
devices.serial = [ {{ mode = "file", path = "serial{me}" }} ]
[[devices.network_adapters]]
mode = "Internal"
network = "lab"
model = "{model}"
capture = "frames{me}.pcapng"
'''.encode()))
    program = os.path.join(machine.BUILD, 'tests', 'guests', 'run-together')
    done = subprocess.run([program, '800', *files], timeout=820, stderr=subprocess.PIPE)
    machine.expect(os.path.exists(folder.file('serial2')), done.stderr.decode())
    texts = []
    for me in (1, 2):
        with open(folder.file(f'serial{me}'), encoding='utf-8', errors='replace') as file:
            texts.append(file.read())
    machine.expect(done.returncode == 0, f'{done.stderr.decode()} {texts}')
    with open(initramfs.BUSYBOX, 'rb') as file:
        digest = subprocess.run(['md5sum'], input=file.read(300000), stdout=subprocess.PIPE,
                                check=True).stdout.split()[0].decode()
    for text in texts:
        machine.expect('PING-OK' in text and digest in text, texts)
    seen = tshark(folder.file('frames1.pcapng'), 'tcp.dstport == 99 && tcp.len > 0')
    machine.expect(seen is None or seen > 100, f'tshark finds {seen} segments')


def ipxe(folder):
    """The e1000's boot ROM gets an address."""
    if not os.path.exists('/usr/lib/ipxe/qemu/pxe-e1000.rom'):
        raise machine.Skip('the package ipxe-qemu is not installed')
    machine.expect_status(machine.run(
        'run', '--accel', 'soft', '--memory', '64M', '--net', 'nat', '--serial', 'none',
        '--set', 'devices.network_adapters[0].model=e1000',
        '--set', 'boot.boot_order=NetworkFirst', '--firmware', 'seabios',
        '--until-screen', r'net0: 10\.0\.2\.15/255\.255\.255\.0 gw 10\.0\.2\.2',
        '--timeout', '150', seconds=200), 0)


def mistakes(folder):
    """What cannot be is said with key and remedy, status 1 or 2."""
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, err = machine.run(
            'run', '--net', 'nat', '--set',
            f'devices.network_adapters[0].forwards=["tcp:{port}:22"]', '--timeout', '20')
    machine.expect(status == 1 and f'port {port} (TCP) of 127.0.0.1' in err and
                   'devices.network_adapters[0]' in err, f'{status} {err}')
    status, _, err = machine.run('run', '--net', 'nat', '--set',
                                 'devices.network_adapters[0].forwards=["tcp:22"]')
    machine.expect(status == 2 and 'forwards' in err and 'tcp:HOST:GUEST' in err, err)
    status, _, err = machine.run('run', '--net', 'nat', '--set',
                                 'devices.network_adapters[0].capture=/nowhere/at/all')
    machine.expect(status == 2 and '/nowhere/at/all' in err, f'{status} {err}')


CASES = [
    ('what is wrong with a network is said', mistakes),
    ('iPXE gets an address through the e1000', ipxe),
    ('virtio: NAT, a forwarded port, a capture', nat_virtio),
    ('e1000: NAT, a forwarded port, a capture', nat_e1000),
    ('virtio: 32 MiB without a stall', large_virtio),
    ('e1000: 32 MiB without a stall', large_e1000),
    ('two machines talk on an internal network', pair),
]

if __name__ == '__main__':
    if 'soft' not in machine.backends():
        CASES = [(name, machine.no_backend) for name, _ in CASES]
    machine.main(CASES)
