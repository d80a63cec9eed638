# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that nobody makes in engine/, devices/ and display/, and one in app/.

A guest must not be able to end the process, and text has bounds.  An
exception's key is "FILE: FUNCTION".
"""

import re

import lint

BANNED = {
    'calls that end the process': ['exit', '_exit', 'abort', 'g_error', 'quick_exit'],
    'calls that write without a bound': ['sprintf', 'vsprintf', 'strcpy', 'strcat', 'gets',
                                         'alloca', 'g_alloca', 'g_newa'],
    'calls that run a shell': ['system', 'popen'],
    'random numbers without a seed': ['rand', 'srand', 'random', 'srandom', 'g_random_int',
                                      'g_random_int_range', 'g_random_double'],
}
FOLDERS = ['engine', 'devices', 'display']
# In the window a control becomes insensitive together with its reason only.
SILENT = 'no control becomes insensitive without a reason'
REASONS = 'app/access.c'
# xgettext knows the macros of <inttypes.h> and cuts a text off at any other.
CUT = 'translatable texts hold no format macro of GLib'
MACRO = re.compile(r'(?<!\w)(?:N?_|ngettext) \((?:\s*(?:"(?:[^"\\]|\\.)*"|PRI\w+))+\s*G_G\w+')
# Comments, strings and character constants, which may say what they like.
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def main():
    sources = [(path, NOISE.sub(' ', lint.read(path)))
               for folder in FOLDERS for path in lint.files('.c', '.h', '.def', under=folder)]
    findings = {}
    for rule, names in BANNED.items():
        # Not after "." or ">": that is a member, like ops->system ().
        call = re.compile(r'(?<![\w.>])(' + '|'.join(names) + r')\s*\(')
        findings['no ' + rule] = [(f'{path}: {name}', 'is banned here')
                                  for path, text in sources
                                  for name in sorted(set(call.findall(text)))]
    findings[SILENT] = [(f'{path}: gtk_widget_set_sensitive', 'mos_access_allow () says why')
                        for path in lint.files('.c', under='app') if path != REASONS
                        and 'gtk_widget_set_sensitive' in NOISE.sub(' ', lint.read(path))]
    findings[CUT] = [(f'{path}: {found.group(0)[:30]}', 'write PRIu64 and the like')
                     for path in lint.files('.c', '.h')
                     for found in MACRO.finditer(lint.read(path))]
    lint.report('calls', findings)


if __name__ == '__main__':
    main()
