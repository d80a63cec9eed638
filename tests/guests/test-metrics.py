# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest that does a known number of each thing, and every counter says so.

The same number comes out as --stats, JSON, CSV, Prometheus text, HTML and PDF;
a profile of a guest with known shares has those shares; a trace is valid.
"""

import csv
import json
import os
import re
import struct

from guests import machine
from guests.machine import BUILD, expect, expect_status, run

CPUIDS, OUTS, INS, UNDEFINED, DIVIDES, STORES, BYTES = 1000, 700, 300, 40, 25, 50, 60


def loop(count, body):
    """mov si, COUNT; again: BODY; dec si; jnz again"""
    back = -(len(body) + 3)
    return (b'\xbe' + count.to_bytes(2, 'little') + body + b'\x4e\x75'
            + (back & 0xff).to_bytes(1, 'little'))


def guest():
    """Real mode at 0:7c00. Both faults' handlers skip two bytes."""
    handler = b'\x55\x89\xe5\x83\x46\x02\x02\x5d\xcf'  # push bp; mov bp, sp; add [bp+2], 2 …
    start = (b'\xeb' + bytes([len(handler)]) + handler
             + b'\x31\xc0\x8e\xd8\x8e\xd0\xbc\x00\x70'      # ds, ss = 0; sp = 7000
             + b'\xc7\x06\x18\x00\x02\x7c\xc7\x06\x1a\x00\x00\x00'  # vector 6
             + b'\xc7\x06\x00\x00\x02\x7c\xc7\x06\x02\x00\x00\x00'  # vector 0
             + b'\xb8\x00\xb8\x8e\xc0')                     # es = b800
    return (start
            + loop(CPUIDS, b'\x66\x31\xc0\x0f\xa2')         # xor eax, eax; cpuid
            + loop(OUTS, b'\xe6\x80') + loop(INS, b'\xe4\x80')
            + loop(UNDEFINED, b'\x0f\x0b') + loop(DIVIDES, b'\x31\xc9\xf7\xf1')
            + loop(STORES, b'\x26\xa2\x00\x00')             # mov es:[0], al
            + b'\xba\xf8\x03\xb0\x2e' + loop(BYTES, b'\xee')
            + machine.debug_exit(0x10))


def report(folder, accel, ending, *more):
    path = folder.file('report.' + ending)
    expect_status(run('run', '--kernel', folder.file('guest', guest()), '--accel', accel,
                      '--serial', 'none', '--net', 'none', '--debug-exit', '--timeout', '30',
                      '--deterministic', '--report', path, *more), 33)
    with open(path, 'rb') as file:
        return file.read()


def as_dict(metrics):
    """{(name, device, label): sum over vCPUs} of the JSON's list."""
    sums = {}
    for row in metrics:
        label = next((row[k] for k in ('reason', 'vector', 'le_us', 'statistic') if k in row), '')
        key = (row['name'], row.get('device', ''), label)
        sums[key] = sums.get(key, 0) + row['value']
    return sums


EXACT = {
    ('exits', '', 'cpuid'): CPUIDS,
    ('exits', '', 'port-in'): INS,
    ('exits', '', 'port-out'): OUTS + BYTES + 1,
    ('exits', '', 'mmio-write'): STORES,
    ('faults', '', '6'): UNDEFINED,
    ('faults', '', '0'): DIVIDES,
    ('device_writes', 'serial0', ''): BYTES,
    ('device_bytes', 'serial0', ''): BYTES,
}


def counts(folder):
    stats = folder.file('stats.json')
    text = report(folder, 'soft', 'json', '--stats', stats)
    document = json.loads(text)
    found = as_dict(document['metrics'])
    for key, wanted in EXACT.items():
        expect(found.get(key) == wanted, f'{key}: {found.get(key)}, not {wanted}')
    with open(stats) as file:
        by_stats = json.load(file)
    for row in by_stats['exits']:
        if row['level'] == 1:
            key = ('exits', '', row['reason'])
            expect(found.get(key) == row['count'], f'--stats says {row}, the report {found[key]}')
    for row in by_stats['devices']:
        said = found.get(('device_bytes', row['name'], ''), 0)
        expect(said == row['bytes'], f'--stats says {row}, the report {said}')
    expect(found[('instructions', '', '')] == by_stats['guest_instructions'], 'instructions')
    expect(any('port 0x80' in line for line in document['advice']), document['advice'])


