# SPDX-License-Identifier: GPL-3.0-or-later
"""By clicks: another CD and floppy while the guest runs, what it starts from,
and its firmware. The guest (tests/guests/media.S) says what it finds in its
drives.
"""

import glob
import os
import re
import subprocess
import tempfile

import gui

BLOCK = 2048
TALL = 880
ORDERS = ['DiskFirst', 'CdromFirst', 'FloppyFirst']


def boot_sector():
    with open(os.path.join(gui.BUILD, 'tests', 'guests', 'media.bin'), 'rb') as file:
        return file.read()


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, 'wb') as file:
        file.write(content)
    return path


def floppy(folder, name, text):
    return write(folder, name, (boot_sector() + text.ljust(512)).ljust(1440 << 10, b'\0'))


def disc(folder, name, text):
    """A CD that starts by El Torito, without emulation."""
    image = bytearray(40 * BLOCK)

    def block(number, content):
        image[number * BLOCK:number * BLOCK + len(content)] = content

    block(16, b'\x01CD001\x01')
    block(17, b'\x00CD001\x01' + b'EL TORITO SPECIFICATION'.ljust(64, b'\0') +
          (19).to_bytes(4, 'little'))
    block(18, b'\xffCD001\x01')
    # The validation entry's words are 0 in sum; then four sectors from block 20.
    block(19, b'\x01'.ljust(28, b'\0') + b'\xaa\x55\x55\xaa' +
          b'\x88\0\0\0\0\0\x04\0' + (20).to_bytes(4, 'little'))
    block(20, boot_sector())
    block(30, text.ljust(512))
    return write(folder, name, bytes(image))


def machine(folder):
    return write(folder, 'machine.toml', f'''name = "Drives"
memory_mb = 128
[[storage.drives]]
kind = "cdrom"
path = "{disc(folder, 'first.iso', b'first disc')}"
[[storage.drives]]
kind = "floppy"
path = "{floppy(folder, 'first.img', b'first floppy')}"
'''.encode())


def until(lab, wanted):
    screen = lab.find('image', 'Screen of “Drives”')
    gui.wait(f'{wanted!r} on the screen',
             lambda: re.search(wanted, screen.get_description() or ''), 60)


def choose(lab, label, which=0):
    """An item of the console's menu of drives: the which'th of that name."""
    lab.act(lab.find('push button', 'Drives Drives'))
    lab.act(gui.wait(label, lambda: lab.all('menu item', label)[which:])[0])


def insert(lab, which, path):
    choose(lab, 'Change the Medium…', which)
    lab.save_as('Insert an Image', path)


def set_row(lab, role, name, value):
    """A row of the settings' form, in a window that is tall enough to show it;
    waits for the other view."""
    lab.key('alt+Return')
    window = lab.find(None, 'Settings of “Drives”')
    row = lab.find(role, name, root=window)
    toml = lab.find('text', 'as TOML', root=window)
    gui.xdo('windowsize', lab.window_id('Settings of “Drives”'), 700, TALL)
    lab.click(row, .3)
    if role == 'text':
        lab.key('ctrl+a')
        lab.type(value)
    else:
        # The list begins at its first row, whichever is chosen.
        lab.key(*['Down'] * ORDERS.index(value), 'Return')
    gui.wait(value, lambda: f'"{value}"' in gui.text_of(toml))
    lab.click(lab.find('push button', 'Save', root=window))
    lab.gone(None, 'Settings of “Drives”')


