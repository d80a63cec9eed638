# SPDX-License-Identifier: GPL-3.0-or-later
"""Desktop file, AppStream, schema, icons, man pages, translations, scripts.

An exception's key is the file.
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import lint

# Files that the mark of a translatable string makes translatable.
MARK = re.compile(r'(?<!\w)(?:N?_|C_|NC_|ngettext) ?\(\s*"')


def tool(key, *command):
    """Findings: none when COMMAND succeeds."""
    run = subprocess.run(command, text=True, cwd=lint.ROOT, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    return [(key, run.stdout.strip().replace('\n', '\n    '))] if run.returncode else []


def pictures():
    found = []
    for path in lint.files('.svg', '.xml', '.ui'):
        try:
            xml.etree.ElementTree.fromstring(lint.read(path))
        except xml.etree.ElementTree.ParseError as error:
            found.append((path, str(error)))
    return found


def manuals():
    required = ['.TH', '.SH NAME', '.SH SYNOPSIS', '.SH DESCRIPTION']
    return [(path, 'has no ' + macro) for path in lint.files('.1.in') for macro in required
            if not re.search('^' + re.escape(macro), lint.read(path), re.M)]


def potfiles():
    listed = [line for line in lint.read('po/POTFILES').split('\n')
              if line and not line.startswith('#')]
    found = [(path, 'listed in po/POTFILES, but not there') for path in listed
             if not os.path.exists(os.path.join(lint.ROOT, path))]
    found += [(path, 'has strings to translate: list it in po/POTFILES')
              for path in lint.files('.c', '.h', '.def')
              if not path.startswith('tests/') and path not in listed
              and MARK.search(lint.read(path))]
    if listed != sorted(listed):
        found.append(('po/POTFILES', 'is not sorted'))
    return found


def catalogues():
    languages = lint.read('po/LINGUAS').split()
    found = []
    for language in languages:
        path = f'po/{language}.po'
        found += tool(path, 'msgfmt', '--check', '-o', '/dev/null', path)
    return found


def scripts():
    found = []
    for path in lint.files('', under=''):
        with open(os.path.join(lint.ROOT, path), 'rb') as file:
            first = file.readline(80)
        if re.match(rb'#!.*\b(ba)?sh\b', first):
            shell = 'bash' if b'bash' in first else 'sh'
            found += tool(path, shell, '-n', path)
    return found


def main():
    data = os.path.join(sys.argv[1], 'data')
    app = 'org.multios.Lab'
    findings = {
        'the schema is valid': tool(
            f'data/{app}.gschema.xml', 'glib-compile-schemas', '--strict', '--dry-run', 'data'),
        'icons and other XML are well formed': pictures(),
        'man pages have their sections': manuals(),
        'po/POTFILES is complete': potfiles(),
        'translations are valid': catalogues(),
        'shell scripts are well formed': scripts(),
    }
    skipped = []
    for rule, name, command in [
            ('the desktop file is valid', f'{app}.desktop', ['desktop-file-validate']),
            ('the AppStream file is valid', f'{app}.metainfo.xml',
             ['appstreamcli', 'validate', '--no-net'])]:
        if shutil.which(command[0]):
            findings[rule] = tool(f'data/{name}.in', *command, os.path.join(data, name))
        else:
            skipped.append((rule, f'no {command[0]}'))
    lint.report('data', findings, skipped)


if __name__ == '__main__':
    main()
