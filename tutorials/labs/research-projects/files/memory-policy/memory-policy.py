#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies of memory compression would save: looks, and calculates.

Starts guests, reads their memory page by page while they run (from this
script's own child processes, through /proc), and writes for each guest and
policy into memory-policy.csv how many bytes would be kept and what it costs:

    none    every page as it is
    zero    pages of zeros are left out
    same    pages that are the same are kept once
    zlib    what is left is compressed if it shrinks to half or less"""

import argparse
import csv
import os
import subprocess
import tempfile
import time
import zlib

MULTIOS = os.environ.get('MULTIOS', 'multios')
PAGE = 4096
POLICIES = ['none', 'zero', 'same', 'zlib']
COLUMNS = ['guest', 'policy', 'pages', 'kept_bytes', 'us_per_page']
GUESTS = {
    'simple-boot': (['--guest', 'simple-boot'], 'ready'),
    'monitor': (['--guest', 'monitor'], 'ready'),
    'workload': (['--guest', 'workload:work=pages'], 'done'),
}


def wait_for(path, text):
    for _ in range(600):
        with open(path) as file:
            if text in file.read():
                return
        time.sleep(0.1)
    raise SystemExit(f'the guest never said {text}')


def pages_of(process):
    """The guest's memory: the mapping that the program calls ram."""
    with open(f'/proc/{process}/maps') as maps:
        lines = [line for line in maps if 'memfd:ram' in line]
    with open(f'/proc/{process}/mem', 'rb') as memory:
        for line in lines:
            begin, end = (int(word, 16) for word in line.split()[0].split('-'))
            memory.seek(begin)
            for _ in range(begin, end, PAGE):
                yield memory.read(PAGE)


def look(words, text, megabytes):
    with tempfile.TemporaryDirectory() as folder:
        serial = os.path.join(folder, 'serial')
        open(serial, 'w').close()
        child = subprocess.Popen([MULTIOS, 'run', '--accel', 'soft', '--memory', str(megabytes),
                                  *words, '--serial', f'file:{serial}', '--timeout', '120'],
                                 stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(serial, text)
            return list(pages_of(child.pid))
        finally:
            child.terminate()
            child.wait()


def keep(policy, pages):
    """Bytes that are kept."""
    seen, kept, zero = set(), 0, bytes(PAGE)
    for page in pages:
        if policy != 'none' and page == zero:
            continue
        if policy in ('same', 'zlib'):
            if page in seen:
                continue
            seen.add(page)
        small = len(zlib.compress(page, 1)) if policy == 'zlib' else PAGE
        kept += small if small <= PAGE // 2 else PAGE
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--guests', nargs='+', choices=sorted(GUESTS), default=sorted(GUESTS))
    parser.add_argument('--memory', type=int, default=64, help='MiB of each guest')
    parser.add_argument('--output', default='memory-policy.csv')
    options = parser.parse_args()

    with open(options.output, 'w', newline='') as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for guest in options.guests:
            pages = look(*GUESTS[guest], options.memory)
            for policy in POLICIES:
                begin = time.perf_counter()
                kept = keep(policy, pages)
                spent = (time.perf_counter() - begin) / len(pages)
                writer.writerow(dict(zip(COLUMNS, (guest, policy, len(pages), kept,
                                                   round(spent * 1e6, 2)))))
                print(f'{guest} {policy}: {kept / (len(pages) * PAGE):.1%} kept')


if __name__ == '__main__':
    main()
