# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a file, a header, a function, a README may be, in lines.

An exception's key is the file, or for a function "FILE:FUNCTION".
"""

import os
import re

import lint

FILE, TABLE, HEADER, FUNCTION, README = 800, 3000, 300, 150, 40
TOP_FOLDERS = ['app', 'data', 'devices', 'display', 'engine', 'po', 'tests', 'tutorials']


def is_table(path):
    return path.endswith(('-table.c', '.def'))


def functions(text):
    """Pairs (name, lines).  The layout has every outermost brace in column 0."""
    name, start = None, None
    for number, line in enumerate(text.split('\n'), 1):
        match = re.match(r'([A-Za-z_]\w*) \(', line)
        if match:
            name = match.group(1)
        elif line == '{':
            start = number
        elif line == '}' and start is not None:
            yield name, number - start + 1
            start = None


def main():
    long_files, long_headers, long_functions, readmes = [], [], [], []
    for path in lint.files('.c', '.h', '.S', '.def', '.py'):
        text = lint.read(path)
        lines = text.count('\n')
        if path.endswith('.h'):
            wall, found = HEADER, long_headers
        else:
            wall, found = TABLE if is_table(path) else FILE, long_files
        if lines > wall:
            found.append((path, f'{lines} lines, {wall} are allowed'))
        long_functions += [(f'{path}:{name}', f'{length} lines, {FUNCTION} are allowed')
                           for name, length in functions(text)
                           if path.endswith(('.c', '.h')) and length > FUNCTION]
    for path in lint.files('README.md'):
        lines = lint.read(path).count('\n')
        if path != 'README.md' and lines > README:
            readmes.append((path, f'{lines} lines, {README} are allowed'))
    missing = [(f'{folder}/README.md', 'a top folder says what it is for')
               for folder in TOP_FOLDERS
               if not os.path.exists(os.path.join(lint.ROOT, folder, 'README.md'))]
    lint.report('lengths', {
        f'files have at most {FILE} lines (tables {TABLE})': long_files,
        f'headers have at most {HEADER} lines': long_headers,
        f'functions have at most {FUNCTION} lines': long_functions,
        f'the README of a folder has at most {README} lines': readmes,
        'every top folder has a README': missing,
    })


if __name__ == '__main__':
    main()
