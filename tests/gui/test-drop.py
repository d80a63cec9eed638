# SPDX-License-Identifier: GPL-3.0-or-later
"""Files dragged by the pointer between the window and another program."""

import os
import subprocess

import drag
import gui

TOML = 'name = "{name}"\nmemory_mb = 32\n[boot]\nguest = "simple-boot"\n'


def write(lab, name, content):
    path = os.path.join(lab.home, name)
    with open(path, 'wb') as file:
        file.write(content)
    return path


def floppy(lab, name):
    return write(lab, name, bytes(1440 << 10))


def add(lab, name, more=''):
    path = write(lab, f'{name}.toml', (TOML.format(name=name) + more).encode())
    subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
    lab.find('list item', f'{name}, Stopped')


def test_a_file_becomes_a_machine():
    """On the window, and on the dialog that opens then."""
    with gui.Lab() as lab:
        disc = write(lab, 'disc.iso', bytes(32768) + b'\x01CD001\x01' + bytes(4089))
        disk = write(lab, 'disk.img', bytes(510) + b'\x55\xaa' + bytes(8 << 20))
        window = lab.window_id('MultiOS Lab')
        with drag.other(disc) as files:
            files.drag(window, 700, 600)
        lab.find('label', f'CD image: {disc}')
        with drag.other(disk) as files:
            files.drag(*lab.place(lab.find('push button', 'Choose')))
        lab.find('label', f'Disk image: {disk}')
        lab.key('Escape')
        lab.gone('push button', 'Create and Start')
        machine = write(lab, 'machine.toml', TOML.format(name='Dropped').encode())
        with drag.other(machine) as files:
            files.drag(window, 700, 600)
        lab.find('list item', 'Dropped, Stopped')
        assert not lab.complaints(), lab.complaints()


def test_an_image_into_a_running_machine():
    gui.backend()
    with gui.Lab() as lab:
        first, second = floppy(lab, 'first.img'), floppy(lab, 'second.img')
        add(lab, 'Floppy', '[[storage.drives]]\nkind = "floppy"\nformat = "raw"\n'
                           f'path = "{first}"\n')
        lab.action('win.start')
        lab.find('list item', 'Floppy, Running', 60)
        with drag.other(second) as files:
            files.drag(*lab.place(lab.find('image', 'Screen of “Floppy”')))
        lab.act(lab.find('push button', 'Drives Drives'))
        lab.find('label', 'Floppy drive: second.img')
        lab.key('Escape')
        # What fits no drive is refused, and why is said.
        with drag.other(write(lab, 'hard.img', bytes(4 << 20))) as files:
            files.drag(*lab.place(lab.find('image', 'Screen of “Floppy”')))
        lab.find('label', '“Floppy” has no drive for a')
        assert not lab.complaints(), lab.complaints()


def test_a_machine_out_of_the_window():
    """It is its file; on its own window it is nothing new."""
    with gui.Lab() as lab:
        add(lab, 'Taken Along')
        row = lab.place(lab.find('list item', 'Taken Along'))
        with drag.other() as files:
            files.pass_by(row, (row[0], 700, 600))
            path = files.receive(*row)
        with open(path) as file:
            assert 'name = "Taken Along"' in file.read()
        add(lab, 'Another')
        names = [n.get_name() for n in lab.all('list item', root=lab.find('list', 'Machines'))]
        assert names == ['Taken Along, Stopped', 'Another, Stopped'], names
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
