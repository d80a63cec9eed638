# SPDX-License-Identifier: GPL-3.0-or-later
"""The lints find what they are for.

Each row plants one fault in a small tree and names the lint and the rule that
must object; a lint that objects to the tree without a fault fails as well.
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = ('/* SPDX-License-Identifier: GPL-3.0-or-later */\n'
        '/* Copyright (C) 2026 MultiOS Lab developers */\n\n'
        '/*\n * A file for a lint to look at.\n */\n\n')

DOWN = 'includes point down'
SYSTEM = 'system headers stay in their folders'
# Lint, rule, file, text.
FAULTS = [
    ('layers', DOWN, 'engine/base/a.c', HEAD + '#include "engine/core/vm.h"\n'),
    ('layers', DOWN, 'engine/cpu/a.c', HEAD + '#include "engine/cpu/kvm/kvm.h"\n'),
    ('layers', DOWN, 'engine/cpu/soft/exec/a.c', HEAD + '#include "engine/cpu/kvm/kvm.h"\n'),
    ('layers', DOWN, 'engine/cpu/x86/a.c', HEAD + '#include "engine/cpu/soft/mmu.h"\n'),
    ('layers', DOWN, 'engine/core/a.c', HEAD + '#include "engine/cpu/soft/mmu.h"\n'),
    ('layers', DOWN, 'engine/core/a.c', HEAD + '#include "devices/devices.h"\n'),
    ('layers', DOWN, 'engine/new/a.c', HEAD + '#include "engine/base/error.h"\n'),
    ('layers', DOWN, 'devices/net/a.c', HEAD + '#include "engine/engine.h"\n'),
    ('layers', DOWN, 'display/a.c', HEAD + '#include "engine/bus/bus.h"\n'),
    ('layers', DOWN, 'tutorials/a.c', HEAD + '#include "devices/devices.h"\n'),
    ('layers', DOWN, 'tutorials/a.c', HEAD + '#include "engine/cpu/kvm/kvm.h"\n'),
    ('layers', DOWN, 'app/a.c', HEAD + '#include "engine/base/error.h"\n'),
    ('layers', 'includes are written from the root', 'app/a.c', HEAD + '#include "lab.h"\n'),
    ('layers', SYSTEM, 'engine/core/a.c', HEAD + '#include <linux/kvm.h>\n'),
    ('layers', SYSTEM, 'app/cli/a.c', HEAD + '#  include <gtk/gtk.h>\n'),
    ('layers', SYSTEM, 'devices/video/a.c', HEAD + '#include <sys/mman.h>\n'),
    ('lengths', 'files have at most 800 lines (tables 3000)', 'app/a.c', HEAD + '\n' * 800),
    ('lengths', 'headers have at most 300 lines', 'app/a.h', HEAD + '\n' * 300),
    ('lengths', 'functions have at most 150 lines', 'app/a.c',
     HEAD + 'void\nf (void)\n{\n' + '  g ();\n' * 149 + '}\n'),
    ('lengths', 'the README of a folder has at most 40 lines', 'app/README.md', '\n' * 41),
    ('calls', 'no calls that end the process', 'engine/a.c', HEAD + 'g_error ("x");\n'),
    ('calls', 'no calls that write without a bound', 'devices/a.c', HEAD + 'strcpy (a, b);\n'),
    ('calls', 'no calls that run a shell', 'display/a.c', HEAD + 'system (a);\n'),
    ('calls', 'no control becomes insensitive without a reason', 'app/a.c',
     HEAD + 'gtk_widget_set_sensitive (a, b);\n'),
    ('calls', 'translatable texts hold no format macro of GLib', 'app/a.c',
     HEAD + '_ ("%" G_GUINT64_FORMAT " a");\n'),
    ('layout', 'clang-format changes nothing', 'app/a.c', HEAD + 'int a ;\n'),
    ('headings', 'sources begin with licence and purpose', 'app/a.c', 'int a;\n'),
    ('headings', 'headers are included once', 'app/a.h', HEAD + 'int a;\n'),
    ('documents', 'the commands of ./lab exist', 'app/README.md', './lab fly\n'),
    ('documents', 'the paths that documents name exist', 'app/README.md', '`app/none.c`\n'),
    ('statics', 'no mutable statics in libmultios-engine.a', 'engine/libmultios-engine.a',
     'int f (void);\nint f (void)\n{\n  static int count;\n  return count++;\n}\n'),
    ('documents', 'what labs point at is in the window', 'tutorials/targets.c',
     HEAD + '  { "nothing", N_ ("Nothing"), NULL },\n'),
    ('layers', 'exceptions are needed', 'tests/lint/exceptions/layers.txt', 'app/a.c -> b.h\n'),
]
# What no lint objects to.
GOOD = {
    'engine/core/good.c': '#include "engine/cpu/kvm/kvm.h"\n#include "engine/base/error.h"\n',
    'engine/cpu/soft/good.c': '#include "engine/cpu/x86/flags.h"\n#include <sys/mman.h>\n',
    'app/good.c': '#include "engine/engine.h"\n#include <gtk/gtk.h>\n',
    'display/good.c': '/* exit () and "abort ()" are words. */\nint a = ops->system (b);\n',
}


def plant(root, path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if path.endswith('.a'):
        subprocess.run(['gcc', '-x', 'c', '-O2', '-c', '-o', path + '.o', '-'], check=True,
                       text=True, input=text)
        subprocess.run(['ar', 'rcT', path, path + '.o'], check=True)
        return
    with open(path, 'w') as file:
        file.write(text)


def objections(root, lint):
    """The rules of LINT that are broken in the tree ROOT; None if it has none to say."""
    run = subprocess.run([sys.executable, os.path.join(HERE, lint + '.py'), root, 'false'],
                         env=dict(os.environ, MOS_LINT_ROOT=root), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if lint == 'layout' and '# SKIP' in run.stdout:
        return None
    lines = [line for line in run.stdout.split('\n') if line.startswith('not ok')]
    return [line.partition(' - ')[2] for line in lines]


def make_tree(root):
    for folder in ('app', 'data', 'devices', 'display', 'engine', 'po', 'tests', 'tutorials'):
        plant(root, folder + '/README.md', '')
    for lint in {row[0] for row in FAULTS}:
        plant(root, f'tests/lint/exceptions/{lint}.txt', '')
    for script in ('.ci/run', 'tests/run', 'tests/with-display', 'tests/show-window'):
        plant(root, script, '# SPDX-License-Identifier: GPL-3.0-or-later\n')
    with open(os.path.join(HERE, '..', '..', 'lab')) as file:
        plant(root, 'lab', file.read())
    with open(os.path.join(HERE, '..', '..', '.clang-format')) as file:
        plant(root, '.clang-format', file.read())


def check(number, lint, rule, path, text):
    with tempfile.TemporaryDirectory() as root:
        make_tree(root)
        if lint in ('layers', 'calls'):
            for good, lines in GOOD.items():
                plant(root, good, HEAD + lines)
        before = objections(root, lint)
        plant(root, path, text)
        after = objections(root, lint)
    name = f'{number} - {lint}: {path}: {rule}'
    if before is None:
        print(f'ok {name} # SKIP the lint has not the tool it needs')
        return True
    passed = before == [] and after == [rule]
    print('ok' if passed else 'not ok', name)
    if not passed:
        print(f'{name}: before {before}, after {after}', file=sys.stderr)
    return passed


def main():
    print(f'1..{len(FAULTS)}')
    results = [check(number, *row) for number, row in enumerate(FAULTS, 1)]
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
