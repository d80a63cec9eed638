# SPDX-License-Identifier: GPL-3.0-or-later
"""How a source file begins.

Two lines of SPDX and copyright, then one comment of 3 to 30 lines that says
what the file is.  An exception's key is the file.
"""

import re

import lint

SPDX = 'SPDX-License-Identifier: GPL-3.0-or-later'
HEADING = re.compile(
    r'/\* ' + re.escape(SPDX) + r' \*/\n'
    r'/\* Copyright \(C\) 20\d\d(-20\d\d)? [^\n]+ \*/\n'
    r'\n'
    r'(/\*.*?\*/)\n', re.S)


def heading_problem(path, text):
    match = HEADING.match(text)
    if not match:
        return 'begin as in CONTRIBUTING.md: SPDX, copyright, empty line, comment'
    lines = match.group(2).count('\n') + 1
    if not 3 <= lines <= 30:
        return f'the first comment has {lines} lines, not 3 to 30'
    return None


def main():
    headings, once, scripts = [], [], []
    for path in lint.files('.c', '.h', '.S'):
        text = lint.read(path)
        problem = heading_problem(path, text)
        if problem:
            headings.append((path, problem))
        if path.endswith('.h') and '\n#pragma once\n' not in text:
            once.append((path, 'say #pragma once'))
    for path in ['lab', '.ci/run', 'tests/run', 'tests/with-display', 'tests/show-window',
                 *lint.files('.py', '.sh')]:
        if SPDX not in '\n'.join(lint.read(path).split('\n')[:3]):
            scripts.append((path, 'say "# ' + SPDX + '" in the first three lines'))
    lint.report('headings', {
        'sources begin with licence and purpose': headings,
        'headers are included once': once,
        'scripts begin with the licence': scripts,
    })


if __name__ == '__main__':
    main()
