# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may include whom.  An exception's key is "FILE -> INCLUDED"."""

import re

import lint

# Inside engine/, bottom to top; an include points to the same or a lower one.
ENGINE = ['engine/base', 'engine/config', 'engine/memory', 'engine/host', 'engine/bus',
          'engine/cpu', 'engine/nested', 'engine/monitor', 'engine/lifecycle', 'engine/core']
# The doors of the two backends: whoever composes a hypervisor opens them.
BACKENDS = ['engine/cpu/kvm/kvm.h', 'engine/cpu/soft/soft.h']
UMBRELLAS = ['engine/engine.h', 'devices/devices.h', 'display/display.h',
             'tutorials/tutorials.h']
PRIVATE = ['engine/cpu/kvm', 'engine/cpu/soft']

# Folder -> what its files may include (folders mean everything below them,
# except PRIVATE ones, which must be named).  The longest folder wins.
LAYERS = {folder: ENGINE[:i + 1] for i, folder in enumerate(ENGINE)}
LAYERS.update({
    'engine/cpu/x86': ENGINE[:6],
    'engine/cpu/kvm': ENGINE[:6] + ['engine/cpu/kvm'],
    'engine/cpu/soft': ENGINE[:6] + ['engine/cpu/soft'],
    'engine/core': ENGINE + BACKENDS,
    'engine/engine.h': ENGINE,
    'devices': ['devices', 'engine/base', 'engine/memory', 'engine/bus', 'engine/host'],
    # Direct boot sets a processor's state, and nothing else of it.
    'devices/board': ['devices', 'engine/base', 'engine/memory', 'engine/bus', 'engine/host',
                      'engine/cpu/state.h'],
    'display': ['display', 'engine/base', 'engine/host'],
    'tutorials': ['tutorials', 'engine'],
    'app': ['app', 'data/resources.h', *UMBRELLAS, *BACKENDS],
})

# System headers that belong to folders; "-" takes a folder away again.
# Tests are free.
OWNERS = {
    r'linux/kvm\.h': ['engine/cpu/kvm'],
    r'(gtk|gdk|gsk|vte)/.*|adwaita\.h': ['app', '-app/cli', 'display'],
    r'(SDL2/)?SDL.*\.h': ['display'],
    r'(epoxy|GL|EGL)/.*': ['display'],
    r'sys/mman\.h': ['engine/memory', 'engine/cpu/kvm', 'engine/cpu/soft'],
    r'(Zydis|Zycore)/.*': ['engine/cpu/x86', 'engine/cpu/soft', 'engine/monitor'],
    r'(slirp/)?libslirp.*\.h': ['devices/net'],
    r'sqlite3\.h': ['engine/monitor', 'app'],
}
# What a lab copies into the learner's folder is built there.
LEARNERS = re.compile(r'tutorials/labs/[a-z-]+/files/')
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def below(path, folders):
    """The longest of FOLDERS that is PATH or holds it, or None."""
    return max((f for f in folders if path == f or path.startswith(f + '/')),
               key=len, default=None)


def may_include(path, header):
    allowed = LAYERS.get(below(path, LAYERS), [])
    within = below(header, allowed)
    private = below(header, PRIVATE)
    return within is not None and (private is None or within.startswith(private))


def may_use(path, owners):
    taken = below(path, [o[1:] for o in owners if o[0] == '-'])
    return below(path, owners) is not None and taken is None


def main():
    ours, qualified, systems = [], [], []
    for path in lint.files('.c', '.h', '.S', '.def'):
        if path.startswith('tests/') or LEARNERS.match(path):
            continue
        for kind, header in INCLUDE.findall(lint.read(path)):
            key = f'{path} -> {header}'
            if kind == '<':
                systems += [(key, 'this header belongs to ' + ', '.join(owners))
                            for pattern, owners in OWNERS.items()
                            if re.fullmatch(pattern, header) and not may_use(path, owners)]
            elif header == 'config.h':
                continue
            elif '/' not in header or header.startswith('.'):
                qualified.append((key, 'write the path from the root'))
            elif not may_include(path, header):
                ours.append((key, 'the layers do not allow it'))
    lint.report('layers', {
        'includes point down': ours,
        'includes are written from the root': qualified,
        'system headers stay in their folders': systems,
    })


if __name__ == '__main__':
    main()
