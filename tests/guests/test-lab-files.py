#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies beside the labs: the table of objectives names steps, checks and
quizzes that are there, and the research scripts collect what they say."""

import csv
import os
import re
import subprocess
import sys
import tempfile

MULTIOS = os.path.join(os.environ['MOS_BUILD_ROOT'], 'app', 'multios')
LABS = os.path.join(os.environ['MOS_SOURCE_ROOT'], 'tutorials', 'labs')
RESEARCH = os.path.join(LABS, 'research-projects', 'files')


def steps_of(lab):
    """Id → (objectives that it teaches, its quizzes and “check”)."""
    with open(os.path.join(LABS, lab, 'lab.md')) as file:
        parts = re.split(r'^## .*\{#([a-z0-9-]+)\}$', file.read(), flags=re.M)
    steps = {}
    for name, text in zip(parts[1::2], parts[2::2]):
        taught = re.findall(r'^```teaches (.*)$', text, re.M)
        asks = set(re.findall(r'^```quiz (\S+)$', text, re.M))
        if re.search(r'^```check$', text, re.M):
            asks.add('check')
        steps[name] = (taught, asks)
    return steps


def objectives():
    """What is wrong with the table."""
    bad, seen = [], {}
    with open(os.path.join(LABS, 'OBJECTIVES.md')) as file:
        rows = [[cell.strip() for cell in line.strip('|\n ').split('|')]
                for line in file if line.startswith('| ')][2:]
    labs = {name for name in os.listdir(LABS) if os.path.isdir(os.path.join(LABS, name))}
    for lab, objective, step, by in rows:
        steps = steps_of(lab) if lab in labs else {}
        seen.setdefault(lab, set()).add(step)
        if step not in steps:
            bad.append(f'{lab}: no step {step} for “{objective}”')
        elif not steps[step][0]:
            bad.append(f'{lab}: {step} says not what it teaches')
        elif by not in steps[step][1]:
            bad.append(f'{lab}: {step} has no {by} for “{objective}”')
    bad += [f'{lab} has no row' for lab in labs - set(seen)]
    return bad if len(labs) == 9 else [*bad, f'{len(labs)} labs, not nine']


def collect(name, columns, *words):
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run([sys.executable, os.path.join(RESEARCH, name, name + '.py'), *words],
                               cwd=folder, env={**os.environ, 'MULTIOS': MULTIOS}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        path = os.path.join(folder, name + '.csv')
        if ended.returncode != 0 or not os.path.exists(path):
            return [ended.stdout[-500:]]
        with open(path, newline='') as file:
            rows = list(csv.DictReader(file))
    if not rows or list(rows[0]) != columns:
        return [f'columns {list(rows[0]) if rows else rows}']
    return [] if all(float(row[columns[-1]]) != 0 for row in rows) else [f'zeros in {rows}']


def main():
    tests = [
        ('objectives', objectives),
        ('nested cost', lambda: collect(
            'nested-cost', ['depth', 'run', 'count', 'cycles_per_exit', 'instructions_per_exit'],
            '--depths', '2', '3', '--runs', '1', '--count', '200')),
        ('memory policy', lambda: collect(
            'memory-policy', ['guest', 'policy', 'pages', 'kept_bytes', 'us_per_page'],
            '--guests', 'monitor', '--memory', '32')),
        ('device accuracy', lambda: collect(
            'device-accuracy', ['hz', 'run', 'expected_s', 'measured_s', 'error_percent'],
            '--hz', '100', '--runs', '1')),
    ]
    print(f'1..{len(tests)}')
    failures = 0
    for number, (name, test) in enumerate(tests, 1):
        bad = test()
        failures += bool(bad)
        print(f"{'not ok' if bad else 'ok'} {number} {name}")
        for line in bad:
            print('# ' + line.replace('\n', '\n# '))
            print(f'{name}: {line}', file=sys.stderr)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
