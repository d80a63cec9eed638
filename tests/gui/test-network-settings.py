# SPDX-License-Identifier: GPL-3.0-or-later
"""The network page of a machine's settings: add, mistake in place, save."""

import gui


def test_an_adapter():
    with gui.Lab() as lab:
        lab.create('Wired')
        lab.key('alt+Return')
        window = lab.find(None, 'Settings of “Wired”')
        lab.click(lab.find('page tab', 'Network', root=window))
        lab.find('label', 'This machine has no network adapter.', root=window)
        lab.press('push button', 'Add Adapter')
        lab.find('label', 'Adapter 1', root=window)
        toml = lab.find('text', 'as TOML', root=window)
        gui.wait('the other view to follow',
                 lambda: 'mode = "NAT"' in gui.text_of(toml))
        entry = lab.find('text', 'Forwarded ports', root=window)
        lab.click(entry)
        lab.type('tcp:2222')
        lab.find('label', 'tcp:HOST:GUEST', root=window)
        save = lab.find('push button', 'Save', root=window)
        gui.wait('no saving of that', lambda: not gui.has_state(save, 'SENSITIVE'))
        lab.type(':22, udp:53:53')
        gui.wait('saving again', lambda: gui.has_state(save, 'SENSITIVE'))
        gui.wait('the list in the file', lambda: 'forwards = ["tcp:2222:22", "udp:53:53"]'
                 in gui.text_of(toml))
        # What NAT has no use for cannot be typed into.
        name = lab.find('text', 'Internal network', root=window)
        assert not gui.has_state(name, 'SENSITIVE')
        lab.click(save)
        lab.gone(None, 'Settings of “Wired”')
        lab.key('alt+Return')
        window = lab.find(None, 'Settings of “Wired”')
        lab.click(lab.find('page tab', 'Network', root=window))
        lab.press('push button', 'Remove adapter 1')
        lab.find('label', 'This machine has no network adapter.', root=window)
        assert not lab.complaints(), lab.complaints()


gui.run([test_an_adapter])
