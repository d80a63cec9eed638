# SPDX-License-Identifier: GPL-3.0-or-later
"""The card "Nested Virtualization Not Supported" in a machine's settings: it
appears when nesting is wanted on a KVM that has none, says what is in the way,
and its button turns to the software CPU."""

import json
import os
import subprocess

import gui

MULTIOS = os.path.join(os.environ['MOS_BUILD_ROOT'], 'app', 'multios')


def blockers():
    host = json.loads(subprocess.run([MULTIOS, 'host', '--json'], check=True,
                                     stdout=subprocess.PIPE).stdout)
    return [b['nesting_blockers'] for b in host['backends'] if b['name'] == 'kvm'][0]


def test_the_card():
    found = blockers()
    if not found:
        raise gui.Skip('KVM nests on this host')
    with gui.Lab() as lab:
        lab.create('Nest')
        lab.key('alt+Return')
        window = lab.find(None, 'Settings of “Nest”')
        lab.click(lab.find('page tab', 'TOML', root=window))
        toml = lab.find('text', 'as TOML', root=window)
        lab.click(toml)
        assert not lab.all('push button', 'Use the Software CPU', root=window)
        lab.key('ctrl+a')
        for line in ('name = "Nest"', 'vcpu_count = 1', 'memory_mb = 256', '[cpu]',
                     'accel = "kvm"', '[features]', 'nested = true'):
            lab.type(line)
            lab.key('Return')
        button = lab.find('push button', 'Use the Software CPU', root=window)
        lab.find('label', 'Nested Virtualization Not Supported', root=window)
        lab.find('label', found[0]['title'][:30], root=window)
        if 'MOS_GUI_PICTURES' in os.environ:
            lab.picture(os.path.join(os.environ['MOS_GUI_PICTURES'], 'nesting-card.png'))
        lab.click(button)
        gui.wait('the software CPU in the file', lambda: 'accel = "soft"' in gui.text_of(toml))
        gui.wait('the card to go',
                 lambda: not lab.all('push button', 'Use the Software CPU', root=window))
        lab.click(lab.find('push button', 'Save', root=window))
        lab.gone(None, 'Settings of “Nest”')
        assert not lab.complaints(), lab.complaints()


gui.run([test_the_card])