def test_drives_of_the_form():
    """Added and removed in the form; the format is what the file has."""
    with tempfile.TemporaryDirectory(prefix='multios-drives-') as folder, gui.Lab() as lab:
        lab.create('Built')
        multios = os.path.join(gui.BUILD, 'app', 'multios')
        disk = os.path.join(folder, 'disk.qcow2')
        subprocess.run([multios, 'disk', 'create', disk, '8M', '--format', 'qcow2'], check=True,
                       stdout=subprocess.DEVNULL)
        lab.key('alt+Return')
        window = lab.find(None, 'Settings of “Built”')
        toml = lab.find('text', 'as TOML', root=window)
        lab.use('push button', 'Add a CD Drive')
        gui.wait('the CD drive', lambda: 'kind = "cdrom"' in gui.text_of(toml))
        lab.use('push button', 'Add a Disk…')
        lab.save_as('Choose a File', disk)
        gui.wait('the disk', lambda: 'format = "qcow2"' in gui.text_of(toml)
                 and 'disk.qcow2' in gui.text_of(toml))
        lab.use('push button', 'Remove: Drive 1')
        gui.wait('one drive', lambda: 'cdrom' not in gui.text_of(toml)
                 and 'disk.qcow2' in gui.text_of(toml))
        lab.use('push button', 'Add a Serial Port')
        gui.wait('the port', lambda: 'mode = "terminal"' in gui.text_of(toml))
        lab.click(lab.find('push button', 'Save', root=window))
        lab.gone(None, 'Settings of “Built”')
        assert not lab.complaints(), lab.complaints()


def test_a_disk_is_made():
    with tempfile.TemporaryDirectory(prefix='multios-drives-') as folder, gui.Lab() as lab:
        lab.create('Built')
        lab.key('alt+Return')
        window = lab.find(None, 'Settings of “Built”')
        toml = lab.find('text', 'as TOML', root=window)
        lab.use('push button', 'Create a Disk…')
        dialog = lab.find('dialog', 'New Disk')
        lab.click(lab.find('spin button', 'Size (GiB)', root=dialog), .2)
        lab.key('ctrl+a')
        lab.type('3')
        disk = os.path.join(folder, 'new.qcow2')
        lab.use('push button', 'Create…')
        lab.save_as('Where the Disk Is Kept', disk)
        lab.gone('dialog', 'New Disk')
        gui.wait('the disk', lambda: 'new.qcow2' in gui.text_of(toml)
                 and 'format = "qcow2"' in gui.text_of(toml))
        info = subprocess.run([os.path.join(gui.BUILD, 'app', 'multios'), 'disk', 'info', disk],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        assert str(3 << 30) in re.sub(r'[,.\u202f ]', '', info), info
        assert not lab.complaints(), lab.complaints()


def start(lab):
    lab.action('win.start')
    lab.find('list item', 'Drives, Running', 60)


def stop(lab):
    lab.action('win.force-stop')
    lab.find('list item', 'Drives, Stopped', 60)


def test_media_while_it_runs():
    gui.backend()
    with tempfile.TemporaryDirectory(prefix='multios-drives-') as folder, \
            gui.Lab(machine(folder)) as lab:
        lab.find('list item', 'Drives, Stopped')
        start(lab)
        until(lab, r'first floppy\s+first disc')
        insert(lab, 1, floppy(folder, 'second.img', b'another floppy'))
        until(lab, r'another floppy\s+first disc')
        insert(lab, 0, disc(folder, 'second.iso', b'another disc'))
        until(lab, r'another floppy\s+another disc')
        assert not lab.complaints(), lab.complaints()


def test_what_it_starts_with():
    gui.backend()
    with tempfile.TemporaryDirectory(prefix='multios-drives-') as folder, \
            gui.Lab(machine(folder)) as lab:
        lab.find('list item', 'Drives, Stopped')
        set_row(lab, 'combo box', 'Boot order', 'CdromFirst')
        start(lab)
        until(lab, 'Started from CD')
        stop(lab)
        set_row(lab, 'combo box', 'Boot order', 'FloppyFirst')
        start(lab)
        until(lab, 'Started from floppy')
        stop(lab)
        # UEFI has variables, in a file beside the machine's.
        if not os.path.exists('/usr/share/OVMF'):
            raise gui.Skip('the package ovmf is not installed')
        set_row(lab, 'text', 'Firmware', 'ovmf')
        start(lab)
        gui.wait('variables', lambda: glob.glob(os.path.join(lab.home, '**', '*.nvram'),
                                                recursive=True), 60)
        assert not lab.complaints(), lab.complaints()


gui.run([test_drives_of_the_form, test_a_disk_is_made, test_media_while_it_runs, test_what_it_starts_with])