def resets(folder):
    """Counts itself in CMOS; asks the keyboard controller for a reset six times."""
    code = (b'\xb0\x50\xe6\x70\xe4\x71\xfe\xc0\x88\xc3'  # al = ++cmos[50]; bl = al
            b'\xb0\x50\xe6\x70\x88\xd8\xe6\x71'
            b'\x80\xfb\x07\x74\x05'                      # the seventh life ends
            b'\xb0\xfe\xe6\x64\xf4' + machine.debug_exit(0x10))
    path = folder.file('resets.json')
    expect_status(run('run', '--kernel', folder.file('resetter', code), '--accel', 'soft',
                      '--serial', 'none', '--net', 'none', '--debug-exit', '--timeout', '30',
                      '--report', path), 33)
    with open(path) as file:
        found = as_dict(json.load(file)['metrics'])
    expect(found.get(('resets', '', '')) == 6, f"{found.get(('resets', '', ''))} resets, not 6")


def captured(path):
    """{sent: (frames, bytes)} of a pcapng file, by the flags of its packets."""
    sums = {True: [0, 0], False: [0, 0]}
    with open(path, 'rb') as file:
        data = file.read()
    at = 0
    while at < len(data):
        kind, total = struct.unpack_from('=II', data, at)
        if kind == 6:  # an enhanced packet block
            kept, size = struct.unpack_from('=II', data, at + 20)
            option, _, flags = struct.unpack_from('=HHI', data, at + 28 + (kept + 3) // 4 * 4)
            expect(option == 2, f'option {option} where the flags should be')
            sums[flags & 3 == 2][0] += 1
            sums[flags & 3 == 2][1] += size
        at += total
    return {sent: tuple(pair) for sent, pair in sums.items()}


def traffic(folder):
    """Frames and sectors, as the guest, the capture and every format count them."""
    elf = os.path.join(BUILD, 'tests/guests/asm/traffic.elf')
    disk, capture = folder.file('disk', b'multios ' * 131072), folder.file('frames.pcapng')
    for ending in ('json', 'csv', 'prom'):
        path = folder.file('traffic.' + ending)
        status, out, err = run(
            'run', '--kernel', elf, '--accel', 'soft', '--memory', '64M', '--debug-exit',
            '--disk', disk + ',format=raw,bus=ide', '--timeout', '60', '--report', path, '--set',
            'devices.network_adapters=[{ mode = "NAT", model = "e1000", capture = "%s" }]'
            % capture, seconds=90)
        expect(status == 33, f'status {status}: {err}')
        said = {key: int(value, 16)
                for key, value in re.findall(r'^(\w+ \w+): ([0-9a-f]+)', out.decode(), re.M)}
        wanted = {
            'net_tx_frames': said['frames sent'], 'net_tx_bytes': said['bytes sent'],
            'net_rx_frames': said['frames received'], 'net_rx_bytes': said['bytes received'],
            'net_dropped': 0, 'disk_reads': 5, 'disk_writes': 3 + 1, 'disk_errors': 0,
            'disk_read_bytes': said['bytes read'], 'disk_write_bytes': said['bytes written'],
        }
        expect(said['frames sent'] == 150 and said['frames received'] >= 150, out)
        frames = captured(capture)
        expect(frames == {True: (said['frames sent'], said['bytes sent']),
                          False: (said['frames received'], said['bytes received'])},
               f'{said}, but in the capture there are {frames}')
        with open(path) as file:
            found = by_device(file.read(), ending)
        for name, value in wanted.items():
            expect(found.get(name, 0) == value, f'{ending}: {name} {found.get(name)}, not {value}')
        expect(found['disk_latency'] == 9, f"{ending}: {found['disk_latency']} latencies")


def by_device(text, ending):
    """{name: sum} of what drive0 and net0 have in a report."""
    sums = {}
    if ending == 'json':
        rows = [(row['name'], row.get('device'), row['value'])
                for row in json.loads(text)['metrics']]
    elif ending == 'csv':
        rows = [(row['metric'], row['device'], row['value'])
                for row in csv.DictReader(text.splitlines())]
    else:
        rows = [(re.sub('_total$', '', name), device, value) for name, device, value in
                re.findall(r'^multios_(\w+){.*?device="(\w+)".*?} (\d+)$', text, re.M)]
        # A histogram's rows are sums of those before them there.
        rows = [row for row in rows if not re.search('_(bucket|sum|count)$', row[0])] + [
            (row[0][:-len('_seconds_count')], *row[1:]) for row in rows
            if row[0].endswith('_latency_seconds_count')]
    for name, device, value in rows:
        if device in ('drive0', 'net0'):
            sums[name] = sums.get(name, 0) + int(value)
    return sums


def csv_agrees(folder):
    rows = list(csv.DictReader(report(folder, 'soft', 'csv').decode().splitlines()))
    found = {}
    for row in rows:
        key = (row['metric'], row['device'], row['label'])
        found[key] = found.get(key, 0) + int(row['value'])
    for key, wanted in EXACT.items():
        expect(found.get(key) == wanted, f'{key}: {found.get(key)}, not {wanted}')


def prometheus_agrees(folder):
    text = report(folder, 'soft', 'prom').decode()
    found = {}
    for line in text.splitlines():
        if line.startswith('#'):
            continue
        match = re.fullmatch(r'(\w+)(?:\{(.*)\})? (-?[\d.]+)', line)
        expect(match, f'no Prometheus line: {line}')
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ''))
        key = (match[1], labels.get('device', ''), labels.get('reason', labels.get('vector', '')))
        found[key] = found.get(key, 0) + float(match[3])
    for (name, device, label), wanted in EXACT.items():
        name = {'exits': 'multios_exits_total', 'faults': 'multios_faults_total',
                'device_writes': 'multios_device_writes_total',
                'device_bytes': 'multios_device_bytes_total'}[name]
        expect(found.get((name, device, label)) == wanted,
               f'{name} {device} {label}: {found.get((name, device, label))}, not {wanted}')
    for name in re.findall(r'^# TYPE (\w+) ', text, re.M):
        expect(re.search(rf'^# HELP {name} ', text, re.M), f'{name} has no help')


