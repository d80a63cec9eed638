# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents say is there.

Every `./lab COMMAND` exists, every `path/like/this` exists, no line of a
document is an absolute path of somebody's machine, and the window has what labs
point at.  An exception's key is "FILE: WORD".
"""

import os
import re

import lint

TOP = ('app/', 'data/', 'devices/', 'display/', 'engine/', 'po/', 'tests/', 'tutorials/', '.ci/')
HOME = re.compile(r'(?<![\w.])/(?:home|root|work|Users)/\w+')


def lab_commands():
    """The words that the case at the end of ./lab knows."""
    body = lint.read('lab').rpartition('\ncase $command in')[2]
    return {word for words in re.findall(r'^  ([a-z| -]+)\)', body, re.M)
            for word in re.split(r'[| ]+', words)}


def marks():
    """The parts that labs point at, and no widget of the window has the id of."""
    table = 'tutorials/targets.c'
    if not os.path.exists(os.path.join(lint.ROOT, table)):
        return []
    given = set()
    for path in lint.files('.c', under='app/'):
        text = lint.read(path)
        for ids in re.findall(r'mos_coach_set_id \([^;]*?"([^"]+)"\)', text):
            given.update(ids.split(','))
        for verbs in re.findall(r'mos_window_verbs\[\d\] = \{([^}]*)\}', text):
            given.update(re.findall(r'"([^"]+)"', verbs))
    return [(table, f'no widget has the id “{name}”')
            for name in re.findall(r'^  \{ "([^"]+)", N_', lint.read(table), re.M)
            if name not in given]


def main():
    known = lab_commands()
    commands, paths, homes = [], [], []
    for path in lint.files('.md'):
        text = lint.read(path)
        commands += [(f'{path}: ./lab {word}', 'there is no such command')
                     for word in re.findall(r'\./lab ([a-z]+)', text) if word not in known]
        for quoted in re.findall(r'`([^`\s]+)`', text):
            # A name with a placeholder in it is an example.
            if quoted.startswith(TOP) and not re.search(r'[<>*…{}]|NAME', quoted) \
                    and not os.path.exists(os.path.join(lint.ROOT, quoted)):
                paths.append((f'{path}: {quoted}', 'is not there'))
    for path in lint.files('.md', '.c', '.h', '.py', '.in', 'meson.build', 'lab', 'run'):
        if path == 'tests/lint/documents.py':
            continue
        homes += [(f'{path}: {word}', 'belongs to one machine')
                  for word in HOME.findall(lint.read(path))]
    lint.report('documents', {
        'the commands of ./lab exist': commands,
        'the paths that documents name exist': paths,
        'no absolute paths of one machine': homes,
        'what labs point at is in the window': marks(),
    })


if __name__ == '__main__':
    main()
