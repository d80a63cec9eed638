# SPDX-License-Identifier: GPL-3.0-or-later
"""The window without a running guest: library, dialog, files, names."""

import os
import re
import subprocess
import tempfile

import gui


def toml(folder, name='From a File', text='memory_mb = 64\n'):
    path = os.path.join(folder, 'machine.toml')
    with open(path, 'w') as file:
        file.write(f'name = "{name}"\n{text}')
    return path


def machines(lab):
    return [n.get_name() for n in lab.all('list item') if ', Stopped' in n.get_name()]


def test_create_by_clicking():
    with gui.Lab() as lab:
        lab.press('push button', 'Create a Machine')
        name = lab.find('text', 'Name')
        gui.wait('a free name', lambda: gui.text_of(name) == 'Machine')
        lab.type('First')
        gui.wait('the name typed', lambda: gui.text_of(name) == 'First')
        lab.click(next(n for n in lab.all('push button')
                       if 'Create' in n.get_name() and 'Start' not in n.get_name()
                       and 'Machine' not in n.get_name()))
        lab.find('list item', 'First, Stopped')
        lab.find('label', '“First” Is Off')
        lab.create()
        lab.find('list item', 'Machine, Stopped')
        lab.create()
        lab.find('list item', 'Machine 2, Stopped')
        assert not lab.complaints(), lab.complaints()


def test_machines_and_window_are_remembered():
    with gui.Lab() as lab:
        lab.create('Kept')
        lab.create('Kept too')
        lab.find('list item', 'Kept too')
        lab.key('alt+F4')
        assert lab.ended() == 0
        lab.start()
        lab.find('list item', 'Kept, Stopped')
        lab.find('label', '“Kept too” Is Off')
        assert not lab.complaints(), lab.complaints()


def test_mistakes_are_said_in_place():
    with gui.Lab() as lab:
        lab.create('Taken')
        lab.press('push button', 'New Machine')
        lab.find('push button', 'Create and Start')
        lab.key('ctrl+a')
        lab.type('Taken')
        lab.find('label', 'called “Taken” already')
        button = lab.find('push button', 'Create and Start')
        gui.wait('Create cannot be pressed', lambda: not gui.has_state(button, 'SENSITIVE'))
        gui.wait('and says why', lambda: 'Taken' in (button.get_description() or ''))
        lab.type(' not')
        gui.wait('Create can be pressed', lambda: gui.has_state(button, 'SENSITIVE'))
        lab.key('Escape')
        lab.gone('push button', 'Create and Start')


def test_delete_and_undo():
    with gui.Lab() as lab:
        lab.create('One')
        lab.create('Two')
        lab.click(lab.find('list item', 'Two'))
        lab.key('Delete')
        lab.gone('list item', 'Two')
        lab.press('push button', 'Undo')
        lab.find('list item', 'Two')
        # Two in a row are one toast, and the end of the window commits.
        lab.click(lab.find('list item', 'Two'))
        lab.key('Delete')
        lab.gone('list item', 'Two')
        lab.click(lab.find('list item', 'One'))
        lab.key('Delete')
        lab.find('label', '2 machines deleted')
        lab.key('ctrl+z')
        lab.find('list item', 'One')
        lab.find('list item', 'Two')
        lab.click(lab.find('list item', 'One'))
        lab.key('Delete')
        lab.gone('list item', 'One')
        lab.key('alt+F4')
        assert lab.ended() == 0
        lab.start()
        lab.find('list item', 'Two')
        assert not lab.all('list item', 'One')
        assert not lab.complaints(), lab.complaints()


def test_rename_clone_search():
    with gui.Lab() as lab:
        lab.create('Alpha')
        lab.click(lab.find('list item', 'Alpha'))
        lab.key('F2')
        entry = lab.find('text', 'New name')
        gui.wait('the name to be there', lambda: gui.text_of(entry) == 'Alpha')
        lab.key('ctrl+a')
        lab.type('Beta')
        lab.key('Return')
        lab.find('list item', 'Beta, Stopped')
        lab.action('win.clone')
        lab.find('list item', 'Beta 2, Stopped')
        lab.key('ctrl+f')
        lab.type('2')
        gui.wait('one match', lambda: len(machines(lab)) == 1)
        lab.type('zz')
        lab.find('label', 'No Match')
        lab.key('Escape')
        gui.wait('both again', lambda: len(machines(lab)) == 2)
        assert not lab.complaints(), lab.complaints()