def documents(folder):
    text = report(folder, 'soft', 'html').decode()
    expect(not re.search(r'(src|href)="(?!data:)', text), 'the page needs something from outside')
    for (name, device, label), wanted in EXACT.items():
        if name == 'exits':
            expect(re.search(rf'<td>{label}</td>.*?<td class=n>{wanted}</td>', text),
                   f'the exit table lacks {label} {wanted}')
    expect('data:image/svg+xml;base64,' in text, 'there is no graph')
    pdf = report(folder, 'soft', 'pdf')
    expect(pdf.startswith(b'%PDF-') and b'%%EOF' in pdf[-32:], 'this is no PDF')


def formats(folder):
    path = folder.file('report.doc')
    status, _, err = run('run', '--kernel', folder.file('guest', guest()), '--accel', 'soft',
                         '--serial', 'none', '--debug-exit', '--timeout', '30', '--report', path)
    expect('html, pdf, json, csv, prom' in err, err)
    expect(status in (1, 33), f'status {status}')


def trace(folder):
    path = folder.file('trace.json')
    expect_status(run('run', '--kernel', folder.file('guest', guest()), '--accel', 'soft',
                      '--serial', 'none', '--net', 'none', '--debug-exit', '--timeout', '30',
                      '--trace', path, '--trace-filter', 'exit,fault reason=cpuid,port-in'), 33)
    with open(path) as file:
        events = json.load(file)['traceEvents']
    names = [e['name'] for e in events if e['ph'] == 'i']
    expect(names.count('cpuid') == CPUIDS, f'{names.count("cpuid")} CPUIDs')
    expect(names.count('port-in') == INS, f'{names.count("port-in")} INs')
    expect(names.count('#UD') == UNDEFINED, f'{names.count("#UD")} #UDs')
    expect('port-out' not in names, 'the filter let OUT through')
    places = {e['args']['a'] for e in events if e['name'] == 'cpuid'}
    expect(len(places) == 1, f'one CPUID is at {places}')
    times = [e['ts'] for e in events if e['ph'] == 'i']
    expect(times == sorted(times), 'the events are not in order')
    _, err = expect_status(run('run', '--trace-filter', 'nonsense'), 2)
    expect('nonsense' in err, err)


def exits_by_instruction(folder):
    path = folder.file('exits.folded')
    expect_status(run('run', '--kernel', folder.file('guest', guest()), '--accel', 'soft',
                      '--serial', 'none', '--net', 'none', '--debug-exit', '--timeout', '30',
                      '--profile', 'exits:' + path), 33)
    with open(path) as file:
        lines = file.read()
    # The profile begins when the guest already runs, so it may miss the start.
    for line in lines.splitlines():
        expect(re.fullmatch(r'[\w-]+;0x[0-9a-f]+ \d+', line), line)


