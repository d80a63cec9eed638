# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines inside machines on the page Hierarchy, read as a screen reader does.

The guest is matryoshka, four levels deep, on the software processor. Rows come
and go with the guests; the table and the map choose the same.
"""

import os
import shutil
import tempfile
import uuid

import gui

MACHINE = '''name = "Dolls"
memory_mb = 64
[boot]
guest = "matryoshka"
guest_args = "depth=4,work=cpuid,count=4000000000,beacon=0"
[cpu]
accel = "soft"
vendor = "amd"
[features]
nested = true
'''


def prepare(home):
    folder = os.path.join(home, 'data', 'multios-lab', 'machines', str(uuid.uuid4()))
    os.makedirs(folder)
    with open(os.path.join(folder, 'machine.toml'), 'w') as file:
        file.write(MACHINE)


def rows(lab):
    """The cells of each row of the table."""
    found = []
    for row in lab.all('table row'):
        texts = [n.get_name() for n in gui.walk(row) if n.get_role_name() == 'label']
        if len(texts) == 8 and texts[1].isdigit():
            found.append(texts)
    return found


def levels(lab):
    return [int(row[1]) for row in rows(lab)]


def place(node):
    from gi.repository import Atspi
    return Atspi.Component.get_extents(node, Atspi.CoordType.WINDOW)


def export(lab, path):
    lab.act(lab.find('push button', 'Export Map'))
    lab.save_as('Export Map', path)
    gui.wait(path, lambda: os.path.exists(path) and os.path.getsize(path) > 0)
    with open(path, 'rb') as file:
        return file.read(16)


def test_levels_come_and_go():
    home = tempfile.mkdtemp(prefix='multios-gui-')
    prepare(home)
    with gui.Lab(home=home) as lab:
        lab.find('list item', 'Dolls, Stopped')
        lab.key('alt+8')
        gui.wait('host and machine', lambda: levels(lab) == [0, 1])
        lab.key('alt+1')
        lab.key('ctrl+Return')
        lab.find('list item', 'Dolls, Running', 60)
        lab.key('alt+8')
        gui.wait('four levels', lambda: levels(lab) == [0, 1, 2, 3, 4], 60)

        # What the innermost does is handled by the level above it.
        gui.wait('exits of the innermost', lambda: any(
            row[1] == '4' and row[5] not in ('–', '0') for row in rows(lab)), 60)

        # The map by keys: what it says and the words below the table follow.
        lab.click(lab.find('image', 'Map of the hierarchy'), .5)
        lab.key('Down', 'Down', 'Down')
        picture = lab.find('image', 'level 4')
        gui.xdo('key', 'Up')
        lab.find('image', 'level 3')
        lab.find('label', 'level 3')
        gui.xdo('key', 'Down')
        lab.find('image', 'level 4')
        lab.find('label', 'cpuid, handled by level 3')
        assert picture

        # The whole map is in the window, beside the open sidebar as well, and
        # the words say in which mode the guest's processor is.
        around, map_ = place(lab.find('frame', 'MultiOS Lab')), place(picture)
        assert map_.x + map_.width <= around.x + around.width, (map_, around)
        lab.find('label', '64-bit mode')

        # As a file, by the ending of its name.
        for ending, begin in (('svg', b'<?xml'), ('png', b'\x89PNG'), ('pdf', b'%PDF')):
            head = export(lab, os.path.join(home, f'map.{ending}'))
            assert head.startswith(begin), head

        # Held still: no number moves any more.
        lab.press('push button', 'Hold the Picture Still')
        still = rows(lab)
        assert rows(lab) == still
        lab.press('push button', 'Hold the Picture Still')
        gui.wait('new numbers', lambda: rows(lab) != still, 60)

        # A machine that is switched off takes its guests along.
        lab.key('alt+1')
        lab.key('ctrl+shift+k')
        lab.find('list item', 'Dolls, Stopped', 60)
        lab.key('alt+8')
        gui.wait('no guests', lambda: levels(lab) == [0, 1], 60)
        assert not lab.complaints(), lab.complaints()
    shutil.rmtree(home, ignore_errors=True)


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