def test_settings():
    with gui.Lab() as lab:
        lab.create('Settled')
        lab.key('alt+Return')
        window = lab.find(None, 'Settings of “Settled”')
        spin = lab.find('spin button', 'Memory', root=window)
        lab.click(spin, .2)  # not on its buttons
        lab.key('ctrl+a')
        lab.type('96')
        lab.key('Tab')
        toml = lab.find('text', 'as TOML', root=window)
        gui.wait('the other view to follow', lambda: 'memory_mb = 96' in gui.text_of(toml))
        lab.click(lab.find('page tab', 'TOML', root=window))
        lab.click(toml)
        lab.key('ctrl+End')
        lab.type('nonsense')
        lab.find('label', 'machine.toml:', root=window)
        save = lab.find('push button', 'Save', root=window)
        gui.wait('no saving of that', lambda: not gui.has_state(save, 'SENSITIVE'))
        for _ in 'nonsense':
            lab.key('BackSpace')
        gui.wait('saving again', lambda: gui.has_state(save, 'SENSITIVE'))
        lab.click(save)
        lab.gone(None, 'Settings of “Settled”')
        lab.key('alt+4')
        lab.find('label', '96 MiB')
        assert not lab.complaints(), lab.complaints()


def test_files():
    with tempfile.TemporaryDirectory(prefix='multios-files-') as folder:
        wrong = os.path.join(folder, 'holiday.jpg')
        with open(wrong, 'wb') as file:
            file.write(b'\xff\xd8\xff\xe0 nothing to boot')
        image = os.path.join(folder, 'floppy.img')
        with open(image, 'wb') as file:
            file.write(b'\xeb\xfe' + bytes(508) + b'\x55\xaa' + bytes(1474560 - 512))
        with gui.Lab(toml(folder)) as lab:
            lab.find('list item', 'From a File')
            # A second start hands its file to the first and ends.
            assert subprocess.run([gui.PROGRAM, wrong], env=lab.env, timeout=30).returncode == 0
            lab.find('label', 'is nothing a machine can start')
            lab.press('push button', 'Details')
            lab.find('label', 'a CD image (.iso)')
            lab.press('push button', 'Close Close')
            lab.gone('label', 'a CD image (.iso)')
            subprocess.run([gui.PROGRAM, toml(folder, 'Bad', 'vcpu_count = 33\n')], env=lab.env,
                           timeout=30, check=True)
            lab.find('label', 'vcpu_count')
            subprocess.run([gui.PROGRAM, image], env=lab.env, timeout=30, check=True)
            lab.find('label', f'Floppy image: {image}')
            lab.press('push button', 'Take the Medium Out')
            lab.gone('label', f'Floppy image: {image}')
            lab.key('Escape')
            lab.gone('push button', 'Create and Start')
            assert not lab.complaints(), lab.complaints()


def test_news_do_not_queue():
    """The last event is told at once, not after all those before it."""
    with gui.Lab() as lab:
        for number in range(12):
            subprocess.run([gui.PROGRAM, toml(lab.home, f'Number {number}')], env=lab.env,
                           timeout=30, check=True)
            lab.find('list item', f'Number {number}, Stopped')
        lab.find('label', '“Number 11” added')
        assert not lab.complaints(), lab.complaints()


def test_keyboard_alone():
    with gui.Lab() as lab:
        lab.find('push button', 'Create a Machine')
        lab.key('ctrl+n')
        lab.find('push button', 'Create and Start')
        lab.type('Typed')
        lab.key('alt+r')
        lab.find('list item', 'Typed, Stopped')
        lab.key('alt+4')
        lab.find('label', 'Identifier')
        lab.key('F10')
        lab.find('menu item', 'Preferences')
        lab.key('Escape')
        lab.key('ctrl+q')
        assert lab.ended() == 0
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
