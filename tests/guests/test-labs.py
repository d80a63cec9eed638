#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays every lab that ships by its own solutions: from the first step to the
last, and each step by itself. A check must be false before and true after; in
between, the first time, wrong answers and the step's mistake must leave it
false, and the mistake be noticed by words of the author's."""

import json
import os
import subprocess
import sys
import tempfile

MULTIOS = os.path.join(os.environ['MOS_BUILD_ROOT'], 'app', 'multios')


def multios(*words):
    return subprocess.run([MULTIOS, 'tutorial', *words], text=True,
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


def main():
    labs = [lab['id'] for lab in json.loads(multios('list', '--json').stdout) if lab['shipped']]
    number, failures = 0, 0
    print(f'1..{3 * len(labs)}')
    for lab in labs:
        for what, result in (('lint', multios('lint', lab).stderr.strip()),
                             ('whole, with mistakes', play(lab, '--mistakes')),
                             ('each step', play(lab, '--each'))):
            number += 1
            failures += result != ''
            print(f"{'not ok' if result else 'ok'} {number} {lab}: {what}")
            if result:
                print(f'# {result}')
    return 1 if failures or not labs else 0


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as home:
        os.environ['XDG_DATA_HOME'] = home
        sys.exit(main())
