# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of machines: groups, activity, moving machines in and out.

A group is a key of the machine, so what is clicked here is looked for in its
file too; an export is opened again.
"""

import glob
import os
import subprocess

import gui
import ova

SHOTS = os.environ.get('MOS_SHOTS')
SECTOR = b'\xf4\xeb\xfd'.ljust(510, b'\0') + b'\x55\xaa'


def shot(lab, name):
    if SHOTS:
        lab.picture(os.path.join(SHOTS, name + '.png'))


def add(lab, name, extra=''):
    path = os.path.join(lab.home, f'{name}.toml')
    with open(path, 'w') as file:
        file.write(f'name = "{name}"\nmemory_mb = 32\n{extra}[boot]\nguest = "simple-boot"\n')
    subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
    lab.find('list item', f'{name}, Stopped')


def rows(lab):
    """The names of the rows of the machine list, from top to bottom."""
    return [n.get_name() for n in lab.all('list item', root=lab.find('list', 'Machines'))]


def expect(lab, *wanted):
    gui.wait(f'the rows {wanted}', lambda: rows(lab) == list(wanted) or print('#', rows(lab)))


def machine_file(lab, name):
    for path in glob.glob(os.path.join(lab.home, 'data', 'multios-lab', 'machines', '*', '*.toml')):
        with open(path) as file:
            text = file.read()
        if f'name = "{name}"' in text:
            return text
    return ''


def test_groups():
    with gui.Lab() as lab:
        add(lab, 'Alpha')
        add(lab, 'Beta', 'group = "Servers"\n')
        add(lab, 'Gamma', 'group = "Servers"\n')
        heading = 'Group “Servers”, 2 machines'
        expect(lab, 'Alpha, Stopped', heading, 'Beta, Stopped', 'Gamma, Stopped')
        shot(lab, 'groups')
        # A click collapses, the keyboard expands; what is chosen stays chosen.
        lab.click(lab.find('list item', 'Gamma, Stopped'))
        lab.find('label', '“Gamma” Is Off')
        lab.click(lab.find('list item', heading))
        expect(lab, 'Alpha, Stopped', heading)
        gui.wait('it to be told', lambda: not gui.has_state(lab.find('list item', heading),
                                                            'EXPANDED'))
        lab.find('label', '“Gamma” Is Off')
        shot(lab, 'collapsed')
        # Kept over a restart; a search looks into it all the same.
        lab.key('alt+F4')
        assert lab.ended() == 0
        lab.start()
        # A collapsed group opens for the machine that was chosen last.
        expect(lab, 'Alpha, Stopped', heading, 'Beta, Stopped', 'Gamma, Stopped')
        lab.click(lab.find('list item', heading))
        expect(lab, 'Alpha, Stopped', heading)
        lab.key('Right')
        expect(lab, 'Alpha, Stopped', heading, 'Beta, Stopped', 'Gamma, Stopped')
        lab.key('Left')
        expect(lab, 'Alpha, Stopped', heading)
        lab.key('ctrl+f')
        lab.type('beta')
        expect(lab, 'Group “Servers”, 1 machine', 'Beta, Stopped')
        lab.key('Escape')
        expect(lab, 'Alpha, Stopped', heading)
        assert not lab.complaints(), lab.complaints()


def test_moving_between_groups():
    with gui.Lab() as lab:
        add(lab, 'Alpha')
        add(lab, 'Beta', 'group = "Servers"\n')
        lab.click(lab.find('list item', 'Alpha, Stopped'))
        lab.act(lab.find('push button', 'Machine Menu Machine Menu'))
        lab.find('menu item', 'Move to Group')
        shot(lab, 'machine-menu')
        lab.key('Escape')
        lab.action('win.new-group')
        lab.find('text', 'Name of the group')
        lab.type('Servers')
        lab.key('Return')
        expect(lab, 'Group “Servers”, 2 machines', 'Alpha, Stopped', 'Beta, Stopped')
        gui.wait('the file', lambda: 'group = "Servers"' in machine_file(lab, 'Alpha'))
        lab.action('win.new-group')
        lab.find('text', 'Name of the group')
        lab.type('Clients')
        shot(lab, 'new-group')
        lab.key('Return')
        expect(lab, 'Group “Clients”, 1 machine', 'Alpha, Stopped', 'Group “Servers”, 1 machine',
               'Beta, Stopped')
        assert not lab.complaints(), lab.complaints()


def test_activity_of_a_running_machine():
    gui.backend()
    with gui.Lab() as lab:
        add(lab, 'Busy')
        lab.press('push button', 'Start')
        lab.find('list item', 'Busy, Running', 60)
        machines = lab.find('list', 'Machines')
        line = lab.find('image', 'Processor use', 60, machines)
        gui.wait('a number', lambda: 'percent busy' in (line.get_description() or ''), 60)
        shot(lab, 'sparkline')
        # The menu says why what it cannot do cannot be done.
        lab.act(lab.find('push button', 'Machine Menu Machine Menu'))
        lab.find('menu item', 'Delete: Stop the machine first')
        lab.find('menu item', 'Export…: Stop the machine first')
        shot(lab, 'running-menu')
        lab.key('Escape')
        assert not lab.complaints(), lab.complaints()


def test_exporting_and_opening_again():
    with gui.Lab() as lab:
        disk = os.path.join(lab.home, 'the disk.img')
        with open(disk, 'wb') as file:
            file.write(SECTOR + bytes(1024 * 1024 - 512))
        add(lab, 'Carried', f'[[storage.drives]]\npath = "{disk}"\nkind = "disk"\n'
                            'format = "raw"\n')
        lab.action('win.export')
        folder = os.path.join(lab.home, 'out')
        lab.save_as('Export to a New Folder', folder)
        lab.find('label', 'Exported to')
        shot(lab, 'exported')
        with open(os.path.join(folder, 'Carried.toml')) as file:
            text = file.read()
        assert 'path = "the disk.img"' in text, text
        with open(os.path.join(folder, 'the disk.img'), 'rb') as file:
            assert file.read(512) == SECTOR
        subprocess.run([gui.PROGRAM, os.path.join(folder, 'Carried.toml')], env=lab.env,
                       check=True)
        lab.find('list item', 'Carried 2, Stopped')
        assert folder in machine_file(lab, 'Carried 2')
        assert not lab.complaints(), lab.complaints()


def test_importing_from_the_dialog():
    with gui.Lab() as lab:
        lab.press('push button', 'New Machine')
        shot(lab, 'new-machine')
        lab.click(lab.find('push button', 'Import…'))
        gui.wait('the chooser', lambda: any(w.get_name() == 'Import a Machine'
                                            for w in lab.windows()))
        lab.key('Escape')
        gui.wait('it to go', lambda: all(w.get_name() != 'Import a Machine'
                                         for w in lab.windows()))
        assert not lab.complaints(), lab.complaints()


def test_an_import_is_cancelled():
    with gui.Lab() as lab:
        # As large as the file system lets a hole be; reading it takes minutes.
        folder = os.path.join(lab.home, 'big')
        os.mkdir(folder)
        ova.write_ovf(folder, 'Endless', 256 << 30)
        subprocess.run([gui.PROGRAM, os.path.join(folder, 'machine.ovf')], env=lab.env,
                       check=True)
        lab.find('progress bar', 'Importing “machine.ovf”')
        shot(lab, 'importing')
        lab.press('push button', 'Cancel: Importing')
        lab.find('label', 'Importing was cancelled')
        lab.gone('progress bar', 'Importing')
        assert not lab.all('list item', 'Endless')
        left = os.listdir(os.path.join(lab.home, 'data', 'multios-lab'))
        assert not [n for n in left if n.startswith('import-')], left
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
