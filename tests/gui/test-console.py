# SPDX-License-Identifier: GPL-3.0-or-later
"""What one does with a running guest's screen: its text as text."""

import os
import re
import subprocess

import gui

TOML = '''name = "{name}"
memory_mb = 32
[boot]
guest = "simple-boot"
'''


def start(lab, name='Box', more=''):
    path = os.path.join(lab.home, f'{name}.toml')
    with open(path, 'w') as file:
        file.write(TOML.format(name=name) + more)
    subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
    lab.click(lab.find('list item', f'{name}, Stopped'))
    lab.press('push button', 'Start')
    lab.find('list item', f'{name}, Running', 60)
    until(lab, name, 'Type something')


def screen(lab, name):
    return lab.find('image', f'Screen of “{name}”')


def until(lab, name, wanted):
    return gui.wait(f'{wanted!r} on the screen', lambda: re.search(
        wanted, screen(lab, name).get_description() or ''), 60)


def test_the_text_of_the_screen():
    gui.backend()
    with gui.Lab() as lab:
        start(lab)
        lab.key('alt+5')
        text = lab.find('text', 'Text of “Box”')
        gui.wait('the text', lambda: 'This is a whole operating system' in gui.text_of(text))
        # It follows: a later tick is another text.
        before = gui.text_of(text)
        gui.wait('the ticks', lambda: gui.text_of(text) != before)
        lab.press('push button', 'Search the Text')
        lab.type('type something')
        from gi.repository import Atspi
        gui.wait('the match selected', lambda: Atspi.Text.get_n_selections(text) == 1)
        selection = Atspi.Text.get_selection(text, 0)
        found = Atspi.Text.get_text(text, selection.start_offset, selection.end_offset)
        assert found == 'Type something', found
        lab.click(lab.all('push button', 'Copy the Selection')[-1])
        entry = lab.find('entry', 'Search the text')
        lab.click(entry)
        lab.type('zz')
        lab.find('status bar', 'Not found')
        gui.xdo('key', 'ctrl+a', 'ctrl+v')
        gui.wait('the copy', lambda: gui.text_of(entry) == 'Type something')
        # Tab leaves the text.
        lab.click(text)
        gui.wait('the focus', lambda: gui.has_state(text, 'FOCUSED'))
        lab.key('Tab')
        gui.wait('the focus to go on', lambda: not gui.has_state(text, 'FOCUSED'))
        assert not lab.complaints(), lab.complaints()


def test_combinations_of_ones_own():
    gui.backend()
    with gui.Lab() as lab:
        start(lab)
        lab.act(lab.find('push button', 'Send Keys Send Keys'))
        lab.act(gui.wait('the item', lambda: next((n for n in lab.all(None, 'Own Combinations')
                                                   if 'menu item' in n.get_role_name()), None)))
        lab.find('text', 'New combination')
        lab.type('Ctrl+Nonsense')
        lab.find('label', '“Nonsense” in “Ctrl+Nonsense” is no key')
        lab.key('ctrl+a')
        lab.type('Shift+B')
        lab.key('Return')
        lab.find('push button', 'Remove “Shift+B”')
        lab.key('Escape')
        lab.gone('push button', 'Remove “Shift+B”')
        lab.act(lab.find('push button', 'Send Keys Send Keys'))
        lab.act(gui.wait('the item', lambda: next((n for n in lab.all(None, 'Shift+B')
                                                   if 'menu item' in n.get_role_name()), None)))
        until(lab, 'Box', r'\bB\b')
        assert not lab.complaints(), lab.complaints()


def test_host_key_and_clipboard():
    """A host key of one's own choice, which the window names; text from another
    place of the window, typed into the guest."""
    gui.backend()
    with gui.Lab() as lab:
        start(lab)
        subprocess.run(['gsettings', 'set', 'org.multios.Lab', 'host-key', '100'], env=lab.env,
                       check=True)
        lab.click(screen(lab, 'Box'))
        lab.find('label', 'Press Right Alt to release the keyboard')
        gui.xdo('key', 'Alt_R')
        lab.find('label', 'Click the screen')
        lab.key('ctrl+f')
        lab.type('From the clipboard')
        lab.key('ctrl+a', 'ctrl+c', 'Escape')
        lab.act(lab.find('push button', 'Send Keys Send Keys'))
        lab.act(gui.wait('the item', lambda: next((n for n in lab.all(None, 'Type the Clipboard')
                                                   if 'menu item' in n.get_role_name()), None)))
        until(lab, 'Box', 'From the clipboard')
        assert not lab.complaints(), lab.complaints()


def test_a_medium_is_changed_while_running():
    gui.backend()
    with gui.Lab() as lab:
        image = os.path.join(lab.home, 'empty.img')
        with open(image, 'wb') as file:
            file.truncate(1440 * 1024)
        start(lab, more='[[storage.drives]]\nkind = "floppy"\n'
                        f'path = "{image}"\nformat = "raw"\n')
        lab.act(lab.find('push button', 'Drives Drives'))
        out = gui.wait('the item', lambda: next((n for n in lab.all(None, 'Take the Medium Out')
                                                 if 'menu item' in n.get_role_name()), None))
        lab.find('label', 'Floppy drive: empty.img')
        lab.act(out)
        lab.find('label', 'Medium taken out')
        lab.act(lab.find('push button', 'Drives Drives'))
        lab.find('label', 'Floppy drive: empty')
        lab.key('Escape')
        assert not lab.complaints(), lab.complaints()


def test_why_it_is_stuck():
    gui.backend()
    with gui.Lab() as lab:
        floppy = os.path.join(lab.home, 'halt.img')
        with open(floppy, 'wb') as file:
            file.write(b'\xfa\xf4\xeb\xfd' + bytes(506) + b'\x55\xaa')
            file.truncate(1440 * 1024)
        path = os.path.join(lab.home, 'stuck.toml')
        with open(path, 'w') as file:
            file.write('name = "Stuck"\nmemory_mb = 16\n[boot]\nboot_order = "FloppyFirst"\n'
                       '[[storage.drives]]\nkind = "floppy"\nformat = "raw"\n'
                       f'path = "{floppy}"\n')
        subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
        lab.find('list item', 'Stuck, Stopped')
        lab.press('push button', 'Start')
        card = lab.find('alert', 'Halted With Interrupts Off', 60)
        assert '0000:7c02' in card.get_description(), card.get_description()
        lab.find('label', 'Look for CLI before HLT')
        lab.click(lab.find('push button', 'Dismiss', root=card))
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
