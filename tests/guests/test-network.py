#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's kernel on the network: an address by DHCP, the gateway, names, a web
server of the host's loopback, a forwarded port, restricted and limited
adapters, another machine, a capture, iPXE.
"""

import glob
import http.server
import os
import random
import shutil
import socket
import socketserver
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
# eth0 is restricted, eth1 has limits. Names are asked of the host's resolver.
RULES_SCRIPT = '''
ip link set eth0 up
udhcpc -n -q -i eth0 -t 10 -T 1
ping -c 1 10.0.2.2 >/dev/null && echo PING-OK
timeout 4 wget -q -O /dev/null http://10.0.2.2:@PORT@/refused || echo PAGE-REFUSED
timeout 4 nslookup lab.test 10.0.2.3 >/tmp/name || echo NAME-REFUSED
cat /tmp/name
echo "echo '@GREETING@'; read line && echo >/tmp/heard" >/tmp/greet
nc -ll -p 80 -e sh /tmp/greet &
while ! [ -e /tmp/heard ]; do sleep 1; done
ip addr flush dev eth0
ip link set eth0 down
ip link set eth1 up
udhcpc -n -q -i eth1 -t 10 -T 1
nslookup lab.test 10.0.2.3
wget -q -O - http://10.0.2.2:@PORT@/limited | wc -c
wget -q -O /dev/null http://10.0.2.2:@PORT@/got
head -c @BYTES@ /bin/busybox | nc 10.0.2.2 @SINK@
'''
RECEIVE_KB_PER_S, SEND_KB_PER_S = 400, 300
LIMITED_BYTES = 600000
LEAST_OF_TIME = 0.75  # what was saved up before may go at once
# From RFC 5737: nobody has it.
ADDRESS = '192.0.2.7'
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
                    link.sendall(b'heard\n')
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


class Rules(http.server.BaseHTTPRequestHandler):
    """Notes what is asked for and when."""

    def do_GET(self):
        self.server.asked[self.path] = time.monotonic()
        data = bytes(LIMITED_BYTES if self.path == '/limited' else 0)
        self.send_response(200)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        pass


class Names(socketserver.BaseRequestHandler):
    """A name server that has one address for every name."""

    def handle(self):
        query, link = self.request
        question = query[12:query.index(b'\0', 12) + 5]
        answers = question[-4:] == b'\0\x01\0\x01'  # A, IN
        link.sendto(query[:2] + b'\x81\x80\0\x01\0' + bytes([answers]) + bytes(4) + question
                    + (b'\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04'
                       + socket.inet_aton(ADDRESS)) * answers, self.client_address)


def name_server(folder):
    """One for this test and what starts a program that asks it, or None: only
    root may open the port, and have a resolv.conf for one program."""
    if os.geteuid() != 0:
        return None
    address = f'127.5.{os.getpid() >> 8 & 255}.{os.getpid() & 255 or 1}'
    path = folder.file('resolv.conf', f'nameserver {address}\n'.encode())
    start = ['unshare', '--mount', 'sh', '-c',
             'mount --bind "$0" /etc/resolv.conf && exec "$@"', path]
    if subprocess.run([*start, 'true'], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return None
    server = socketserver.UDPServer((address, 53), Names)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, start


def sink(listener, times):
    """Swallows what one connection sends; notes how much and how long."""
    link, _ = listener.accept()
    since, total = time.monotonic(), 0
    with link:
        while chunk := link.recv(65536):
            total += len(chunk)
    times.append((total, time.monotonic() - since))


def rules(folder):
    """What is restricted reaches nothing, what has a limit keeps it. A busy host
    only makes it slower, so only the fastest is looked at."""
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Rules)
    server.asked, server.heard = {}, threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listener, times, names = socket.create_server(('127.0.0.1', 0)), [], name_server(folder)
    threading.Thread(target=sink, args=(listener, times), daemon=True).start()
    port, heard, stop = free_port(), [], threading.Event()
    fetcher = threading.Thread(target=fetch_from_guest, args=(port, heard, server, stop))
    script = RULES_SCRIPT
    for word, value in (('PORT', server.server_port), ('GREETING', GREETING),
                        ('SINK', listener.getsockname()[1]), ('BYTES', LIMITED_BYTES)):
        script = script.replace(f'@{word}@', str(value))
    kernel, image = linux(folder, script, 'virtio')
    adapters = ('[{ mode = "NAT", restricted = true, forwards = ["tcp:%d:80"] }, { mode = "NAT", '
                'receive_kb_per_s = %d, send_kb_per_s = %d }]'
                % (port, RECEIVE_KB_PER_S, SEND_KB_PER_S))
    fetcher.start()
    try:
        done = subprocess.run(
            [*(names[1] if names else []), machine.MULTIOS, 'run', '--accel', 'soft', '--memory',
             '256M', '--kernel', kernel, '--initrd', image, '--append', ARGUMENTS, '--set',
             f'devices.network_adapters={adapters}', '--timeout', '580'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
            check=False)
    finally:
        stop.set()
        fetcher.join()
        server.shutdown()
        listener.close()
        if names:
            names[0].shutdown()
            names[0].server_close()
    text = done.stdout.decode(errors='replace')
    machine.expect(done.returncode == 0, f'status {done.returncode} {done.stderr} {text}')
    for word in ('PING-OK', 'PAGE-REFUSED', 'NAME-REFUSED'):
        machine.expect(word in text, f'no {word}: {text}')
    machine.expect('/refused' not in server.asked, 'a restricted guest reached the host')
    machine.expect(heard == [GREETING + '\n'], f'through the forwarded port came {heard}')
    if names:
        machine.expect(text.count(ADDRESS) == 1, f'names: {text}')
    else:
        print('# names were not asked for: it needs root and a mount namespace', flush=True)
    machine.expect(f'\n{LIMITED_BYTES}\r' in text and times and times[0][0] == LIMITED_BYTES,
                   f'not all came: {times} {text}')
    took = server.asked['/got'] - server.asked['/limited']
    print(f'# received {LIMITED_BYTES / took / 1000:.0f} of {RECEIVE_KB_PER_S} kB/s, '
          f'sent {LIMITED_BYTES / times[0][1] / 1000:.0f} of {SEND_KB_PER_S} kB/s', flush=True)
    for seconds, limit in ((took, RECEIVE_KB_PER_S), (times[0][1], SEND_KB_PER_S)):
        machine.expect(seconds > LIMITED_BYTES / limit / 1000 * LEAST_OF_TIME,
                       f'{limit} kB/s is the limit: {LIMITED_BYTES} bytes took {seconds} s')


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
    ('restricted and limited adapters, names', rules),
    ('virtio: 32 MiB without a stall', large_virtio),
    ('e1000: 32 MiB without a stall', large_e1000),
    ('two machines talk on an internal network', pair),
]

if __name__ == '__main__':
    if 'soft' not in machine.backends():
        CASES = [(name, machine.no_backend) for name, _ in CASES]
    machine.main(CASES)
