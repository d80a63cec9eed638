# SPDX-License-Identifier: GPL-3.0-or-later
"""clang-format would change nothing.  An exception's key is the file.

Version 14 sometimes crashes, so its exit status and an empty answer count
too.  Files that passed are remembered in the build folder by their content.
"""

import concurrent.futures
import difflib
import hashlib
import os
import re
import shutil
import subprocess
import sys

import lint


def formatter():
    """clang-format 14, by whatever name; None if there is only another."""
    for name in ('clang-format-14', 'clang-format'):
        path = shutil.which(name)
        if path and re.search(r'version 14\.', subprocess.getoutput(path + ' --version')):
            return path
    return None


def complaint(tool, path):
    """What is wrong with the layout of PATH, or None."""
    was = lint.read(path)
    run = subprocess.run([tool, '--style=file', path], cwd=lint.ROOT, text=True,
                         encoding='utf-8', stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode:
        return f'clang-format ends with status {run.returncode}: {run.stderr.strip()[:200]}'
    if not run.stdout:
        return 'clang-format has no answer'
    if run.stdout == was:
        return None
    diff = difflib.unified_diff(was.splitlines(), run.stdout.splitlines(), 'is', 'should be',
                                n=0, lineterm='')
    return 'run clang-format -i\n    ' + '\n    '.join(list(diff)[:20])


def main():
    tool = formatter()
    if tool is None:
        lint.report('layout', {}, [('clang-format changes nothing', 'no clang-format 14')])
    style = lint.read('.clang-format')
    cache_path = os.path.join(sys.argv[1], 'layout.cache')
    known = set()
    if os.path.exists(cache_path):
        with open(cache_path) as file:
            known = set(file.read().split())

    paths = lint.files('.c', '.h')
    digests = {p: hashlib.sha256((style + p + lint.read(p)).encode()).hexdigest() for p in paths}
    todo = [p for p in paths if digests[p] not in known]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = dict(zip(todo, pool.map(lambda p: complaint(tool, p), todo)))
    findings = [(path, why) for path, why in answers.items() if why]

    bad = {path for path, why in findings}
    with open(cache_path, 'w') as file:
        file.write('\n'.join(sorted(digests[p] for p in paths if p not in bad)))
    lint.report('layout', {'clang-format changes nothing': findings})


if __name__ == '__main__':
    main()
