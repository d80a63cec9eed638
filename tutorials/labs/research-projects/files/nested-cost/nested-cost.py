#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exit costs at each depth of nesting: measures, and fits a model.

Runs the guest matryoshka at several depths, lets its innermost level leave
often, and writes one row a run into nested-cost.csv. Then it fits

    cost (depth) = base * factor ^ (depth - 1)

by least squares over the logarithms and says how far it is off."""

import argparse
import csv
import json
import math
import os
import re
import subprocess
import tempfile

MULTIOS = os.environ.get('MULTIOS', 'multios')
COLUMNS = ['depth', 'run', 'count', 'cycles_per_exit', 'instructions_per_exit']


def measure(depth, count):
    with tempfile.TemporaryDirectory() as folder:
        stats = os.path.join(folder, 'stats.json')
        ended = subprocess.run(
            [MULTIOS, 'run', '--accel', 'soft', '--memory', '512', '--set', 'features.nested=true',
             '--guest', f'matryoshka:depth={depth},work=cpuid,count={count},exit=1',
             '--debug-exit', '--timeout', '120', '--stats', stats],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        told = re.search(r'work done, count (\d+) cycles (\d+)', ended.stdout)
        if told is None:
            raise SystemExit(f'depth {depth}: no result\n{ended.stdout}{ended.stderr}')
        with open(stats) as file:
            instructions = json.load(file)['guest_instructions']
    return int(told[2]) / int(told[1]), instructions / count


def fit(rows):
    """Base, factor, and the largest relative error."""
    points = [(int(row['depth']) - 1, math.log(float(row['instructions_per_exit'])))
              for row in rows]
    n, sx, sy = len(points), sum(x for x, _ in points), sum(y for _, y in points)
    sxx, sxy = sum(x * x for x, _ in points), sum(x * y for x, y in points)
    slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    start = (sy - slope * sx) / n
    error = max(abs(math.exp(start + slope * x - y) - 1) for x, y in points)
    return math.exp(start), math.exp(slope), error


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--depths', type=int, nargs='+', default=[2, 3, 4])
    parser.add_argument('--runs', type=int, default=4)
    parser.add_argument('--count', type=int, default=2000)
    parser.add_argument('--output', default='nested-cost.csv')
    options = parser.parse_args()

    rows = []
    for depth in options.depths:
        for run in range(options.runs):
            cycles, instructions = measure(depth, options.count)
            rows.append(dict(zip(COLUMNS, (depth, run, options.count, round(cycles, 1),
                                           round(instructions, 1)))))
            print(f'depth {depth} run {run}: {instructions:.1f} instructions an exit')
    with open(options.output, 'w', newline='') as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    if len(options.depths) > 1:
        base, factor, error = fit(rows)
        print(f'model: {base:.1f} * {factor:.2f} ^ (depth - 1), off by at most {100 * error:.0f} %')


if __name__ == '__main__':
    main()
