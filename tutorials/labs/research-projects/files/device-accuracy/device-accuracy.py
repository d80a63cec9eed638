#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How exact the model of the timer chip is: measures it against its data sheet.

The guest workload counts as many timer interrupts as the chip makes in a
second by its data sheet (the 8254 divides 1,193,182 Hz by a whole number).
This script takes the time between the guest's two lines with the host's clock
and writes one row a run into device-accuracy.csv."""

import argparse
import csv
import os
import subprocess
import time

MULTIOS = os.environ.get('MULTIOS', 'multios')
CHIP_HZ = 1193182
COLUMNS = ['hz', 'run', 'expected_s', 'measured_s', 'error_percent']


def measure(hz):
    child = subprocess.Popen([MULTIOS, 'run', '--accel', 'soft', '--memory', '64',
                              '--guest', f'workload:work=tick,hz={hz}',
                              '--until-serial', 'workload: done', '--timeout', '60'],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    begin = None
    for line in child.stdout:
        now = time.monotonic()
        if b'begins' in line:
            begin = now
        if b'done' in line and begin is not None:
            child.wait()
            return now - begin
    raise SystemExit(f'{hz} Hz: the guest did not end')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hz', type=int, nargs='+', default=[20, 100, 1000, 5000])
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--output', default='device-accuracy.csv')
    options = parser.parse_args()

    with open(options.output, 'w', newline='') as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for hz in options.hz:
            expected = hz * (CHIP_HZ // hz) / CHIP_HZ
            for run in range(options.runs):
                measured = measure(hz)
                error = 100 * (measured - expected) / expected
                writer.writerow(dict(zip(COLUMNS, (hz, run, round(expected, 6),
                                                   round(measured, 6), round(error, 3)))))
                print(f'{hz} Hz run {run}: off by {error:.2f} %')


if __name__ == '__main__':
    main()
