# SPDX-License-Identifier: GPL-3.0-or-later
"""A pseudo-locale: every string of ours, accented and in ⟦brackets⟧.

What shows on the screen without brackets was never translated.  The strings
are read from the sources as the translators' template is.
"""

import os
import re
import subprocess

import gui

LANGUAGE = 'qps'
ACCENTS = str.maketrans('AEIOUYaeiouycnsCNS', 'ÁÉÍÓÚÝáéíóúýçñšÇÑŠ')
# What a translation must keep: conversions, markup, entities, escapes.
KEEP = re.compile(r"(%[-+ #0']*(?:\d+\$)?[\d*.]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]|%\"?\s*G_\w+|<[^>]*>|&\w+;"
                  r'|\\.|\{[^}]*\})')
BRACKETS = re.compile('⟦[^⟦⟧]*⟧')


def accent(text):
    parts = KEEP.split(text)
    body = ''.join(part if i % 2 else part.translate(ACCENTS) for i, part in enumerate(parts))
    # A newline at either end must stay there.
    start = re.match(r'(?:\\n)*', body).group()
    end = re.search(r'(?:\\n)*$', body[len(start):]).group()
    middle = body[len(start):len(body) - len(end)]
    return f'{start}⟦{middle}⟧{end}'


def entries(text):
    """The messages of a template, each the list of its keyword -> raw string."""
    for block in text.split('\n\n'):
        fields, name = {}, None
        for line in block.split('\n'):
            match = re.match(r'(msg\w+(?:\[\d\])?) "(.*)"$', line)
            if match:
                name = match.group(1)
                fields[name] = match.group(2)
            elif line.startswith('"') and name:
                fields[name] += line[1:-1]
        if fields.get('msgid'):
            yield fields


def build(folder):
    """Writes FOLDER/qps/LC_MESSAGES/multios-lab.mo."""
    template = subprocess.run(
        ['xgettext', '--from-code=UTF-8', '-L', 'C', '-k_', '-kN_', '-kC_:1c,2', '-kngettext:1,2',
         '-kg_dngettext:2,3', '-o', '-', *[
             line for line in open(os.path.join(gui.ROOT, 'po', 'POTFILES')).read().split()
             if line.endswith('.c')]],
        cwd=gui.ROOT, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    out = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n'
           'Plural-Forms: nplurals=2; plural=n != 1;\\n"\n']
    for fields in entries(template):
        text = ''.join(f'{k} "{fields[k]}"\n' for k in ('msgctxt', 'msgid', 'msgid_plural')
                       if k in fields)
        if 'msgid_plural' in fields:
            text += f'msgstr[0] "{accent(fields["msgid"])}"\n' \
                    f'msgstr[1] "{accent(fields["msgid_plural"])}"\n'
        else:
            text += f'msgstr "{accent(fields["msgid"])}"\n'
        out.append(text)
    target = os.path.join(folder, LANGUAGE, 'LC_MESSAGES')
    os.makedirs(target, exist_ok=True)
    subprocess.run(['msgfmt', '-o', os.path.join(target, 'multios-lab.mo'), '-'],
                   input='\n'.join(out), text=True, check=True)


def untranslated(text):
    """What of TEXT is not in brackets."""
    while BRACKETS.search(text):
        text = BRACKETS.sub('', text)
    return text
