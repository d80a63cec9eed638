# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lints share: finding files, exception lists, reporting in TAP.

A lint hands its findings to report() as a dictionary: rule -> list of
(key, explanation).  A key that stands in exceptions/<lint>.txt is forgiven,
and a key that stands there without need is a finding of its own, so that the
lists only shrink.  A line of such a list is "KEY  # why".
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# test-lint.py plants faults in a tree of its own.
ROOT = os.environ.get('MOS_LINT_ROOT') or os.path.dirname(os.path.dirname(HERE))


def files(*suffixes, under=''):
    """Paths from the root, sorted, of our files that end in one of SUFFIXES."""
    found = []
    for folder, folders, names in os.walk(os.path.join(ROOT, under)):
        folders[:] = [f for f in folders if f[0] not in '._' and f != 'subprojects']
        found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names
                  if n.endswith(suffixes)]
    return sorted(found)


def read(path):
    """The text of the file PATH (from the root)."""
    with open(os.path.join(ROOT, path), encoding='utf-8') as file:
        return file.read()


def exceptions(lint):
    """The keys of exceptions/<lint>.txt."""
    keys = set()
    for line in read(f'tests/lint/exceptions/{lint}.txt').split('\n'):
        key = line.partition('#')[0].strip()
        if key:
            keys.add(key)
    return keys


def report(lint, findings, skipped=()):
    """Print TAP, one case a rule; SKIPPED is pairs (rule, reason).  Exits."""
    excepted = exceptions(lint)
    needed = set()
    number = bad = 0
    for rule, found in findings.items():
        number += 1
        left = [(key, why) for key, why in found if key not in excepted]
        needed.update(key for key, why in found)
        for key, why in left:
            print(f'{key}: {why}', file=sys.stderr)
        print('not ok' if left else 'ok', number, '-', rule)
        bad += bool(left)
    for rule, reason in skipped:
        number += 1
        print('ok', number, '-', rule, '# SKIP', reason)
    stale = sorted(excepted - needed) if not skipped else []
    for key in stale:
        print(f'tests/lint/exceptions/{lint}.txt: {key}: no longer needed', file=sys.stderr)
    number += 1
    print('not ok' if stale else 'ok', number, '- exceptions are needed')
    print(f'1..{number}')
    sys.exit(1 if bad or stale else 0)
