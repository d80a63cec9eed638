#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays every lab that ships by its own solutions: from the first step to the
last, and each step by itself. A check must be false before and true after; in
between, the first time, wrong answers and the step's mistake must leave it
false, and the mistake be noticed by words of the author's.

Guests wait for their clocks most of the time, so some labs play beside each
other, each in a folder of its own."""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

MULTIOS = os.path.join(os.environ['MOS_BUILD_ROOT'], 'app', 'multios')
PLAYERS = 4


def multios(*words):
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run([MULTIOS, 'tutorial', *words], text=True,
                              env=dict(os.environ, XDG_DATA_HOME=home),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def play(lab, *words):
    """What did not go well, as text; empty if all did."""
    ended = multios('run', lab, '--json', '--accel', 'soft', *words)
    try:
        steps = json.loads(ended.stdout)
    except ValueError:
        return ended.stderr.strip() or 'no output'
    bad = [f"{s['step']}: {s['result']}: {s.get('why', '')}" for s in steps
           if s['result'] != 'ok']
    return '; '.join(bad) or ('' if steps and ended.returncode == 0 else 'nothing was played')


def lint(lab):
    return multios('lint', lab).stderr.strip()


def main():
    labs = [lab['id'] for lab in json.loads(multios('list', '--json').stdout) if lab['shipped']]
    failures = 0
    print(f'1..{3 * len(labs)}', flush=True)
    with concurrent.futures.ThreadPoolExecutor(PLAYERS) as players:
        results = [(lab, what, players.submit(function, lab, *words)) for lab in labs
                   for what, function, *words in (('lint', lint),
                                                  ('whole, with mistakes', play, '--mistakes'),
                                                  ('each step', play, '--each'))]
        for number, (lab, what, future) in enumerate(results, 1):
            result = future.result()
            failures += result != ''
            print(f"{'not ok' if result else 'ok'} {number} {lab}: {what}", flush=True)
            if result:
                print(f'# {result}', flush=True)
    return 1 if failures or not labs else 0


if __name__ == '__main__':
    sys.exit(main())
