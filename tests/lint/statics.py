# SPDX-License-Identifier: GPL-3.0-or-later
"""No mutable statics in the engine and the devices.

Two machines live in one process, so what one of them changes must not be
shared.  The built libraries are asked (objdump -t), not the sources.  An
exception's key is "OBJECT:SYMBOL".
"""

import os
import re
import subprocess
import sys

import lint

LIBRARIES = ['engine/libmultios-engine.a', 'devices/libmultios-devices.a']

# What GObject and GLib must remember once a process.  They write these while
# a type is registered and never again.  A static in a function has a number
# behind it from GCC (quark.0) and the function before it from Clang (f.quark).
ALLOWED = [
    r'static_g_define_type_id',     # G_DEFINE_TYPE
    r'g_define_type_id(__volatile)?',
    r'\w+_type_id',
    r'\w+_parent_class',
    r'\w+_private_offset',          # MosVm_private_offset
    r'q(uark)?',                    # G_DEFINE_QUARK and hand-written ones
    r'properties',                  # GParamSpec *properties[], class_init
    r'signals',                     # guint signals[], class_init
    r'__func__|__PRETTY_FUNCTION__',
]
MUTABLE = re.compile(r'\.(t?data|t?bss)(?!\.rel\.ro)(\.|$)|\*COM\*')
# "value flags section<tab>size name"; flag O is a data object.
ROW = re.compile(r'^[0-9a-f]+ (.{7}) (\S+)\t[0-9a-f]+ +(?:\.\w+ )?(\S+)$')
OBJECT = re.compile(r'^(\S+\.o):\s+file format')
IS_ALLOWED = re.compile(r'(?:[A-Za-z_]\w*\.)?(?:' + '|'.join(ALLOWED) + r')(?:\.\d+)*')


def statics(library):
    table = subprocess.run(['objdump', '-t', library], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    name = None
    for line in table.splitlines():
        start = OBJECT.match(line)
        row = ROW.match(line)
        if start:
            name = os.path.basename(start.group(1))
        elif row and 'O' in row.group(1) and MUTABLE.match(row.group(2)) \
                and not IS_ALLOWED.fullmatch(row.group(3)):
            yield f'{name}:{row.group(3)}', f'a mutable static in {row.group(2)}'


def main():
    build, sanitized = sys.argv[1], sys.argv[2] == 'true'
    findings, skipped = {}, []
    for library in LIBRARIES:
        rule = f'no mutable statics in {os.path.basename(library)}'
        path = os.path.join(build, library)
        if sanitized:
            skipped.append((rule, 'sanitizers add statics of their own'))
        elif os.path.exists(path):
            findings[rule] = list(statics(path))
        else:
            skipped.append((rule, 'the library has no sources yet'))
    lint.report('statics', findings, skipped)


if __name__ == '__main__':
    main()