def shares(folder):
    elf = os.path.join(BUILD, 'tests/guests/asm/known-shares.elf')
    path = folder.file('cpu.json')
    expect_status(run('run', '--kernel', elf, '--accel', 'soft', '--serial', 'none', '--net',
                      'none', '--timeout', '12', '--profile', 'cpu:' + path, '--symbols', elf,
                      seconds=90), 124)
    with open(path) as file:
        profile = json.load(file)
    sums = {}
    for stack, count in profile['stacks'].items():
        name = stack.split(';')[-1]
        sums[name] = sums.get(name, 0) + count
    total = sum(sums.values())
    print(f'# {total} samples: {sums}', flush=True)
    if total < 400:  # of 3,000: there is no processor to be had
        raise machine.Skip(f'only {total} samples: this computer is too busy')
    for name, share in (('takes_half', 50), ('takes_three_tenths', 30), ('takes_a_fifth', 20)):
        found = 100 * sums.get(name, 0) / total
        # Two points, and what chance adds to so many samples (three sigmas).
        slack = 2 + 300 * (share / 100 * (1 - share / 100) / total) ** .5
        expect(abs(found - share) <= slack, f'{name}: {found:.1f} %, not {share} %')


def levels(folder):
    stats, path, trace = (folder.file(name) for name in ('stats.json', 'report.json', 'trace.json'))
    status, _, err = run('run', '--guest', 'matryoshka:depth=3,work=cpuid,count=500,exit=1',
                         '--accel', 'soft', '--set', 'features.nested=true', '--serial', 'none',
                         '--net', 'none', '--debug-exit', '--timeout', '60', '--stats', stats,
                         '--report', path, '--trace', trace, '--trace-filter', 'level',
                         seconds=90)
    expect(status % 2 == 1, f'status {status}: {err}')
    with open(stats) as file:
        wanted = {(e['level'], e['reason'], e['handled_by']): e['count']
                  for e in json.load(file)['exits']}
    found = {}
    with open(path) as file:
        for row in json.load(file)['metrics']:
            if row['name'] == 'exits':
                key = (row['level'], row['reason'], row['handled_by'])
                found[key] = found.get(key, 0) + row['value']
    expect(found == wanted, f'{sorted(found.items())} is not {sorted(wanted.items())}')
    expect(sum(n for (level, reason, _), n in found.items()
               if level >= 2 and reason == 'cpuid') >= 500, f'{sorted(found.items())}')
    check_nesting(trace, wanted)


def check_nesting(path, wanted):
    """The levels of a trace: who is entered is left before another is, and each
    leaving is an exit that is counted."""
    with open(path) as file:
        events = [e for e in json.load(file)['traceEvents'] if e['ph'] == 'i']
    left, inside = {}, None
    for event in events:
        enters, level, reason = re.fullmatch(r'(enter|leave) level (\d+)(?:: ([\w-]+))?',
                                             event['name']).groups()
        expect(int(level) == event['args']['level'], event)
        if enters == 'enter':
            expect(inside is None, f'{event} while in level {inside}')
            inside = level
        else:
            expect(inside == level, f'{event} while in level {inside}')
            left[int(level), reason] = left.get((int(level), reason), 0) + 1
            inside = None
    counted = {}
    for (level, reason, by), count in wanted.items():
        if by > 0:  # the others are taken without leaving the guest's level
            counted[level, reason] = counted.get((level, reason), 0) + count
    expect(left == counted, f'{sorted(left.items())} is not {sorted(counted.items())}')


def report_command(folder):
    environment = dict(os.environ)
    try:
        os.environ['XDG_STATE_HOME'] = folder.path
        os.environ['XDG_DATA_HOME'] = folder.path
        status, _, err = run('report')
        expect(status == 1 and 'samples' in err, f'{status} {err}')
        status, _, err = run('report', '--last', 'long')
        expect(status == 2, f'{status} {err}')
    finally:
        os.environ.clear()
        os.environ.update(environment)


machine.main([
    ('every counter is exact', counts),
    ('resets are counted', resets),
    ('frames and sectors are counted', traffic),
    ('CSV says the same', csv_agrees),
    ('Prometheus text says the same', prometheus_agrees),
    ('HTML and PDF say the same', documents),
    ('a format that is none', formats),
    ('a filtered trace', trace),
    ('exits by instruction', exits_by_instruction),
    ('a profile has the known shares', shares),
    ('every level has its own', levels),
    ('multios report without samples', report_command),
])
